//! All SQL of this crate: the records here, the ledger below, and who has a course in common.

pub(crate) mod grant;
pub(crate) mod sharing;

use database::Tx;
use kernel::{CourseId, Cursor, Limit, Result, UserId, Uuid};
use sea_orm::Value;

use crate::Enrollment;

/// How many ever enrolled in this course.
pub(crate) async fn learners(tx: &Tx, course_id: CourseId) -> Result<i64> {
    let sql = "SELECT count(course_id) FROM enrollments WHERE course_id = ?";
    tx.count(sql, [course_id.into()]).await
}

/// `expires_at` is the latest end among the active grants, unless one of them has none.
const ENROLLMENT: &str = "e.id, e.user_id, e.course_id, e.enrolled_at, e.is_completed, e.completed_at, \
    (SELECT CASE WHEN count(*) = count(g.ends_at) THEN max(g.ends_at) END FROM grants g WHERE g.user_id = e.user_id \
     AND g.course_id = e.course_id AND g.status = 'ACTIVE' AND g.starts_at <= ? AND (g.ends_at IS NULL OR g.ends_at > ?)) AS expires_at";

/// Answers whether the record is new; of two at once, one makes it.
pub(crate) async fn insert_enrollment(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let sql = "INSERT INTO enrollments (id, user_id, course_id, enrolled_at, is_completed) VALUES (?, ?, ?, ?, ?) \
               ON CONFLICT (user_id, course_id) DO NOTHING";
    let values = [
        tx.new_id::<Uuid>().into(),
        user_id.into(),
        course_id.into(),
        tx.now().into(),
        false.into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

pub(crate) async fn enrollment(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Option<Enrollment>> {
    let sql = format!("SELECT {ENROLLMENT} FROM enrollments e WHERE e.user_id = ? AND e.course_id = ?");
    let values = [tx.now().into(), tx.now().into(), user_id.into(), course_id.into()];
    tx.one(&sql, values).await
}

pub(crate) async fn enrollments(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Enrollment>> {
    let mut sql = format!("SELECT {ENROLLMENT} FROM enrollments e WHERE e.user_id = ?");
    let mut values: Vec<Value> = vec![tx.now().into(), tx.now().into(), user_id.into()];
    if let Some(after) = after {
        sql.push_str(" AND (e.enrolled_at < ? OR (e.enrolled_at = ? AND e.id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY e.enrolled_at DESC, e.id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

pub(crate) async fn complete(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let sql = "UPDATE enrollments SET is_completed = ?, completed_at = ? \
               WHERE user_id = ? AND course_id = ? AND NOT is_completed";
    let values = [true.into(), tx.now().into(), user_id.into(), course_id.into()];
    Ok(tx.change(sql, values).await? == 1)
}
