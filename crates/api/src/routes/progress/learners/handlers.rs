//! The operations about single learners of a course.

use database::Pool;
use kernel::{CourseId, UserId};

use super::{
    csv,
    dto::{CourseLearner, CourseLearnerPage, LearnerProgressChange, LearnerQuery},
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_course_learners,
        export_course_learners,
        waive_learner_progress,
        reset_learner_progress
    );
}

/// List the learners of a course
///
/// With their progress, the latest enrollment first. For whoever may edit the course.
#[utoipa::path(get, path = "/courses/{course_id}/learners",
    tag = "progress", operation_id = "listCourseLearners", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery, LearnerQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of learners.", body = CourseLearnerPage)))]
async fn list_course_learners(
    caller: Member,
    Path(id): Path<CourseId>,
    list: List<LearnerQuery>,
) -> Answer<CourseLearnerPage> {
    let List { filter: LearnerQuery { q }, list_id, after, limit, .. } = list;
    let work = async move |tx| progress::learners(&tx, id, q.as_deref(), after, limit).await;
    Ok(Reply::ok(&CourseLearnerPage::of(list_id, caller.read(work).await?))?)
}

/// Export the learners of a course
///
/// A CSV file in UTF-8 with a byte order mark, whose first line has the names of the columns: 10,000 learners at most, the latest
/// enrollments first. Its name says the course and the day. It has their e-mail addresses, in a column `email` behind the names, where
/// the school allows that (a setting; off by default). A cell that a spreadsheet would take for a formula begins with an apostrophe. For
/// whoever may edit the course.
#[utoipa::path(get, path = "/courses/{course_id}/learners.csv",
    tag = "progress", operation_id = "exportCourseLearners", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-file" = json!(true))),
    responses((status = 200, description = "The file.", body = String, content_type = "text/csv")))]
async fn export_course_learners(caller: Member, Path(id): Path<CourseId>) -> Answer<String> {
    let work = async move |tx| {
        let learners = csv::learners(&tx, id).await?;
        Ok((csv::file_name(&tx, id).await?, learners))
    };
    let (name, learners) = caller.read(work).await?;
    let emails = if caller.state.config.learner_emails {
        let ids: Vec<UserId> = learners.iter().map(|learner| learner.user_id).collect();
        let work = async move |tx| identity::email_addresses(&tx, &ids).await;
        Some(caller.state.db.read_in(Pool::Auth, caller.actor, work).await?)
    } else {
        None
    };
    Ok(Reply::text_file("text/csv; charset=utf-8", &name, csv::written(learners, emails.as_ref())))
}

/// Waive progress for a learner
///
/// Completes a lesson, or everything in the course, for a learner who need not do it. What becomes complete by it follows shortly.
/// Doing it again changes nothing. It is written to the audit trail. For whoever may edit the course.
#[utoipa::path(post, path = "/courses/{course_id}/learners/{user_id}/waive",
    tag = "progress", operation_id = "waiveLearnerProgress", security(("bearer" = [])), request_body = LearnerProgressChange,
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The learner's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The learner's progress.", body = CourseLearner)))]
async fn waive_learner_progress(
    caller: Member,
    Path((course_id, user_id)): Path<(CourseId, UserId)>,
    body: Json<LearnerProgressChange>,
) -> Answer<CourseLearner> {
    let lesson_id = body.value.lesson_id;
    let done = caller.run(async move |tx| progress::waive(&tx, course_id, user_id, lesson_id).await).await?;
    caller.state.wake_worker.notify_one();
    Ok(Reply::ok(&CourseLearner::from(done))?)
}

/// Reset the progress of a learner
///
/// Takes back what a learner has done of a lesson, or of everything in the course: marks, what was watched, positions, and their
/// time in the statistics. The completion of the course stays. It is written to the audit trail. For whoever may edit the course.
#[utoipa::path(post, path = "/courses/{course_id}/learners/{user_id}/reset",
    tag = "progress", operation_id = "resetLearnerProgress", security(("bearer" = [])), request_body = LearnerProgressChange,
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The learner's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The learner's progress.", body = CourseLearner)))]
async fn reset_learner_progress(
    caller: Member,
    Path((course_id, user_id)): Path<(CourseId, UserId)>,
    body: Json<LearnerProgressChange>,
) -> Answer<CourseLearner> {
    let lesson_id = body.value.lesson_id;
    let work = async move |tx| progress::reset(&tx, course_id, user_id, lesson_id).await;
    Ok(Reply::ok(&CourseLearner::from(caller.run(work).await?))?)
}
