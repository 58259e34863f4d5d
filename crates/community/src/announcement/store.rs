//! The statements about announcements.

use database::{MapDbErr, NewestFirst, Tx};
use entity::announcements;
use kernel::{AnnouncementId, CourseId, Cursor, Limit, Result, Timestamp, UserId};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
};

use super::model::{Announcement, Progress};

pub(super) async fn insert(
    tx: &Tx,
    id: AnnouncementId,
    course_id: CourseId,
    author_id: UserId,
    title: String,
    body: String,
) -> Result<()> {
    let announcement = announcements::ActiveModel {
        id: Set(id),
        course_id: Set(course_id),
        author_id: Set(author_id),
        title: Set(title),
        body: Set(body),
        told_count: Set(0),
        created_at: Set(tx.now()),
        ..Default::default()
    };
    let insert = announcements::Entity::insert(announcement);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

fn select() -> Select<announcements::Entity> {
    announcements::Entity::find().join(JoinType::InnerJoin, announcements::Relation::Users.def())
}

pub(super) async fn find(tx: &Tx, id: AnnouncementId) -> Result<Option<Announcement>> {
    select().filter(announcements::COLUMN.id.eq(id)).into_partial_model().one(tx).await.map_db_err()
}

pub(super) async fn list(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Announcement>> {
    select()
        .filter(announcements::COLUMN.course_id.eq(course_id))
        .newest_first(announcements::Column::CreatedAt, announcements::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// When the nth newest announcement of a course was written, if that was after `since`.
pub(super) async fn nth_since(
    tx: &Tx,
    course_id: CourseId,
    nth: u64,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    announcements::Entity::find()
        .select_only()
        .column(announcements::Column::CreatedAt)
        .filter(announcements::COLUMN.course_id.eq(course_id))
        .filter(announcements::COLUMN.created_at.gt(since))
        .order_by_desc(announcements::Column::CreatedAt)
        .order_by_desc(announcements::Column::Id)
        .offset(nth.saturating_sub(1))
        .limit(1)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

/// An announcement of which not all learners are notified, locked until the end of the transaction.
pub(super) async fn lock_unfinished(tx: &Tx, id: AnnouncementId) -> Result<Option<Progress>> {
    announcements::Entity::find_by_id(id)
        .filter(announcements::COLUMN.finished_at.is_null())
        .lock_exclusive()
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Notes how far the notifications have got; `last` is `None` where nobody was left.
pub(super) async fn advance(
    tx: &Tx,
    id: AnnouncementId,
    last: Option<UserId>,
    notified: i64,
    is_finished: bool,
) -> Result<()> {
    announcements::Entity::update_many()
        .set(announcements::ActiveModel {
            reached_id: last.map_or(NotSet, |last| Set(Some(last))),
            finished_at: Set(is_finished.then(|| tx.now())),
            ..Default::default()
        })
        .col_expr(announcements::Column::ToldCount, announcements::COLUMN.told_count.add(notified))
        .filter(announcements::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}
