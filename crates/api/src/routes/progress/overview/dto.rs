//! The progress in whole courses, as clients see it.

use chrono::NaiveDate;
use kernel::{ChapterId, CourseId, LessonId};
use progress::{ChapterState, LessonState, MyCourse};

use crate::routes::{
    courses::{Author, NextStep},
    shared::prelude::*,
};

/// A whole course through the eyes of one learner.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::CourseProgress, used(tally))]
pub(super) struct CourseProgress {
    /// The course.
    course_id: CourseId,
    /// Whether the course is completed.
    is_completed: bool,
    /// When the course was completed; null until then.
    completed_at: Option<DateTime<Utc>>,
    /// How many lessons are published.
    #[schema(minimum = 0, example = 8)]
    #[dto(with = tally.total_lessons)]
    total_lessons: usize,
    /// How many of them are completed.
    #[schema(minimum = 0, example = 3)]
    #[dto(with = tally.completed_lessons)]
    completed_lessons: usize,
    /// How many per cent of the published lessons are completed, rounded down; a chapter without lessons counts as one. 0 where
    /// nothing is published.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    #[dto(with = tally.percent())]
    percent: usize,
    /// The published chapters in their order.
    chapters: Vec<OutlinedChapterProgress>,
}

/// A chapter through the eyes of one learner.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = ChapterState, used(watch))]
pub(super) struct OutlinedChapterProgress {
    /// The chapter.
    chapter_id: ChapterId,
    /// Its title.
    #[schema(example = "Week 1")]
    title: String,
    /// Whether it is completed.
    #[dto(with = completed_at.is_some())]
    is_completed: bool,
    /// When it was completed; null until then.
    completed_at: Option<DateTime<Utc>>,
    /// The part of its own video that is credited as watched.
    #[schema(minimum = 0, maximum = 100, example = 0.0)]
    #[dto(with = watch.percent)]
    watch_time_percent: f64,
    /// Where to resume its own video, in seconds; null before a player has reported a position.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    #[dto(with = watch.position.map(|position| position.seconds))]
    position_seconds: Option<f64>,
    /// Its published lessons in their order.
    lessons: Vec<OutlinedLessonProgress>,
}

/// A lesson through the eyes of one learner.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = LessonState, used(watch))]
pub(super) struct OutlinedLessonProgress {
    /// The lesson.
    lesson_id: LessonId,
    /// Its title.
    #[schema(example = "The hinge")]
    title: String,
    /// Whether it is completed.
    #[dto(with = completed_at.is_some())]
    is_completed: bool,
    /// When it was completed; null until then.
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

/// How far the caller is in a course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = MyCourse, used(course, enrollment, verdict, tally))]
pub(super) struct MyCourseProgress {
    /// The course.
    #[dto(with = course.id)]
    course_id: CourseId,
    /// Its title.
    #[schema(example = "Strength Foundations")]
    #[dto(with = course.title)]
    title: String,
    /// Its slug.
    #[schema(example = "strength-foundations")]
    #[dto(with = course.slug)]
    slug: String,
    /// The address of its picture; null where it has none.
    #[dto(with = course.picture_url)]
    picture_url: Option<String>,
    /// Its author.
    #[dto(with = course.author.into())]
    author: Author,
    /// Whether the catalogue shows it. While it does not, nobody but its trainers can read it.
    #[dto(with = course.is_published)]
    is_published: bool,
    /// Whether the caller may see what is not free for everybody.
    #[dto(with = verdict.allowed)]
    allowed: bool,
    /// `staff` or `granted`; `not_granted`, `grant_expired`, `grant_refunded`, `grant_revoked`, `grant_suspended` or
    /// `not_published`. More may be added.
    #[schema(value_type = String, example = "granted")]
    #[dto(with = verdict.reason)]
    reason: &'static str,
    /// When the access ends or, where it is over, when it ended; null where it has no end.
    #[dto(with = enrollment.expires_at)]
    expires_at: Option<DateTime<Utc>>,
    /// Where the caller goes on: what they watched last, if it is not completed, else the first lesson that is not. Where they have no
    /// access, only free chapters are offered; null where nothing is left.
    next: Option<NextStep>,
    /// When the caller enrolled.
    #[dto(with = enrollment.enrolled_at)]
    enrolled_at: DateTime<Utc>,
    /// When they last watched or completed something in it; null before the first time.
    last_active_at: Option<DateTime<Utc>>,
    /// Whether the course is completed.
    #[dto(with = enrollment.is_completed)]
    is_completed: bool,
    /// When the course was completed; null until then.
    #[dto(with = enrollment.completed_at)]
    completed_at: Option<DateTime<Utc>>,
    /// How many lessons are published.
    #[schema(minimum = 0, example = 8)]
    #[dto(with = tally.total_lessons)]
    total_lessons: usize,
    /// How many of them are completed.
    #[schema(minimum = 0, example = 3)]
    #[dto(with = tally.completed_lessons)]
    completed_lessons: usize,
    /// How many per cent of the published lessons are completed, rounded down; a chapter without lessons counts as one.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    #[dto(with = tally.percent())]
    percent: usize,
}

page! {
    /// A page of courses with the caller's progress.
    MyCourseProgressPage of MyCourseProgress
}

/// The courses that the caller can resume.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResumePoints {
    /// The course in which the caller was active last comes first; there are 20 at most.
    pub(super) data: Vec<ResumePoint>,
}

/// Where to resume a course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::ResumePoint, used(tally, watch))]
pub(super) struct ResumePoint {
    /// The course.
    course_id: CourseId,
    /// Its title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// Its slug.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// The address of its picture; null where it has none.
    picture_url: Option<String>,
    /// How many per cent of the published lessons are completed, rounded down.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    #[dto(with = tally.percent())]
    percent: usize,
    /// When the caller last watched or completed something in it.
    last_active_at: DateTime<Utc>,
    /// The chapter in which to resume.
    chapter_id: ChapterId,
    /// Its title.
    #[schema(example = "Week 1")]
    chapter_title: String,
    /// The lesson with which to resume; null for a chapter that has none.
    lesson_id: Option<LessonId>,
    /// Its title; null where there is no lesson.
    #[schema(example = "The hinge")]
    lesson_title: Option<String>,
    /// Where to resume its video, in seconds; null before a player has reported a position.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    #[dto(with = watch.position.map(|position| position.seconds))]
    position_seconds: Option<f64>,
    /// The part of its video that is credited as watched.
    #[schema(minimum = 0, maximum = 100, example = 33.4)]
    #[dto(with = watch.percent)]
    watch_time_percent: f64,
}

/// The days of the statistics.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StatsQuery {
    /// The learner's time zone, a name of the IANA database. The days are those of this time zone.
    #[serde(default = "utc")]
    #[param(min_length = 1, max_length = 64, default = "UTC", example = "Europe/Berlin")]
    pub(super) timezone: String,
    /// How many days, today included.
    #[serde(default = "thirty")]
    #[param(minimum = 1, maximum = 366, default = 30)]
    pub(super) days: u32,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn thirty() -> u32 {
    30
}

/// How much the caller learnt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LearningStats {
    /// The time zone of the days.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// The seconds that were watched over all days, for the first time or again.
    #[schema(minimum = 0, example = 5400)]
    watched_seconds: u64,
    /// How many active days there were in a row up to today; up to yesterday where today is not active yet.
    #[schema(minimum = 0, example = 3)]
    current_streak_days: u32,
    /// The most active days in a row that there ever were.
    #[schema(minimum = 0, example = 12)]
    longest_streak_days: u32,
    /// The latest days, the oldest first; the last is today.
    days: Vec<LearningDay>,
}

impl LearningStats {
    pub(super) fn new(timezone: String, stats: progress::Stats) -> Self {
        let progress::Stats { watched_seconds, current_streak_days, longest_streak_days, days } = stats;
        let day = |day| {
            let progress::Day { on, watched_seconds, is_active } = day;
            LearningDay { on, watched_seconds, is_active }
        };
        Self {
            timezone,
            watched_seconds,
            current_streak_days,
            longest_streak_days,
            days: days.into_iter().map(day).collect(),
        }
    }
}

/// What the caller learnt on a day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LearningDay {
    /// The day.
    #[schema(value_type = String, format = Date, example = "2026-11-22")]
    on: NaiveDate,
    /// The seconds that were watched, for the first time or again.
    #[schema(minimum = 0, example = 1800)]
    watched_seconds: u64,
    /// Whether the caller watched a video, read the text of a lesson or a chapter, or marked one as done; completed before or not.
    is_active: bool,
}
