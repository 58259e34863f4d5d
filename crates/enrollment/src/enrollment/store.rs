//! The rows of `enrollments`.

use database::{MapDbErr, Tx, values};
use entity::enrollments;
use kernel::{CourseId, Cursor, Limit, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set, sea_query::OnConflict};

use super::model::Enrollment;

/// How many ever enrolled in this course. By the column: the worker may read no other.
pub(super) async fn learner_count(tx: &Tx, course_id: CourseId) -> Result<i64> {
    let count: Option<i64> = enrollments::Entity::find()
        .select_only()
        .expr(enrollments::Column::CourseId.count())
        .filter(enrollments::COLUMN.course_id.eq(course_id))
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()?;
    Ok(count.unwrap_or(0))
}

/// Text: `expires_at` is the latest end among the active grants, unless one of them has none.
const ENROLLMENT: &str = "SELECT e.id, e.user_id, e.course_id, e.enrolled_at, e.is_completed, e.completed_at, \
    (SELECT CASE WHEN count(*) = count(g.ends_at) THEN max(g.ends_at) END FROM grants g WHERE g.user_id = e.user_id \
     AND g.course_id = e.course_id AND g.status = 'ACTIVE' AND g.starts_at <= :now \
     AND (g.ends_at IS NULL OR g.ends_at > :now)) AS expires_at FROM enrollments e WHERE e.user_id = :user_id";

/// Answers whether the enrollment is new: of two at once, one makes it.
pub(super) async fn insert(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let enrollment = enrollments::ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user_id),
        course_id: Set(course_id),
        enrolled_at: Set(tx.now()),
        is_completed: Set(false),
        ..Default::default()
    };
    let enrolled_before = OnConflict::columns([enrollments::Column::UserId, enrollments::Column::CourseId])
        .do_nothing()
        .to_owned();
    let insert = enrollments::Entity::insert(enrollment).on_conflict(enrolled_before);
    Ok(insert.exec_without_returning(tx).await.map_db_err()? == 1)
}

pub(super) async fn find(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Option<Enrollment>> {
    let sql = format!("{ENROLLMENT} AND e.course_id = :course_id");
    tx.fetch_optional(&sql, values! { user_id, course_id, now: tx.now() }).await
}

/// The enrollments of somebody, newest first.
pub(super) async fn page(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Enrollment>> {
    let order = format!("ORDER BY e.enrolled_at DESC, e.id DESC LIMIT {}", limit.fetch());
    let now = tx.now();
    match after {
        None => {
            let sql = format!("{ENROLLMENT} {order}");
            tx.fetch_all(&sql, values! { user_id, now }).await
        }
        Some(after) => {
            let sql = format!("{ENROLLMENT} AND (e.enrolled_at, e.id) < (:time, :id) {order}");
            tx.fetch_all(&sql, values! { user_id, now, time: after.time(), id: after.id }).await
        }
    }
}

/// Answers whether the course was completed by this.
pub(super) async fn complete(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let update = enrollments::Entity::update_many()
        .set(enrollments::ActiveModel {
            is_completed: Set(true),
            completed_at: Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(enrollments::COLUMN.user_id.eq(user_id))
        .filter(enrollments::COLUMN.course_id.eq(course_id))
        .filter(enrollments::COLUMN.is_completed.eq(false));
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}
