use actix_web::web::Data;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{ChapterId, CourseId, LessonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::super::shared::{PageQuery, page};
use crate::{
    http::{
        extract::{Member, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_my_progress, get_my_continuations, get_my_stats);
}

/// How far the caller is in a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MyCourseProgress {
    /// The course.
    course_id: CourseId,
    /// Its title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// Its slug.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// Its picture.
    picture_url: Option<String>,
    /// When the caller enrolled.
    enrolled_at: DateTime<Utc>,
    /// When they last did something in it.
    last_active_at: Option<DateTime<Utc>>,
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
    /// Completed of published lessons, rounded down; a chapter without lessons counts as one.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    percent: usize,
}

impl From<progress::MyCourse> for MyCourseProgress {
    fn from(course: progress::MyCourse) -> Self {
        let progress::MyCourse {
            enrollment_id: _,
            course_id,
            title,
            slug,
            picture_url,
            enrolled_at,
            completed_at,
            tally,
            last_active_at,
        } = course;
        Self {
            course_id,
            title,
            slug,
            picture_url,
            enrolled_at,
            last_active_at,
            is_completed: completed_at.is_some(),
            completed_at,
            total_lessons: tally.total_lessons,
            completed_lessons: tally.completed_lessons,
            percent: tally.percent(),
        }
    }
}

page! {
    /// A page of courses with the caller's progress.
    MyCourseProgressPage of MyCourseProgress
}

/// My progress
///
/// How far the caller is in each course that they are enrolled in, the latest enrollment first.
#[utoipa::path(get, path = "/me/progress",
    tag = "progress", operation_id = "listMyProgress", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of courses.", body = MyCourseProgressPage)))]
async fn list_my_progress(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<MyCourseProgressPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { progress::my_courses(&tx, after, limit).await };
    Ok(Reply::ok(&MyCourseProgressPage::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Continuations {
    /// The course in which something was done last comes first; default_limit at most.
    data: Vec<Continuation>,
}

/// Where to go on in a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Continuation {
    /// The course.
    course_id: CourseId,
    /// Its title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// Its slug.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// Its picture.
    picture_url: Option<String>,
    /// Completed of published lessons, rounded down.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    percent: usize,
    /// When something was done in it last.
    last_active_at: DateTime<Utc>,
    /// The chapter to go on in.
    chapter_id: ChapterId,
    /// Its title.
    #[schema(example = "Week 1")]
    chapter_title: String,
    /// The lesson to go on with; null for a chapter that has none.
    lesson_id: Option<LessonId>,
    /// Its title.
    #[schema(example = "The hinge")]
    lesson_title: Option<String>,
    /// Where in its video.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
    /// How much of its video was watched.
    #[schema(minimum = 0, maximum = 100, example = 33.4)]
    watch_time_percent: f64,
}

impl From<progress::Continuation> for Continuation {
    fn from(found: progress::Continuation) -> Self {
        let progress::Continuation {
            course_id,
            title,
            slug,
            picture_url,
            tally,
            last_active_at,
            chapter_id,
            chapter_title,
            lesson_id,
            lesson_title,
            watch,
        } = found;
        Self {
            course_id,
            title,
            slug,
            picture_url,
            percent: tally.percent(),
            last_active_at,
            chapter_id,
            chapter_title,
            lesson_id,
            lesson_title,
            position_seconds: watch.position.map(|position| position.seconds),
            watch_time_percent: watch.percent,
        }
    }
}

/// Where to go on
///
/// The courses in which the caller did something and that are not done, previews included: for each the lesson that they watched
/// last, if it is not done, else the first that is not. Where access has ended, only what everybody may read is left to go on with.
#[utoipa::path(get, path = "/me/continue",
    tag = "progress", operation_id = "getMyContinuations", security(("bearer" = [])),
    responses((status = 200, description = "Where to go on.", body = Continuations)))]
async fn get_my_continuations(
    state: Data<State>,
    Member(actor): Member,
) -> Result<Reply<Continuations>, Problem> {
    let work = move |tx| async move { progress::continuations(&tx).await };
    let found = state.db.read(actor, work).await?;
    let data = found.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&Continuations { data })?)
}

/// Which days.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatsQuery {
    /// The learner's time zone, a name of the IANA database. Days are its days.
    #[serde(default = "utc")]
    #[param(min_length = 1, max_length = 64, default = "UTC", example = "Europe/Berlin")]
    timezone: String,
    /// How many days, today included.
    #[serde(default = "thirty")]
    #[param(minimum = 1, maximum = 366, default = 30)]
    days: u32,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn thirty() -> u32 {
    30
}

/// What the caller watched.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LearningStats {
    /// Whose days these are.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// Seconds in all.
    #[schema(minimum = 0, example = 5400)]
    watched_seconds: u64,
    /// Days in a row on which something was watched, up to today; up to yesterday where today has nothing yet.
    #[schema(minimum = 0, example = 3)]
    current_streak_days: u32,
    /// The most days in a row there ever were.
    #[schema(minimum = 0, example = 12)]
    longest_streak_days: u32,
    /// The latest days, today last.
    days: Vec<LearningDay>,
}

/// What the caller watched on a day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LearningDay {
    /// The day.
    #[schema(value_type = String, format = Date, example = "2026-11-22")]
    on: NaiveDate,
    /// Seconds.
    #[schema(minimum = 0, example = 1800)]
    watched_seconds: u64,
}

/// My learning statistics
///
/// How long the caller watched on each day of their own time zone, and how many days in a row. What counts is what was credited.
#[utoipa::path(get, path = "/me/stats",
    tag = "progress", operation_id = "getMyStats", security(("bearer" = [])), params(StatsQuery),
    responses((status = 200, description = "The statistics.", body = LearningStats)))]
async fn get_my_stats(
    state: Data<State>,
    Member(actor): Member,
    Query(StatsQuery { timezone, days }): Query<StatsQuery>,
) -> Result<Reply<LearningStats>, Problem> {
    let zone = timezone.clone();
    let work = move |tx| async move { progress::stats(&tx, &zone, days, "?timezone").await };
    let progress::Stats {
        watched_seconds,
        current_streak_days,
        longest_streak_days,
        days,
    } = state.db.read(actor, work).await?;
    let day = |(on, watched_seconds)| LearningDay { on, watched_seconds };
    Ok(Reply::ok(&LearningStats {
        timezone,
        watched_seconds,
        current_streak_days,
        longest_streak_days,
        days: days.into_iter().map(day).collect(),
    })?)
}
