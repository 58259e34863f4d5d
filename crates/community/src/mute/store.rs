//! The statements about mutes.

use database::{MapDbErr, Tx, constraint, from_db, values};
use entity::mutes;
use kernel::{Code, CourseId, Cursor, Limit, MuteId, Result, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, JoinType, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, RelationTrait,
};

use super::model::{Mute, MuteFilter, MutedPerson};
use crate::moderation::scope::moderated;

/// # Errors
/// [`Code::NotFound`] for an account or a course that does not exist.
pub(super) async fn insert(tx: &Tx, mute: Mute) -> Result<()> {
    let insert = mutes::Entity::insert(mute.into_active_model());
    let done = insert.exec_without_returning(tx).await;
    done.map(drop).map_err(|error| match constraint(&error) {
        Some(name) if name.starts_with("fk") => Code::NotFound.into(),
        _ => from_db(error),
    })
}

/// Mutes that were not lifted and have not ended.
fn in_force(tx: &Tx) -> Condition {
    let has_time_left =
        Condition::any().add(mutes::COLUMN.ends_at.is_null()).add(mutes::COLUMN.ends_at.gt(tx.now()));
    Condition::all().add(mutes::COLUMN.lifted_at.is_null()).add(has_time_left)
}

/// The mutes in force that the caller moderates, newest first: the ids are in the order of their creation.
pub(super) async fn list(
    tx: &Tx,
    filter: MuteFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<MutedPerson>> {
    mutes::Entity::find()
        .join(JoinType::InnerJoin, mutes::Relation::User.def())
        .filter(moderated(tx, mutes::Column::CourseId)?)
        .filter(in_force(tx))
        .apply_if(filter.course_id, |select, course_id| select.filter(mutes::COLUMN.course_id.eq(course_id)))
        .apply_if(filter.user_id, |select, user_id| select.filter(mutes::COLUMN.user_id.eq(user_id)))
        .apply_if(after, |select, after| select.filter(mutes::COLUMN.id.lt(after.id)))
        .order_by_desc(mutes::Column::Id)
        .limit(limit.fetch())
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// A mute that the caller moderates, in force or not.
pub(super) async fn find(tx: &Tx, id: MuteId) -> Result<Option<Mute>> {
    mutes::Entity::find_by_id(id)
        .filter(moderated(tx, mutes::Column::CourseId)?)
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Answers whether the mute was in force until now.
pub(super) async fn lift(tx: &Tx, id: MuteId) -> Result<bool> {
    let update = mutes::Entity::update_many()
        .set(mutes::ActiveModel {
            lifted_at: Set(Some(tx.now())),
            lifted_by: Set(tx.actor().user_id()),
            ..Default::default()
        })
        .filter(mutes::COLUMN.id.eq(id))
        .filter(in_force(tx));
    Ok(update.exec(tx).await.map_db_err()?.rows_affected > 0)
}

/// The mute in force that ends last.
pub(super) async fn active(tx: &Tx, user_id: UserId, course_id: Option<CourseId>) -> Result<Option<Mute>> {
    // Text, because every text that is written asks for this.
    let sql = "SELECT id, user_id, course_id, reason, ends_at, imposed_by, created_at FROM mutes \
               WHERE user_id = :user_id AND lifted_at IS NULL AND (ends_at IS NULL OR ends_at > :now) \
               AND (course_id IS NULL OR course_id = :course_id) \
               ORDER BY CASE WHEN ends_at IS NULL THEN 0 ELSE 1 END, ends_at DESC LIMIT 1";
    tx.fetch_optional(sql, values! { user_id, now: tx.now(), course_id }).await
}
