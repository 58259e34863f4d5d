//! The operations on courses of their authors and editors.

use courses::{CourseChange, NewCourse};
use kernel::{CourseId, Written};

use super::{
    super::dto::{Course, CoursePage, created, reply, written},
    dto::{CourseTree, CreateCourse, PatchCourse, PublicationCheck},
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_my_courses,
        create_course,
        update_course,
        delete_course,
        get_tree,
        duplicate_course,
        check_publication,
        publish_course,
        unpublish_course,
        archive_course
    );
}

/// List my courses
///
/// Lists the courses that the caller owns or edits, drafts included, newest first.
#[utoipa::path(get, path = "/me/courses",
    tag = "courses", operation_id = "listMyCourses", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of courses.", body = CoursePage)))]
async fn list_my_courses(caller: Member, list: List) -> Answer<CoursePage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| courses::list_own_courses(&tx, after, limit).await;
    Ok(Reply::ok(&CoursePage::of(list_id, caller.read(work).await?))?)
}

/// Create a course
///
/// Creates a draft of the caller's, who is a trainer or an admin.
#[utoipa::path(post, path = "/courses",
    tag = "courses", operation_id = "createCourse", security(("bearer" = [])), request_body = CreateCourse,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The draft.", body = Course)))]
async fn create_course(
    caller: Trainer,
    key: Idempotency,
    Prose(body): Prose<CreateCourse>,
) -> Answer<Course> {
    let new = NewCourse::try_from(body.value)?;
    let work = async move |tx| created(courses::create_course(&tx, new).await?);
    Ok(key.run(&caller, "createCourse", &body.raw, work).await?)
}

/// Update a course
///
/// Changes a course, for its editors and admins. A published course has to stay complete.
#[utoipa::path(patch, path = "/courses/{course}",
    tag = "courses", operation_id = "updateCourse", security(("bearer" = [])), request_body = PatchCourse,
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn update_course(
    caller: Member,
    Path(key): Path<String>,
    seen: IfMatch,
    Prose(body): Prose<PatchCourse>,
) -> Answer<Course> {
    let change = CourseChange::try_from(body.value)?;
    let matches = move |version| seen.accepts(version);
    written(caller.run(async move |tx| courses::change_course(&tx, &key, matches, change).await).await?)
}

/// Delete a course
///
/// Deletes a course with everything in it, by its owner or an admin, as long as nobody has enrolled in it or bought it. Other courses can
/// be archived.
#[utoipa::path(delete, path = "/courses/{course}",
    tag = "courses", operation_id = "deleteCourse", security(("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["forbidden", "course_has_learners"]))),
    responses((status = 204, description = "The course is deleted.")))]
async fn delete_course(caller: Member, Path(key): Path<String>) -> Answer<Nothing> {
    caller.run(async move |tx| courses::delete_course(&tx, &key).await).await?;
    Ok(Reply::no_content())
}

/// Get a whole course
///
/// Gives everything that the editors of a course work on: drafts, and what chapters and lessons teach.
#[utoipa::path(get, path = "/courses/{course_id}/tree",
    tag = "courses", operation_id = "getCourseTree", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course.", body = CourseTree)))]
async fn get_tree(caller: Member, Path(id): Path<CourseId>) -> Answer<CourseTree> {
    let tree = caller.read(async move |tx| courses::course_tree(&tx, id).await).await?;
    let version = tree.course.version;
    Ok(Reply::ok(&CourseTree::from(tree))?.version_and_content(version))
}

/// Duplicate a course
///
/// Copies a course into a new draft of the caller's, with the same texts, pictures and videos. Nothing in the copy is published; editors,
/// attachments and learners are not copied.
#[utoipa::path(post, path = "/courses/{course_id}/duplicate",
    tag = "courses", operation_id = "duplicateCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The id of the course to copy.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The draft.", body = Course)))]
async fn duplicate_course(caller: Trainer, Path(id): Path<CourseId>, key: Idempotency) -> Answer<Course> {
    let work = async move |tx| created(Written::as_sent(courses::duplicate_course(&tx, id).await?));
    Ok(key.run(&caller, "duplicateCourse", id.0.as_bytes(), work).await?)
}

/// Check whether a course can be published
///
/// Lists everything that prevents the publication of a course, without publishing it.
#[utoipa::path(get, path = "/courses/{course_id}/publish-check",
    tag = "courses", operation_id = "checkCoursePublication", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "What is missing.", body = PublicationCheck)))]
async fn check_publication(caller: Member, Path(id): Path<CourseId>) -> Answer<PublicationCheck> {
    let problems = caller.run(async move |tx| courses::publish_check(&tx, id).await).await?;
    Ok(Reply::ok(&PublicationCheck::from(problems))?)
}

/// Publish a course
///
/// Shows a course in the catalogue. It needs a title, a description, a picture, a category and a published chapter. Repeating it changes
/// nothing.
#[utoipa::path(post, path = "/courses/{course_id}/publish",
    tag = "courses", operation_id = "publishCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn publish_course(caller: Member, Path(id): Path<CourseId>) -> Answer<Course> {
    reply(caller.run(async move |tx| courses::publish_course(&tx, id).await).await?)
}

/// Unpublish a course
///
/// Removes a course from the catalogue and from its learners' sight; learners keep their records. Repeating it changes nothing.
#[utoipa::path(post, path = "/courses/{course_id}/unpublish",
    tag = "courses", operation_id = "unpublishCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn unpublish_course(caller: Member, Path(id): Path<CourseId>) -> Answer<Course> {
    reply(caller.run(async move |tx| courses::unpublish_course(&tx, id).await).await?)
}

/// Archive a course
///
/// Closes a course for new learners and removes it from the catalogue, by its owner or an admin; whoever has access keeps it. Publishing
/// opens it again. Repeating it changes nothing.
#[utoipa::path(post, path = "/courses/{course_id}/archive",
    tag = "courses", operation_id = "archiveCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn archive_course(caller: Member, Path(id): Path<CourseId>) -> Answer<Course> {
    reply(caller.run(async move |tx| courses::archive_course(&tx, id).await).await?)
}
