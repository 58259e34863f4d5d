//! Enrollments and decisions about access, as clients see them.

use enrollment::{EnrollmentFilter, Explanation, LessonVerdict};
use kernel::{ChapterId, CourseId, EnrollmentId, GrantId, LessonId, UserId};

use crate::routes::{grants::GrantDetail, shared::prelude::*};

/// The learning record of one user in one course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = enrollment::Enrollment)]
pub(super) struct Enrollment {
    /// The enrollment's id.
    id: EnrollmentId,
    /// The learner.
    user_id: UserId,
    /// The course.
    course_id: CourseId,
    /// When the learner enrolled.
    enrolled_at: DateTime<Utc>,
    /// Whether a grant gives access now.
    is_active: bool,
    /// When the access ends or, where it is over, when it ended; null where it has no end.
    expires_at: Option<DateTime<Utc>>,
    /// When the access last ended; null where it never did.
    access_ended_at: Option<DateTime<Utc>>,
    /// Whether the whole course is completed.
    is_completed: bool,
    /// When the course was completed; null until then.
    completed_at: Option<DateTime<Utc>>,
}

page! {
    /// A page of enrollments.
    EnrollmentPage of Enrollment
}

/// Whether somebody may see a course, and everything that this follows from.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = Explanation, used(verdict, grants))]
pub(super) struct CourseAccess {
    /// The course.
    course_id: CourseId,
    /// The user.
    user_id: UserId,
    /// The instant that the decision is about.
    at: DateTime<Utc>,
    /// Whether they may see what is not free for everybody.
    #[dto(with = verdict.allowed)]
    allowed: bool,
    /// `staff` or `granted`; `not_granted`, `grant_expired`, `grant_refunded`, `grant_revoked`, `grant_suspended` or
    /// `not_published`. More may be added.
    #[schema(value_type = String, example = "granted")]
    #[dto(with = verdict.reason)]
    reason: &'static str,
    /// When the access that they have ends; null where it has no end. Without `allowed` there is no access that could end.
    until: Option<DateTime<Utc>>,
    /// The grant that gives access, the one that lasts longest; null where none does.
    grant_id: Option<GrantId>,
    /// Every grant as it was at that instant, in the order in which they were made.
    #[dto(with = grants.into_iter().map(|history| GrantDetail::at(history, at)).collect())]
    grants: Vec<GrantDetail>,
    /// The lessons that are published now, in their order.
    lessons: Vec<LessonAccess>,
    /// What would give access now; null where they have access.
    unlock: Option<Unlock>,
}

/// Whether a lesson may be read, and why.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = LessonVerdict, used(verdict))]
pub(super) struct LessonAccess {
    /// The lesson.
    lesson_id: LessonId,
    /// The chapter that it belongs to.
    chapter_id: ChapterId,
    /// Whether it may be read.
    #[dto(with = verdict.allowed)]
    allowed: bool,
    /// The reason of the course (`staff`, `granted`, `not_granted`, `grant_expired`, `grant_refunded`, `grant_revoked`, `grant_suspended`,
    /// `not_published`), or `free_preview`. More may be added.
    #[schema(value_type = String, example = "granted")]
    #[dto(with = verdict.reason)]
    reason: &'static str,
}

/// What would give access to a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Unlock {
    /// `ENROLL`: to enrol, since it is free. `BUY`: to buy it for `price`. `ASK_TRAINER`: to ask who teaches it, since nobody else
    /// can give access back. `NONE`: nothing, since it is closed for new learners. More may be added.
    #[schema(value_type = String, example = "BUY")]
    kind: &'static str,
    /// What it costs; null where it is not for sale.
    price: Option<Money>,
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

/// Which enrollments are listed.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct EnrollmentQuery {
    /// Only courses that the caller has completed (`true`), or has not (`false`).
    #[param(nullable = false)]
    is_completed: Option<bool>,
    /// Only courses to which the caller has access now (`true`), or has none (`false`).
    #[param(nullable = false)]
    is_active: Option<bool>,
}

impl Filter for EnrollmentQuery {}

impl From<EnrollmentQuery> for EnrollmentFilter {
    fn from(EnrollmentQuery { is_completed, is_active }: EnrollmentQuery) -> Self {
        Self { is_completed, is_active }
    }
}

/// The instant that a decision is about.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InstantQuery {
    /// The instant, past or future; now where it is missing.
    #[param(nullable = false, example = "2026-11-22T09:30:00Z")]
    pub(super) at: Option<DateTime<Utc>>,
}
