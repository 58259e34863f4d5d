//! The operations on owners and editors of courses.

use kernel::{CourseId, UserId};

use super::dto::CourseTrainers;
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_trainers, add_trainer, remove_trainer);
}

/// List the trainers of a course
///
/// Lists the owner and the editors of a course.
#[utoipa::path(get, path = "/courses/{course_id}/trainers",
    tag = "courses", operation_id = "listCourseTrainers", security((), ("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The trainers.", body = CourseTrainers)))]
async fn list_trainers(caller: Caller, Path(id): Path<CourseId>) -> Answer<CourseTrainers> {
    let trainers = caller.read(async move |tx| courses::trainers(&tx, id).await).await?;
    Ok(Reply::ok(&CourseTrainers::from(trainers))?)
}

/// Add an editor to a course
///
/// Lets another trainer change and publish a course, by its owner or an admin. Only the owner and admins delete it, archive it and choose
/// its editors. Repeating it changes nothing.
#[utoipa::path(put, path = "/courses/{course_id}/trainers/{user_id}",
    tag = "courses", operation_id = "addCourseTrainer", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The trainer's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "validation_failed"]))),
    responses((status = 200, description = "The trainers as they are now.", body = CourseTrainers)))]
async fn add_trainer(
    caller: Member,
    Path((id, user_id)): Path<(CourseId, UserId)>,
) -> Answer<CourseTrainers> {
    let trainers = caller.run(async move |tx| courses::add_editor(&tx, id, user_id).await).await?;
    Ok(Reply::ok(&CourseTrainers::from(trainers))?)
}

/// Remove an editor from a course
///
/// Removes an editor, by the owner or an admin; editors may also remove themselves. Repeating it changes nothing.
#[utoipa::path(delete, path = "/courses/{course_id}/trainers/{user_id}",
    tag = "courses", operation_id = "removeCourseTrainer", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The trainer's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "They are not an editor of the course.")))]
async fn remove_trainer(caller: Member, Path((id, user_id)): Path<(CourseId, UserId)>) -> Answer<Nothing> {
    caller.run(async move |tx| courses::remove_editor(&tx, id, user_id).await).await?;
    Ok(Reply::no_content())
}
