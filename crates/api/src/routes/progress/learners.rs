use actix_web::web::Data;
use chrono::{DateTime, SecondsFormat, Utc};
use database::Tx;
use enrollment::EnrolledLearner;
use kernel::{CourseId, LessonId, Limit, Result, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::super::shared::{default_limit, page};
use crate::{
    http::{
        extract::{Json, Member, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_course_learners,
        export_course_learners,
        waive_learner_progress,
        reset_learner_progress
    );
}

/// A learner of a course and how far they are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseLearner {
    /// Who.
    user_id: UserId,
    /// Their username.
    #[schema(example = "lena")]
    username: Option<String>,
    /// Their name.
    #[schema(example = "Lena")]
    name: Option<String>,
    /// When they enrolled.
    enrolled_at: DateTime<Utc>,
    /// When they last did something in the course.
    last_active_at: Option<DateTime<Utc>>,
    /// Whether they completed it.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
    /// Published lessons.
    #[schema(minimum = 0, example = 8)]
    total_lessons: usize,
    /// How many of them are done.
    #[schema(minimum = 0, example = 3)]
    completed_lessons: usize,
    /// Completed of published lessons, rounded down.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    percent: usize,
    /// How long they watched, as far as it was credited.
    #[schema(minimum = 0, example = 5400)]
    watched_seconds: i64,
}

impl From<progress::LearnerProgress> for CourseLearner {
    fn from(progress: progress::LearnerProgress) -> Self {
        let progress::LearnerProgress {
            learner,
            tally,
            watched_seconds,
            last_active_at,
        } = progress;
        let EnrolledLearner {
            user_id,
            username,
            name,
            enrollment_id: _,
            enrolled_at,
            completed_at,
        } = learner;
        Self {
            user_id,
            username,
            name,
            enrolled_at,
            last_active_at,
            is_completed: completed_at.is_some(),
            completed_at,
            total_lessons: tally.total_lessons,
            completed_lessons: tally.completed_lessons,
            percent: tally.percent(),
            watched_seconds,
        }
    }
}

page! {
    /// A page of learners.
    CourseLearnerPage of CourseLearner
}

/// Which learners.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LearnerQuery {
    /// What the name or the username contains.
    #[param(min_length = 1, max_length = 100, nullable = false, example = "len")]
    q: Option<String>,
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
}

/// A course's learners
///
/// With their progress, the latest enrollment first, for whoever may edit the course.
#[utoipa::path(get, path = "/courses/{course_id}/learners",
    tag = "progress", operation_id = "listCourseLearners", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), LearnerQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of learners.", body = CourseLearnerPage)))]
async fn list_course_learners(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
    Query(LearnerQuery { q, limit, cursor }): Query<LearnerQuery>,
) -> Result<Reply<CourseLearnerPage>, Problem> {
    let (after, limit) = (
        cursor.as_deref().and_then(kernel::Cursor::decode),
        Limit::new(limit),
    );
    let work = move |tx| async move { progress::learners(&tx, id, q.as_deref(), after, limit).await };
    Ok(Reply::ok(&CourseLearnerPage::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// A course's learners as a file
///
/// CSV in UTF-8 with a line of names, for whoever may edit the course: 10,000 learners at most, the latest enrollments. A cell that a
/// spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/courses/{course_id}/learners.csv",
    tag = "progress", operation_id = "exportCourseLearners", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-file" = json!(true))),
    responses((status = 200, description = "The file.", body = String, content_type = "text/csv")))]
async fn export_course_learners(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<String>, Problem> {
    let csv = state
        .db
        .read(actor, move |tx| async move { csv(&tx, id).await })
        .await?;
    Ok(Reply::text_file("text/csv; charset=utf-8", "learners.csv", csv))
}

/// Rows of the file at most.
const MOST_ROWS: usize = 10_000;

async fn csv(tx: &Tx, course_id: CourseId) -> Result<String> {
    let mut text = String::from(
        "userId,username,name,enrolledAt,lastActiveAt,completedAt,totalLessons,completedLessons,percent,watchedSeconds\r\n",
    );
    let (mut after, mut rows) = (None, 0);
    while rows < MOST_ROWS {
        let page = progress::learners(tx, course_id, None, after, Limit::new(100)).await?;
        rows += page.data.len();
        for learner in page.data.into_iter().map(CourseLearner::from) {
            let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
            let time = |at: Option<DateTime<Utc>>| at.map(written).unwrap_or_default();
            let cells = [
                learner.user_id.to_string(),
                learner.username.unwrap_or_default(),
                learner.name.unwrap_or_default(),
                time(Some(learner.enrolled_at)),
                time(learner.last_active_at),
                time(learner.completed_at),
                learner.total_lessons.to_string(),
                learner.completed_lessons.to_string(),
                learner.percent.to_string(),
                learner.watched_seconds.to_string(),
            ];
            text.push_str(&cells.map(|text| cell(&text)).join(","));
            text.push_str("\r\n");
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(text)
}

/// A cell of a CSV file that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = text.replace('"', "\"\"");
    // Semicolons and tabs separate cells where a comma stands in numbers.
    match (
        formula,
        text.contains(['"', ',', ';', '\t', '\r', '\n']) || formula,
    ) {
        (true, _) => format!("\"'{quoted}\""),
        (false, true) => format!("\"{quoted}\""),
        (false, false) => quoted,
    }
}

/// What of a course.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LearnerProgressChange {
    /// One lesson; everything in the course where it is absent.
    #[schema(nullable = false)]
    lesson_id: Option<LessonId>,
}

/// Waive for a learner
///
/// Completes a lesson, or everything in the course, for a learner who need not do it, by whoever may edit the course. What becomes
/// complete by it follows shortly. Doing it again changes nothing; it is written into the audit trail.
#[utoipa::path(post, path = "/courses/{course_id}/learners/{user_id}/waive",
    tag = "progress", operation_id = "waiveLearnerProgress", security(("bearer" = [])), request_body = LearnerProgressChange,
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The learner's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The learner's progress.", body = CourseLearner)))]
async fn waive_learner_progress(
    state: Data<State>,
    Member(actor): Member,
    Path((course_id, user_id)): Path<(CourseId, UserId)>,
    body: Json<LearnerProgressChange>,
) -> Result<Reply<CourseLearner>, Problem> {
    let lesson_id = body.value.lesson_id;
    let work = move |tx| async move { progress::waive(&tx, course_id, user_id, lesson_id).await };
    let done = state.db.run(actor, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&CourseLearner::from(done))?)
}

/// Reset a learner
///
/// Takes back what a learner has done of a lesson, or of everything in the course, by whoever may edit the course: marks, what was
/// watched, positions, and their time in the statistics. That the course was once completed stays. It is written into the audit
/// trail.
#[utoipa::path(post, path = "/courses/{course_id}/learners/{user_id}/reset",
    tag = "progress", operation_id = "resetLearnerProgress", security(("bearer" = [])), request_body = LearnerProgressChange,
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The learner's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The learner's progress.", body = CourseLearner)))]
async fn reset_learner_progress(
    state: Data<State>,
    Member(actor): Member,
    Path((course_id, user_id)): Path<(CourseId, UserId)>,
    body: Json<LearnerProgressChange>,
) -> Result<Reply<CourseLearner>, Problem> {
    let lesson_id = body.value.lesson_id;
    let work = move |tx| async move { progress::reset(&tx, course_id, user_id, lesson_id).await };
    Ok(Reply::ok(&CourseLearner::from(state.db.run(actor, work).await?))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("Lena"), "Lena");
        assert_eq!(cell("Lena, \"the\" First"), "\"Lena, \"\"the\"\" First\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell(" @SUM"), "\"' @SUM\"");
        assert_eq!(cell("-1+2"), "\"'-1+2\"");
    }
}
