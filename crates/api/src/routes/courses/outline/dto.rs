//! A course and what it is to the caller, as clients see it.

use kernel::{ChapterId, LessonId};

use crate::routes::{access::Unlock, courses::CourseCard, shared::prelude::*};

/// A course, and what it is to the caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourseView {
    /// What lists show of it.
    course: CourseCard,
    /// What the course as a whole is to the caller.
    viewer: CourseViewer,
    /// Its chapters in their order.
    chapters: Vec<ChapterView>,
}

impl From<progress::CourseView> for CourseView {
    fn from(view: progress::CourseView) -> Self {
        let progress::CourseView { course, viewer, is_wished, tally, next, chapters } = view;
        let enrollment::CourseViewer { verdict, until, unlock, enrolled_at, completed_at } = viewer;
        Self {
            course: course.into(),
            viewer: CourseViewer {
                allowed: verdict.allowed,
                reason: verdict.reason,
                until,
                unlock: unlock.map(Into::into),
                enrolled_at,
                completed_at,
                is_wished,
                total_lessons: tally.total_lessons,
                completed_lessons: tally.completed_lessons,
                percent: tally.percent(),
                next: next.map(Into::into),
            },
            chapters: chapters.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a course is to the caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseViewer {
    /// Whether they may see what is not free for everybody.
    allowed: bool,
    /// `staff` or `granted`; `not_granted`, `grant_expired`, `grant_refunded`, `grant_revoked`, `grant_suspended` or
    /// `not_published`. More may be added.
    #[schema(value_type = String, example = "granted")]
    reason: &'static str,
    /// When the access that they have ends; null where it has no end. Without `allowed` there is no access that could end.
    until: Option<DateTime<Utc>>,
    /// What would give access now; null where they have access.
    unlock: Option<Unlock>,
    /// When they enrolled; null where they never did.
    enrolled_at: Option<DateTime<Utc>>,
    /// When they completed the course; null until then.
    completed_at: Option<DateTime<Utc>>,
    /// Whether the course is on their wishlist.
    is_wished: bool,
    /// How many lessons the outline has.
    #[schema(minimum = 0, example = 8)]
    total_lessons: usize,
    /// How many of them they have completed.
    #[schema(minimum = 0, example = 3)]
    completed_lessons: usize,
    /// How many per cent of the lessons they have completed, rounded down; a chapter without lessons counts as one.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    percent: usize,
    /// Where they go on: what they watched last, if it is not completed, else the first that is not. Where they have no access, only
    /// free chapters are offered; null where nothing is left.
    next: Option<NextStep>,
}

/// Where somebody goes on in a course: a lesson, or a chapter that has none.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::NextStep)]
pub(in crate::routes) struct NextStep {
    /// The chapter.
    chapter_id: ChapterId,
    /// The lesson; null for a chapter that has none.
    lesson_id: Option<LessonId>,
    /// The title of the lesson, or of the chapter.
    #[schema(example = "The hinge")]
    title: String,
}

/// A chapter without its body, and what it is to the caller.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::ChapterView, used(chapter, verdict, watch))]
struct ChapterView {
    /// The chapter's id.
    #[dto(with = chapter.id)]
    id: ChapterId,
    /// The title.
    #[schema(example = "Week 1")]
    #[dto(with = chapter.title)]
    title: String,
    /// A description in plain text.
    #[schema(example = "Finding your positions.")]
    #[dto(with = chapter.description)]
    description: Option<String>,
    /// The position among the chapters of the course; a smaller one comes first.
    #[schema(minimum = 1, example = 1)]
    #[dto(with = chapter.position)]
    position: i64,
    /// The length in minutes; null where the author gave none.
    #[schema(minimum = 0, example = 30)]
    #[dto(with = chapter.duration)]
    duration: Option<i64>,
    /// Whether it is a free preview, which everybody may read.
    #[dto(with = chapter.is_free)]
    is_free: bool,
    /// Whether learners see it.
    #[dto(with = chapter.is_published)]
    is_published: bool,
    /// Whether it has text or a video of its own.
    #[dto(with = chapter.has_body)]
    has_body: bool,
    /// Whether the caller may read it.
    #[dto(with = verdict.allowed)]
    allowed: bool,
    /// The reason of the course, or `free_preview`. More may be added.
    #[schema(value_type = String, example = "granted")]
    #[dto(with = verdict.reason)]
    reason: &'static str,
    /// When the caller completed it; null until then.
    completed_at: Option<DateTime<Utc>>,
    /// The part of its own video that is credited as watched.
    #[schema(minimum = 0, maximum = 100, example = 0.0)]
    #[dto(with = watch.percent)]
    watch_time_percent: f64,
    /// The seconds of its own video that are credited as watched.
    #[schema(minimum = 0, maximum = 86400, example = 0)]
    #[dto(with = watch.watched_seconds)]
    watched_seconds: u32,
    /// Where to resume its own video, in seconds; null before a player has reported a position.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    #[dto(with = watch.position.map(|position| position.seconds))]
    position_seconds: Option<f64>,
    /// Its lessons in their order.
    lessons: Vec<LessonView>,
}

/// A lesson without its body, and what it is to the caller.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::LessonView, used(lesson, verdict, watch))]
struct LessonView {
    /// The lesson's id.
    #[dto(with = lesson.id)]
    id: LessonId,
    /// The title.
    #[schema(example = "The hinge")]
    #[dto(with = lesson.title)]
    title: String,
    /// The position among the lessons of the chapter; a smaller one comes first.
    #[schema(minimum = 1, example = 1)]
    #[dto(with = lesson.position)]
    position: i64,
    /// The length in minutes; null where the author gave none.
    #[schema(minimum = 0, example = 10)]
    #[dto(with = lesson.duration)]
    duration: Option<i64>,
    /// Whether it has a video.
    #[dto(with = lesson.has_video)]
    has_video: bool,
    /// Whether learners see it.
    #[dto(with = lesson.is_published)]
    is_published: bool,
    /// Whether the caller may read it.
    #[dto(with = verdict.allowed)]
    allowed: bool,
    /// The reason of the course, or `free_preview`. More may be added.
    #[schema(value_type = String, example = "granted")]
    #[dto(with = verdict.reason)]
    reason: &'static str,
    /// When the caller completed it; null until then.
    completed_at: Option<DateTime<Utc>>,
    /// The part of its video that is credited as watched.
    #[schema(minimum = 0, maximum = 100, example = 33.4)]
    #[dto(with = watch.percent)]
    watch_time_percent: f64,
    /// The seconds of its video that are credited as watched.
    #[schema(minimum = 0, maximum = 86400, example = 201)]
    #[dto(with = watch.watched_seconds)]
    watched_seconds: u32,
    /// Where to resume its video, in seconds; null before a player has reported a position.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    #[dto(with = watch.position.map(|position| position.seconds))]
    position_seconds: Option<f64>,
}
