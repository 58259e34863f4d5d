//! What somebody did last in their courses, across watches and completions.

use std::collections::HashMap;

use database::{Tx, values};
use kernel::{CourseId, Result, Timestamp, UserId, Uuid};
use sea_orm::FromQueryResult;

use crate::{WatchState, watch::Position};

#[derive(FromQueryResult)]
struct LastActivity {
    course_id: CourseId,
    at: Timestamp,
}

/// When somebody did something in each course. A watch that was reset counts as one without heartbeats (`UNHEARD`). Text: a union of three tables.
const ACTIVITY: &str = "SELECT course_id, max(at) AS at FROM (\
    SELECT course_id, last_heard_at AS at FROM watches WHERE user_id = :user_id AND last_heard_at >= first_heard_at UNION ALL \
    SELECT course_id, read_at FROM readings WHERE user_id = :user_id UNION ALL \
    SELECT course_id, completed_at FROM lesson_progress WHERE user_id = :user_id AND is_completed UNION ALL \
    SELECT course_id, completed_at FROM chapter_progress WHERE user_id = :user_id AND is_completed) activity";

/// When somebody last did something in each of these courses.
pub(super) async fn last_activity(
    tx: &Tx,
    user_id: UserId,
    courses: &[CourseId],
) -> Result<HashMap<CourseId, Timestamp>> {
    if courses.is_empty() {
        return Ok(HashMap::new());
    }
    let (any_of, courses) = tx.any_of("courses", courses);
    // Text: a union of four tables.
    let sql = format!("{ACTIVITY} WHERE course_id {any_of} GROUP BY course_id");
    let rows: Vec<LastActivity> = tx.fetch_all(&sql, values! { user_id, courses }).await?;
    Ok(rows.into_iter().map(|row| (row.course_id, row.at)).collect())
}

/// The hundred courses in which somebody did something last, the latest first.
pub(super) async fn latest_courses(tx: &Tx, user_id: UserId) -> Result<Vec<(CourseId, Timestamp)>> {
    // Text: a union of four tables.
    let sql = format!("{ACTIVITY} GROUP BY course_id ORDER BY max(at) DESC, course_id LIMIT 100");
    let rows: Vec<LastActivity> = tx.fetch_all(&sql, values! { user_id }).await?;
    Ok(rows.into_iter().map(|row| (row.course_id, row.at)).collect())
}

/// What somebody watched of a lesson or a chapter, in short.
#[derive(FromQueryResult)]
pub(super) struct Watched {
    pub(super) course_id: CourseId,
    pub(super) subject_id: Uuid,
    /// When the last heartbeat came; `None` where a trainer has reset it.
    pub(super) heard_at: Option<Timestamp>,
    watched_seconds: i64,
    watch_time_percent: f64,
    position_seconds: Option<f64>,
    positioned_at: Option<Timestamp>,
    session_id: Option<Uuid>,
}

impl Watched {
    pub(super) fn state(&self) -> WatchState {
        let position = self.positioned_at.zip(self.position_seconds);
        WatchState {
            percent: self.watch_time_percent,
            watched_seconds: u32::try_from(self.watched_seconds).unwrap_or_default(),
            position: position.map(|(at, seconds)| Position { at, seconds, session_id: self.session_id }),
        }
    }
}

/// What somebody watched in these courses.
pub(super) async fn watched(tx: &Tx, user_id: UserId, courses: &[CourseId]) -> Result<Vec<Watched>> {
    if courses.is_empty() {
        return Ok(Vec::new());
    }
    let (any_of, courses) = tx.any_of("courses", courses);
    // Text: a column that is computed.
    let sql = format!(
        "SELECT course_id, subject_id, CASE WHEN last_heard_at >= first_heard_at THEN last_heard_at END AS heard_at, \
         watched_seconds, watch_time_percent, position_seconds, positioned_at, session_id \
         FROM watches WHERE user_id = :user_id AND course_id {any_of}"
    );
    tx.fetch_all(&sql, values! { user_id, courses }).await
}
