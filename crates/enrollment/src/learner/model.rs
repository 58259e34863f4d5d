//! A learner of a course.

use entity::{enrollments, users};
use kernel::{EnrollmentId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, FromQueryResult};

/// Somebody who is enrolled in a course.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "enrollments::Entity")]
pub struct EnrolledLearner {
    /// The account.
    pub user_id: UserId,
    /// The unique name; `None` where they chose none.
    #[sea_orm(from_expr = "users::Column::Username")]
    pub username: Option<String>,
    /// The name to show; `None` where they gave none.
    #[sea_orm(from_expr = "users::Column::Name")]
    pub name: Option<String>,
    /// The enrollment's id.
    #[sea_orm(from_col = "id")]
    pub enrollment_id: EnrollmentId,
    /// When they enrolled.
    pub enrolled_at: Timestamp,
    /// When they completed the course; `None` until then.
    pub completed_at: Option<Timestamp>,
}

/// How many ever enrolled in a course, and how many of them completed it.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct LearnerCount {
    /// How many ever enrolled.
    pub enrolled: i64,
    /// How many of them completed the course.
    pub completed: i64,
}
