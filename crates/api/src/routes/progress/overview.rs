use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{ChapterId, CourseId, LessonId, Uuid};
use progress::{ChapterState, LessonState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{Member, Path},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, get_course_progress);
}

/// A whole course through the eyes of its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseProgress {
    /// The course.
    course_id: CourseId,
    /// Whether it is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// Published lessons.
    #[schema(minimum = 0, example = 8)]
    total_lessons: usize,
    /// How many of them are done.
    #[schema(minimum = 0, example = 3)]
    completed_lessons: usize,
    /// Completed of published lessons, rounded down; a chapter without lessons counts as one. Nothing published is 0.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    percent: usize,
    /// The published chapters in their order.
    chapters: Vec<OutlinedChapterProgress>,
}

/// A chapter through the eyes of its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OutlinedChapterProgress {
    /// The chapter.
    chapter_id: ChapterId,
    /// Its title.
    #[schema(example = "Week 1")]
    title: String,
    /// Whether it is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// How much of its own video was watched.
    #[schema(minimum = 0, maximum = 100, example = 0.0)]
    watch_time_percent: f64,
    /// Where to go on in its own video.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
    /// Its published lessons in their order.
    lessons: Vec<OutlinedLessonProgress>,
}

/// A lesson through the eyes of its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OutlinedLessonProgress {
    /// The lesson.
    lesson_id: LessonId,
    /// Its title.
    #[schema(example = "The hinge")]
    title: String,
    /// Whether it is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// How much of its video was watched.
    #[schema(minimum = 0, maximum = 100, example = 33.4)]
    watch_time_percent: f64,
    /// The same in seconds.
    #[schema(minimum = 0, maximum = 86400, example = 201)]
    watched_seconds: u32,
    /// Where to go on in its video.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
}

impl From<progress::CourseProgress> for CourseProgress {
    fn from(whole: progress::CourseProgress) -> Self {
        let progress::CourseProgress {
            course_id,
            is_completed,
            completed_at,
            tally,
            chapters,
        } = whole;
        Self {
            course_id,
            is_completed,
            completed_at,
            total_lessons: tally.total_lessons,
            completed_lessons: tally.completed_lessons,
            percent: tally.percent(),
            chapters: chapters.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ChapterState> for OutlinedChapterProgress {
    fn from(chapter: ChapterState) -> Self {
        let ChapterState {
            chapter_id,
            title,
            completed_at,
            watch,
            lessons,
        } = chapter;
        Self {
            chapter_id,
            title,
            is_completed: completed_at.is_some(),
            completed_at,
            watch_time_percent: watch.percent,
            position_seconds: watch.position.map(|position| position.seconds),
            lessons: lessons.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LessonState> for OutlinedLessonProgress {
    fn from(lesson: LessonState) -> Self {
        let LessonState {
            lesson_id,
            title,
            completed_at,
            watch,
        } = lesson;
        Self {
            lesson_id,
            title,
            is_completed: completed_at.is_some(),
            completed_at,
            watch_time_percent: watch.percent,
            watched_seconds: watch.watched_seconds,
            position_seconds: watch.position.map(|position| position.seconds),
        }
    }
}

/// Progress in a course
///
/// The whole outline in one request, for a learner who is enrolled.
#[utoipa::path(get, path = "/courses/{course_id}/progress",
    tag = "progress", operation_id = "getCourseProgress", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The progress.", body = CourseProgress)))]
async fn get_course_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<CourseProgress>, Problem> {
    let found = state
        .db
        .read(actor, move |tx| async move {
            progress::course_progress(&tx, id).await
        })
        .await?;
    Ok(Reply::ok(&CourseProgress::from(found))?)
}
