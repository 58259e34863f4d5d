//! What learners did in a course, across watches and completions.

use database::{Tx, values};
use kernel::{CourseId, Result, UserId};

use super::model::Activity;

pub(super) async fn activity(tx: &Tx, course_id: CourseId, users: &[UserId]) -> Result<Vec<Activity>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let (any_of, users) = tx.any_of("users", users);
    let which = format!("course_id = :course_id AND user_id {any_of}");
    // Text: a union of three tables. A watch that was reset counts as one without heartbeats (`UNHEARD`).
    let sql = format!(
        "SELECT user_id, CAST(sum(seconds) AS bigint) AS watched_seconds, max(at) AS last_active_at FROM (\
         SELECT user_id, watched_seconds AS seconds, CASE WHEN last_heard_at >= first_heard_at THEN last_heard_at END AS at \
         FROM watches WHERE {which} UNION ALL \
         SELECT user_id, 0, read_at FROM readings WHERE {which} UNION ALL \
         SELECT user_id, 0, completed_at FROM lesson_progress WHERE {which}) activity GROUP BY user_id"
    );
    tx.fetch_all(&sql, values! { course_id, users }).await
}
