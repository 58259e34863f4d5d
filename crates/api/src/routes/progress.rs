use actix_web::{get, post, web::Data};
use chrono::{DateTime, Utc};
use kernel::{Result, Uuid};
use progress::{ChapterState, LessonState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    extract::{Member, Path},
    problem::Problem,
    reply::Reply,
    service_config::ServiceConfig,
    state::State,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(get_lesson_progress)
        .service(complete_lesson)
        .service(get_course_progress);
}

/// What the caller has seen of a lesson.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LessonProgress {
    /// The lesson.
    lesson_id: Uuid,
    /// Whether it is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// How much of the video was watched; never falls.
    #[schema(minimum = 0, maximum = 100, example = 100.0)]
    watch_time_percent: f64,
    /// When anything last changed; null before the first time.
    updated_at: Option<DateTime<Utc>>,
}

impl From<progress::LessonProgress> for LessonProgress {
    fn from(progress: progress::LessonProgress) -> Self {
        let progress::LessonProgress {
            lesson_id,
            is_completed,
            completed_at,
            watch_time_percent,
            updated_at,
        } = progress;
        Self {
            lesson_id,
            is_completed,
            completed_at,
            watch_time_percent,
            updated_at,
        }
    }
}

/// A whole course through the eyes of its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseProgress {
    /// The course.
    course_id: Uuid,
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
    /// Completed of published lessons, rounded down; nothing published is 0.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    percent: usize,
    /// The published chapters in their order.
    chapters: Vec<ChapterProgress>,
}

/// A chapter through the eyes of its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChapterProgress {
    /// The chapter.
    chapter_id: Uuid,
    /// Its title.
    #[schema(example = "Week 1")]
    title: String,
    /// Whether it is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// Its published lessons in their order.
    lessons: Vec<OutlinedLessonProgress>,
}

/// A lesson through the eyes of its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OutlinedLessonProgress {
    /// The lesson.
    lesson_id: Uuid,
    /// Its title.
    #[schema(example = "The hinge")]
    title: String,
    /// Whether it is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// How much of the video was watched.
    #[schema(minimum = 0, maximum = 100, example = 100.0)]
    watch_time_percent: f64,
}

impl From<progress::CourseProgress> for CourseProgress {
    fn from(whole: progress::CourseProgress) -> Self {
        let percent = whole.percent();
        let progress::CourseProgress {
            course_id,
            is_completed,
            completed_at,
            total_lessons,
            completed_lessons,
            chapters,
        } = whole;
        let chapters = chapters.into_iter().map(Into::into).collect();
        Self {
            course_id,
            is_completed,
            completed_at,
            total_lessons,
            completed_lessons,
            percent,
            chapters,
        }
    }
}

impl From<ChapterState> for ChapterProgress {
    fn from(chapter: ChapterState) -> Self {
        let ChapterState {
            chapter_id,
            title,
            is_completed,
            completed_at,
            lessons,
        } = chapter;
        Self {
            chapter_id,
            title,
            is_completed,
            completed_at,
            lessons: lessons.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LessonState> for OutlinedLessonProgress {
    fn from(lesson: LessonState) -> Self {
        let LessonState {
            lesson_id,
            title,
            is_completed,
            completed_at,
            watch_time_percent,
        } = lesson;
        Self {
            lesson_id,
            title,
            is_completed,
            completed_at,
            watch_time_percent,
        }
    }
}

/// Progress in a lesson
///
/// The caller's own, in a lesson that they may read.
#[utoipa::path(tag = "progress", operation_id = "getLessonProgress", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
#[get("/lessons/{lesson_id}/progress")]
async fn get_lesson_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<LessonProgress>, Problem> {
    let found = state
        .db
        .read(actor, move |tx| async move {
            progress::lesson_progress(&tx, id).await
        })
        .await?;
    Ok(Reply::ok(&LessonProgress::from(found))?)
}

/// Mark a lesson as done
///
/// For a lesson without a video; one with a video is completed by watching. Completes the chapter and the course where it
/// was the last one. Doing it again changes nothing.
#[utoipa::path(tag = "progress", operation_id = "completeLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["completed_by_watching", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
#[post("/lessons/{lesson_id}/complete")]
async fn complete_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<LessonProgress>, Problem> {
    let done = state
        .db
        .run(actor, move |tx| async move {
            progress::complete_lesson(&tx, id).await
        })
        .await?;
    Ok(Reply::ok(&LessonProgress::from(done))?)
}

/// Progress in a course
///
/// The whole outline in one request, for a learner who is enrolled.
#[utoipa::path(tag = "progress", operation_id = "getCourseProgress", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The progress.", body = CourseProgress)))]
#[get("/courses/{course_id}/progress")]
async fn get_course_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<CourseProgress>, Problem> {
    let found = state
        .db
        .read(actor, move |tx| async move {
            progress::course_progress(&tx, id).await
        })
        .await?;
    Ok(Reply::ok(&CourseProgress::from(found))?)
}
