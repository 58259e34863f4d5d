//! What a course is to a learner, in one row.

use std::collections::HashMap;

use database::{
    Tx,
    json_rows::{id_column, json_agg, parse_rows},
    values,
};
use kernel::{ChapterId, CourseId, LessonId, Result, Timestamp, UserId, Uuid};
use sea_orm::FromQueryResult;
use serde::Deserialize;

use crate::{WatchState, watch::Position};

/// Everything that the page of a course says about a learner; the default says it of somebody who has not logged in.
#[derive(Default, FromQueryResult)]
pub(super) struct ViewerRow {
    /// See [`enrollment::viewer_columns`].
    pub(super) grants: Option<String>,
    /// See [`enrollment::viewer_columns`].
    pub(super) enrollment: Option<String>,
    pub(super) is_wished: bool,
    lessons: Option<String>,
    chapters: Option<String>,
    watches: Option<String>,
}

/// What a learner has done in a course.
pub(super) struct Done {
    pub(super) lessons: HashMap<LessonId, Timestamp>,
    pub(super) chapters: HashMap<ChapterId, Timestamp>,
    pub(super) watched: HashMap<Uuid, WatchState>,
    /// What they watched last.
    pub(super) last: Option<Uuid>,
}

/// A row of `watches` as an array: the lesson or chapter, the last heartbeat, seconds, percent, and the position.
#[derive(Deserialize)]
struct WatchRow(Uuid, Option<Timestamp>, u32, f64, Option<f64>, Option<Timestamp>, Option<Uuid>);

impl WatchRow {
    fn state(&self) -> WatchState {
        let Self(_, _, watched_seconds, percent, seconds, at, session_id) = *self;
        let position = at.zip(seconds).map(|(at, seconds)| Position { at, seconds, session_id });
        WatchState { percent, watched_seconds, position }
    }
}

impl ViewerRow {
    pub(super) fn done(&self) -> Result<Done> {
        let watches: Vec<WatchRow> = parse_rows(self.watches.as_deref())?;
        let heard = watches.iter().filter_map(|row| Some((row.1?, row.0)));
        Ok(Done {
            lessons: parse_rows(self.lessons.as_deref())?.into_iter().collect(),
            chapters: parse_rows(self.chapters.as_deref())?.into_iter().collect(),
            last: heard.max().map(|(_, subject_id)| subject_id),
            watched: watches.iter().map(|row| (row.0, row.state())).collect(),
        })
    }
}

/// What a course is to a learner. Text: it aggregates to JSON what four tables say. A watch that was reset counts as one without
/// heartbeats (`UNHEARD`).
pub(super) async fn find(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<ViewerRow> {
    let of_learner = "WHERE user_id = :user_id AND course_id = :course_id";
    let marks = |id: &str| json_agg(tx, &format!("{}, completed_at", id_column(tx, id)));
    let watches = format!(
        "{}, CASE WHEN last_heard_at >= first_heard_at THEN last_heard_at END, watched_seconds, watch_time_percent, \
         position_seconds, positioned_at, {}",
        id_column(tx, "subject_id"),
        id_column(tx, "session_id")
    );
    let sql = format!(
        "SELECT {viewer}, {is_wished} AS is_wished, \
         (SELECT {lessons} FROM lesson_progress {of_learner} AND is_completed) AS lessons, \
         (SELECT {chapters} FROM chapter_progress {of_learner} AND is_completed) AS chapters, \
         (SELECT {watches} FROM watches {of_learner}) AS watches",
        viewer = enrollment::viewer_columns(tx),
        is_wished = courses::is_wished_expression(),
        lessons = marks("lesson_id"),
        chapters = marks("chapter_id"),
        watches = json_agg(tx, &watches),
    );
    let row = tx.fetch_optional(&sql, values! { user_id, course_id }).await?;
    Ok(row.unwrap_or_default())
}
