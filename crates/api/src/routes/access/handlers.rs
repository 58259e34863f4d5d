//! The operations about enrollments and access.

use kernel::{CourseId, UserId};

use super::dto::{CourseAccess, Enrollment, EnrollmentPage, EnrollmentQuery, InstantQuery};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, enroll, list_enrollments, get_my_access, get_user_access);
}

/// Enrol in a free course
///
/// Whoever has access already gets the enrollment that is there. Whoever enrolled before and has lost that access, because the
/// trainer revoked it, has to ask the trainer. What the caller learnt in a free preview counts at once.
#[utoipa::path(post, path = "/courses/{course_id}/enroll",
    tag = "access", operation_id = "enrollInCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["course_not_free", "grant_expired", "grant_revoked"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The enrollment that is there.", body = Enrollment),
        (status = 201, description = "The enrollment; the access is new.", body = Enrollment)))]
async fn enroll(caller: Member, Path(course_id): Path<CourseId>, key: Idempotency) -> Answer<Enrollment> {
    let work = async move |tx| {
        let (enrollment, is_new) = progress::enroll(&tx, course_id).await?;
        let enrollment = Enrollment::from(enrollment);
        let reply = if is_new {
            Reply::created(&format!("/courses/{course_id}/progress"), &enrollment)?
        } else {
            Reply::ok(&enrollment)?
        };
        Ok(reply.version_and_content(1))
    };
    Ok(key.run(&caller, "enrollInCourse", &[], work).await?)
}

/// List my enrollments
///
/// The enrollments of the caller, newest first.
#[utoipa::path(get, path = "/me/enrollments",
    tag = "access", operation_id = "listMyEnrollments", security(("bearer" = [])), params(PageQuery, EnrollmentQuery),
    responses((status = 200, description = "A page of enrollments.", body = EnrollmentPage)))]
async fn list_enrollments(caller: Member, list: List<EnrollmentQuery>) -> Answer<EnrollmentPage> {
    let List { filter, after, limit, list_id, .. } = list;
    let work = async move |tx| enrollment::list_enrollments(&tx, filter.into(), after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&EnrollmentPage::of(list_id, page))?)
}

/// Explain my access to a course
///
/// Whether the caller may see a course and each of its lessons, why, until when, by which grants with all their changes, and what
/// would give access.
#[utoipa::path(get, path = "/me/access/courses/{course_id}",
    tag = "access", operation_id = "getMyCourseAccess", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The decision.", body = CourseAccess)))]
async fn get_my_access(caller: Member, Path(course_id): Path<CourseId>) -> Answer<CourseAccess> {
    let explanation = caller.read(async move |tx| enrollment::explain(&tx, course_id).await).await?;
    Ok(Reply::ok(&CourseAccess::from(explanation))?)
}

/// Explain somebody's access to a course
///
/// At any instant: grants are as they were then, or, for a future instant, as they are now. The course, its lessons and who teaches
/// it are as they are now. For admins.
#[utoipa::path(get, path = "/admin/users/{user_id}/access/courses/{course_id}",
    tag = "access", operation_id = "getUserCourseAccess", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id."),
        ("course_id" = Uuid, Path, description = "The course's id."), InstantQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The decision.", body = CourseAccess)))]
async fn get_user_access(
    caller: Admin,
    Path((user_id, course_id)): Path<(UserId, CourseId)>,
    Query(InstantQuery { at }): Query<InstantQuery>,
) -> Answer<CourseAccess> {
    let work = async move |tx| enrollment::explain_at(&tx, user_id, course_id, at).await;
    let explanation = caller.read(work).await?;
    Ok(Reply::ok(&CourseAccess::from(explanation))?)
}
