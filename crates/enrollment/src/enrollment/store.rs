//! The rows of `enrollments`.

use database::{MapDbErr, Tx, values};
use entity::enrollments;
use kernel::{CourseId, Cursor, Limit, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set, sea_query::OnConflict};

use super::model::{Enrollment, EnrollmentFilter};

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

/// The grants of an enrollment that give access now.
const ACTIVE: &str = "FROM grants a WHERE a.user_id = e.user_id AND a.course_id = e.course_id AND a.status = 'ACTIVE' \
    AND a.starts_at <= :now AND (a.ends_at IS NULL OR a.ends_at > :now)";

/// When a grant ended, as `Grant::ended_at` has it.
const ENDED_AT: &str = "CASE WHEN g.status = 'ACTIVE' THEN g.ends_at ELSE g.status_changed_at END";

/// Text, so that a page is one statement: the latest end among the active grants, unless one of them has none; and the latest end of a
/// grant that no active one outlasts.
fn enrollment() -> String {
    format!(
        "SELECT e.*, coalesce(e.active_until, CASE WHEN NOT e.is_active THEN e.access_ended_at END) AS expires_at FROM (\
         SELECT e.id, e.user_id, e.course_id, e.enrolled_at, e.is_completed, e.completed_at, \
         EXISTS (SELECT 1 {ACTIVE}) AS is_active, \
         (SELECT CASE WHEN count(*) = count(a.ends_at) THEN max(a.ends_at) END {ACTIVE}) AS active_until, \
         (SELECT max({ENDED_AT}) FROM grants g WHERE g.user_id = e.user_id AND g.course_id = e.course_id \
         AND {ENDED_AT} <= :now AND NOT EXISTS (SELECT 1 {ACTIVE} AND a.starts_at <= {ENDED_AT})) AS access_ended_at \
         FROM enrollments e WHERE e.user_id = :user_id) e WHERE TRUE"
    )
}

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
    let sql = format!("{} AND e.course_id = :course_id", enrollment());
    tx.fetch_optional(&sql, values! { user_id, course_id, now: tx.now() }).await
}

/// The enrollments of somebody, newest first.
pub(super) async fn page(
    tx: &Tx,
    user_id: UserId,
    filter: EnrollmentFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Enrollment>> {
    let is = |column: &str, wanted: Option<bool>| match wanted {
        Some(true) => format!(" AND e.{column}"),
        Some(false) => format!(" AND NOT e.{column}"),
        None => String::new(),
    };
    let EnrollmentFilter { is_completed, is_active } = filter;
    let kept = is("is_completed", is_completed) + &is("is_active", is_active);
    let order = format!("ORDER BY e.enrolled_at DESC, e.id DESC LIMIT {}", limit.fetch());
    let now = tx.now();
    match after {
        None => {
            let sql = format!("{}{kept} {order}", enrollment());
            tx.fetch_all(&sql, values! { user_id, now }).await
        }
        Some(after) => {
            let sql = format!("{}{kept} AND (e.enrolled_at, e.id) < (:time, :id) {order}", enrollment());
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
