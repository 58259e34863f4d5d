//! The operations about the learners of a course as a whole.

use kernel::{CourseId, LessonId};

use super::dto::{CourseFunnel, CourseJobPage, LessonRetention};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_course_funnel, get_lesson_retention, list_course_jobs);
}

/// Get the funnel of a course
///
/// From enrolling to completing, and where learners stop. For whoever may edit the course.
#[utoipa::path(get, path = "/courses/{course_id}/funnel",
    tag = "progress", operation_id = "getCourseFunnel", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The funnel.", body = CourseFunnel)))]
async fn get_course_funnel(caller: Member, Path(id): Path<CourseId>) -> Answer<CourseFunnel> {
    Ok(Reply::ok(&CourseFunnel::from(caller.read(async move |tx| progress::funnel(&tx, id).await).await?))?)
}

/// Get the retention curve of a lesson
///
/// Which parts of the video the enrolled played. For whoever may edit the course.
#[utoipa::path(get, path = "/lessons/{lesson_id}/retention",
    tag = "progress", operation_id = "getLessonRetention", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "no_video"]))),
    responses((status = 200, description = "The curve.", body = LessonRetention)))]
async fn get_lesson_retention(caller: Member, Path(id): Path<LessonId>) -> Answer<LessonRetention> {
    let retention = caller.read(async move |tx| progress::retention(&tx, id).await).await?;
    Ok(Reply::ok(&LessonRetention::from(retention))?)
}

/// List the jobs of a course
///
/// What the server does in the background after an edit, newest first. No job takes completion back. For whoever may edit the
/// course.
#[utoipa::path(get, path = "/courses/{course_id}/jobs",
    tag = "progress", operation_id = "listCourseJobs", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of jobs.", body = CourseJobPage)))]
async fn list_course_jobs(caller: Member, Path(id): Path<CourseId>, list: List) -> Answer<CourseJobPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| progress::jobs(&tx, id, after, limit).await;
    Ok(Reply::ok(&CourseJobPage::of(list_id, caller.read(work).await?))?)
}
