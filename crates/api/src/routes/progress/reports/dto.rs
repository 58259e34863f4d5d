//! Reports about the learners of a course, as clients see them.

use kernel::{ChapterId, JobId, LessonId, UserId};
use progress::{JobKind, JobStatus};

use crate::routes::shared::prelude::*;

/// How a course's learners get on.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::Funnel)]
pub(super) struct CourseFunnel {
    /// How many ever enrolled.
    #[schema(minimum = 0, example = 120)]
    enrolled: i64,
    /// How many of them watched or completed anything in the course, before enrolling included.
    #[schema(minimum = 0, example = 97)]
    started: i64,
    /// How many completed the course.
    #[schema(minimum = 0, example = 41)]
    completed: i64,
    /// The published lessons in their order: where the numbers fall, learners stop.
    lessons: Vec<CourseFunnelLesson>,
}

/// How learners get on with a lesson.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::FunnelLesson, used(average_percent))]
pub(super) struct CourseFunnelLesson {
    /// The chapter.
    chapter_id: ChapterId,
    /// The lesson.
    lesson_id: LessonId,
    /// Its title.
    #[schema(example = "The hinge")]
    title: String,
    /// How many of the enrolled watched something of it or completed it. To open it is not enough.
    #[schema(minimum = 0, example = 90)]
    started: i64,
    /// How many completed it.
    #[schema(minimum = 0, example = 71)]
    completed: i64,
    /// How much of its video those who watched something of it watched on average, to two places; null where nobody did.
    #[schema(minimum = 0, maximum = 100, example = 84.2)]
    #[dto(with = average_percent.map(two_places))]
    average_watch_time_percent: Option<f64>,
}

/// The databases add up in different orders.
fn two_places(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

/// Which parts of a lesson's video learners watch.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::Retention, used(points))]
pub(super) struct LessonRetention {
    /// The lesson.
    lesson_id: LessonId,
    /// The length of the video in seconds; null where nobody knows it, and then there are no points.
    #[schema(minimum = 1, maximum = 86400, example = 602)]
    duration_seconds: Option<u32>,
    /// How many of the enrolled, who watched something of it, the curve is drawn from: ten thousand at most.
    #[schema(minimum = 0, example = 90)]
    watchers: usize,
    /// A hundred stretches of the video, or as many as it has seconds.
    #[dto(with = points.into_iter().map(RetentionPoint::new).collect())]
    points: Vec<RetentionPoint>,
}

/// A stretch of a video.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RetentionPoint {
    /// Where it begins, in seconds.
    #[schema(minimum = 0, maximum = 86400, example = 6)]
    from_seconds: u32,
    /// How much of it was played on average: of the ranges that each player reported, as much as was credited.
    #[schema(minimum = 0, maximum = 100, example = 92.5)]
    percent: f64,
}

impl RetentionPoint {
    fn new((from_seconds, percent): (u32, f64)) -> Self {
        Self { from_seconds, percent }
    }
}

/// Work on a course that takes longer than a request.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::Job, ignore(reached_id))]
pub(super) struct CourseJob {
    /// The job's id.
    id: JobId,
    /// `RECOUNT_PROGRESS`: completes what an edit of the outline has made complete for the course's learners. More may be added.
    #[schema(value_type = String, example = "RECOUNT_PROGRESS")]
    kind: JobKind,
    /// `QUEUED`, `RUNNING` or `DONE`.
    #[schema(value_type = String, example = "RUNNING")]
    status: JobStatus,
    /// Whose edit caused it; null where that was Palestra itself.
    requested_by: Option<UserId>,
    /// How many learners were looked at so far.
    #[schema(minimum = 0, example = 300)]
    done_count: i64,
    /// For how many of them something became complete.
    #[schema(minimum = 0, example = 2)]
    changed_count: i64,
    /// When it was made, shortly after the edit.
    created_at: DateTime<Utc>,
    /// When it began; null until then.
    started_at: Option<DateTime<Utc>>,
    /// When it ended; null until then.
    finished_at: Option<DateTime<Utc>>,
}

page! {
    /// A page of jobs.
    CourseJobPage of CourseJob
}
