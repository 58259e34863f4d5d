//! Enrollments: the learning records.

use kernel::{CourseId, EnrollmentId, Timestamp, UserId};
use sea_orm::FromQueryResult;

/// Which enrollments are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnrollmentFilter {
    /// Only those whose course is completed, or is not.
    pub is_completed: Option<bool>,
    /// Only those with access now, or without.
    pub is_active: Option<bool>,
}

/// The learning record of one user in one course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Enrollment {
    /// The enrollment's id.
    pub id: EnrollmentId,
    /// The learner.
    pub user_id: UserId,
    /// The course.
    pub course_id: CourseId,
    /// When the learner enrolled.
    pub enrolled_at: Timestamp,
    /// Whether a grant gives access now.
    pub is_active: bool,
    /// When the access ends; `None` is without end. Of an access that is over, when it ended.
    pub expires_at: Option<Timestamp>,
    /// When the access last ended; `None` where it never did.
    pub access_ended_at: Option<Timestamp>,
    /// Whether the course is completed.
    pub is_completed: bool,
    /// When the course was completed; `None` until then.
    pub completed_at: Option<Timestamp>,
}
