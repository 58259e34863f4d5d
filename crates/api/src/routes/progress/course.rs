use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{ChapterId, CourseId, JobId, LessonId, UserId, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::shared::{PageQuery, page};
use crate::{
    http::{
        extract::{Member, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, get_course_funnel, get_lesson_retention, list_course_jobs);
}

/// How a course's learners get on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseFunnel {
    /// Whoever ever enrolled.
    #[schema(minimum = 0, example = 120)]
    enrolled: i64,
    /// Whoever of them watched or completed anything in it, before enrolling included.
    #[schema(minimum = 0, example = 97)]
    started: i64,
    /// Whoever completed the course.
    #[schema(minimum = 0, example = 41)]
    completed: i64,
    /// The published lessons in their order: where the numbers fall, people stop.
    lessons: Vec<CourseFunnelLesson>,
}

/// How learners get on with a lesson.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseFunnelLesson {
    /// The chapter.
    chapter_id: ChapterId,
    /// The lesson.
    lesson_id: LessonId,
    /// Its title.
    #[schema(example = "The hinge")]
    title: String,
    /// Whoever of the enrolled watched something of it or completed it. That they opened it is not enough.
    #[schema(minimum = 0, example = 90)]
    started: i64,
    /// Whoever completed it.
    #[schema(minimum = 0, example = 71)]
    completed: i64,
    /// How much of its video those who watched something of it watched on average, to two places; null where nobody did.
    #[schema(minimum = 0, maximum = 100, example = 84.2)]
    average_watch_time_percent: Option<f64>,
}

impl From<progress::Funnel> for CourseFunnel {
    fn from(funnel: progress::Funnel) -> Self {
        let progress::Funnel {
            enrolled,
            started,
            completed,
            lessons,
        } = funnel;
        let lesson = |lesson: progress::FunnelLesson| CourseFunnelLesson {
            chapter_id: lesson.chapter_id,
            lesson_id: lesson.lesson_id,
            title: lesson.title,
            started: lesson.started,
            completed: lesson.completed,
            average_watch_time_percent: lesson.average_percent.map(two_places),
        };
        Self {
            enrolled,
            started,
            completed,
            lessons: lessons.into_iter().map(lesson).collect(),
        }
    }
}

/// A course's funnel
///
/// From enrolling to completing, and where learners stop, for whoever may edit the course.
#[utoipa::path(get, path = "/courses/{course_id}/funnel",
    tag = "progress", operation_id = "getCourseFunnel", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The funnel.", body = CourseFunnel)))]
async fn get_course_funnel(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<CourseFunnel>, Problem> {
    let work = move |tx| async move { progress::funnel(&tx, id).await };
    Ok(Reply::ok(&CourseFunnel::from(state.db.read(actor, work).await?))?)
}

/// The databases add up in different orders.
fn two_places(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

/// Which parts of a lesson's video people watch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LessonRetention {
    /// The lesson.
    lesson_id: LessonId,
    /// How long the video is; null where nobody knows, and then there are no points.
    #[schema(minimum = 1, maximum = 86400, example = 602)]
    duration_seconds: Option<u32>,
    /// Of how many of the enrolled who watched something of it this is drawn: ten thousand at most.
    #[schema(minimum = 0, example = 90)]
    watchers: usize,
    /// A hundred stretches of the video, or as many as it has seconds.
    points: Vec<RetentionPoint>,
}

/// A stretch of a video.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RetentionPoint {
    /// Where it begins.
    #[schema(minimum = 0, maximum = 86400, example = 6)]
    from_seconds: u32,
    /// How much of it was played, over all of them: of what each player said, as much as is credited.
    #[schema(minimum = 0, maximum = 100, example = 92.5)]
    percent: f64,
}

/// A lesson's retention curve
///
/// Which parts of the video the enrolled played, for whoever may edit the course.
#[utoipa::path(get, path = "/lessons/{lesson_id}/retention",
    tag = "progress", operation_id = "getLessonRetention", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "no_video"]))),
    responses((status = 200, description = "The curve.", body = LessonRetention)))]
async fn get_lesson_retention(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<LessonRetention>, Problem> {
    let work = move |tx| async move { progress::retention(&tx, id).await };
    let progress::Retention {
        lesson_id,
        duration_seconds,
        watchers,
        points,
    } = state.db.read(actor, work).await?;
    let point = |(from_seconds, percent)| RetentionPoint {
        from_seconds,
        percent,
    };
    Ok(Reply::ok(&LessonRetention {
        lesson_id,
        duration_seconds,
        watchers,
        points: points.into_iter().map(point).collect(),
    })?)
}

/// Work on a course that takes longer than a request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseJob {
    /// The job's id.
    id: JobId,
    /// `RECOUNT_PROGRESS`: what has become complete for its learners by an edit of the outline.
    #[schema(example = "RECOUNT_PROGRESS")]
    kind: String,
    /// `QUEUED`, `RUNNING` or `DONE`.
    #[schema(example = "RUNNING")]
    status: String,
    /// Whose edit caused it.
    requested_by: Option<UserId>,
    /// How many learners were looked at.
    #[schema(minimum = 0, example = 300)]
    done_count: i64,
    /// For how many of them something became complete.
    #[schema(minimum = 0, example = 2)]
    changed_count: i64,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it began.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    finished_at: Option<DateTime<Utc>>,
}

impl From<progress::Job> for CourseJob {
    fn from(job: progress::Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            status: job.status,
            requested_by: job.requested_by,
            done_count: job.done_count,
            changed_count: job.changed_count,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

page! {
    /// A page of jobs.
    CourseJobPage of CourseJob
}

/// A course's jobs
///
/// What the server does in the background after an edit, newest first, for whoever may edit the course. Completion is never taken
/// back by one.
#[utoipa::path(get, path = "/courses/{course_id}/jobs",
    tag = "progress", operation_id = "listCourseJobs", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of jobs.", body = CourseJobPage)))]
async fn list_course_jobs(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<CourseJobPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { progress::jobs(&tx, id, after, limit).await };
    Ok(Reply::ok(&CourseJobPage::from(
        state.db.read(actor, work).await?,
    ))?)
}
