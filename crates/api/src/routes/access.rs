use actix_web::web::Data;
use chrono::{DateTime, Utc};
use database::Pool;
use enrollment::{Explanation, LessonVerdict, Verdict};
use kernel::{ChapterId, CourseId, EnrollmentId, GrantId, LessonId, Result, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    grants::GrantDetail,
    shared::{Money, PageQuery, page},
};
use crate::{
    http::{
        extract::{Admin, Idempotency, Member, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, enroll, list_enrollments, get_my_access, get_user_access);
}

/// The learning record of one user in one course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Enrollment {
    /// The enrollment's id.
    id: EnrollmentId,
    /// Whose it is.
    user_id: UserId,
    /// In which course.
    course_id: CourseId,
    /// When it began.
    enrolled_at: DateTime<Utc>,
    /// The latest end among active grants; null is without end.
    expires_at: Option<DateTime<Utc>>,
    /// Whether the whole course is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
}

impl From<enrollment::Enrollment> for Enrollment {
    fn from(record: enrollment::Enrollment) -> Self {
        let enrollment::Enrollment {
            id,
            user_id,
            course_id,
            enrolled_at,
            expires_at,
            is_completed,
            completed_at,
        } = record;
        Self {
            id,
            user_id,
            course_id,
            enrolled_at,
            expires_at,
            is_completed,
            completed_at,
        }
    }
}

page! {
    /// A page of enrollments.
    EnrollmentPage of Enrollment
}

/// Whether somebody may see a course, and everything that this follows from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseAccess {
    /// The course.
    course_id: CourseId,
    /// Who.
    user_id: UserId,
    /// At which instant.
    at: DateTime<Utc>,
    /// Whether they may.
    allowed: bool,
    /// `staff` or `granted`; `not_granted`, `grant_expired`, `grant_refunded`, `grant_revoked`, `grant_suspended` or
    /// `not_published`. More may be added.
    #[schema(value_type = String, example = "granted")]
    reason: &'static str,
    /// Until when; null is without end, or without access.
    until: Option<DateTime<Utc>>,
    /// The grant by which it is, where it is by a grant: the one that lasts longest.
    grant_id: Option<GrantId>,
    /// Every grant as it stood then, in the order in which they were made.
    grants: Vec<GrantDetail>,
    /// The lessons that are published now, in their order.
    lessons: Vec<LessonAccess>,
    /// What would give access now; null where it is there.
    unlock: Option<Unlock>,
}

/// Whether a lesson may be read, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LessonAccess {
    /// The lesson.
    lesson_id: LessonId,
    /// The chapter it stands in.
    chapter_id: ChapterId,
    /// Whether it may be read.
    allowed: bool,
    /// As of the course, or `free_preview`. More may be added.
    #[schema(value_type = String, example = "granted")]
    reason: &'static str,
}

/// What would give access to a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Unlock {
    /// `ENROLL`: it is free. `BUY`: for `price`. `ASK_TRAINER`: only who teaches it can give access back. `NONE`: it is closed for
    /// new learners. More may be added.
    #[schema(value_type = String, example = "BUY")]
    kind: &'static str,
    /// What it costs; null where it is not for sale.
    price: Option<Money>,
}

impl From<Explanation> for CourseAccess {
    fn from(explanation: Explanation) -> Self {
        let Explanation {
            course_id,
            user_id,
            at,
            verdict: Verdict { allowed, reason },
            until,
            grant_id,
            grants,
            lessons,
            unlock,
        } = explanation;
        Self {
            course_id,
            user_id,
            at,
            allowed,
            reason,
            until,
            grant_id,
            grants: grants
                .into_iter()
                .map(|history| GrantDetail::at(history, at))
                .collect(),
            lessons: lessons.into_iter().map(Into::into).collect(),
            unlock: unlock.map(Into::into),
        }
    }
}

impl From<LessonVerdict> for LessonAccess {
    fn from(lesson: LessonVerdict) -> Self {
        let LessonVerdict {
            lesson_id,
            chapter_id,
            verdict: Verdict { allowed, reason },
        } = lesson;
        Self {
            lesson_id,
            chapter_id,
            allowed,
            reason,
        }
    }
}

impl From<enrollment::Unlock> for Unlock {
    fn from(unlock: enrollment::Unlock) -> Self {
        let (kind, price) = match unlock {
            enrollment::Unlock::Enroll => ("ENROLL", None),
            enrollment::Unlock::Buy(price) => ("BUY", Some(price.into())),
            enrollment::Unlock::AskTrainer => ("ASK_TRAINER", None),
            enrollment::Unlock::Nothing => ("NONE", None),
        };
        Self { kind, price }
    }
}

/// Which instant.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InstantQuery {
    /// The instant, past or to come; now where it is missing.
    #[param(nullable = false, example = "2026-11-22T09:30:00Z")]
    at: Option<DateTime<Utc>>,
}

/// Enrol
///
/// In a free course. Whoever has access already is answered with the record that is there. Who enrolled before and lost that
/// access, because the trainer took it away, asks the trainer.
#[utoipa::path(post, path = "/courses/{course_id}/enroll",
    tag = "access", operation_id = "enrollInCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["course_not_free", "grant_expired", "grant_revoked"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The record that is there.", body = Enrollment),
        (status = 201, description = "The record, and access that is new.", body = Enrollment)))]
async fn enroll(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
) -> Result<Reply<Enrollment>, Problem> {
    let work = move |tx| async move {
        let (record, new) = enrollment::enroll(&tx, course_id).await?;
        if !new {
            return Ok(Reply::ok(&Enrollment::from(record))?.version_and_content(1));
        }
        // What was learnt in a free preview counts from now on.
        progress::derive(&tx, course_id).await?;
        let record = enrollment::enrollment(&tx, course_id).await?;
        let location = format!("/courses/{course_id}/progress");
        Ok(Reply::created(&location, &Enrollment::from(record))?.version_and_content(1))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "enrollInCourse", &[], work)
        .await?)
}

/// My enrollments
///
/// Newest first.
#[utoipa::path(get, path = "/me/enrollments",
    tag = "access", operation_id = "listMyEnrollments", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of enrollments.", body = EnrollmentPage)))]
async fn list_enrollments(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<EnrollmentPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { enrollment::list_enrollments(&tx, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&EnrollmentPage::from(page))?)
}

/// My access to a course
///
/// Whether the caller may see a course and each of its lessons, why, until when, by which grants with everything that became of
/// them, and what would give access.
#[utoipa::path(get, path = "/me/access/courses/{course_id}",
    tag = "access", operation_id = "getMyCourseAccess", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The decision.", body = CourseAccess)))]
async fn get_my_access(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
) -> Result<Reply<CourseAccess>, Problem> {
    let work = move |tx| async move { enrollment::explain(&tx, course_id).await };
    let explanation = state.db.read(actor, work).await?;
    Ok(Reply::ok(&CourseAccess::from(explanation))?)
}

/// Somebody's access to a course
///
/// At any instant: grants are as they stood then, or, for an instant to come, as they stand now. The course, its lessons and who
/// teaches it are as they are now.
#[utoipa::path(get, path = "/admin/users/{user_id}/access/courses/{course_id}",
    tag = "access", operation_id = "getUserCourseAccess", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id."),
        ("course_id" = Uuid, Path, description = "The course's id."), InstantQuery),
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden"]))),
    responses((status = 200, description = "The decision.", body = CourseAccess)))]
async fn get_user_access(
    state: Data<State>,
    Admin(actor): Admin,
    Path((user_id, course_id)): Path<(UserId, CourseId)>,
    Query(InstantQuery { at }): Query<InstantQuery>,
) -> Result<Reply<CourseAccess>, Problem> {
    let work = move |tx| async move { enrollment::explain_at(&tx, user_id, course_id, at).await };
    let explanation = state.db.read(actor, work).await?;
    Ok(Reply::ok(&CourseAccess::from(explanation))?)
}
