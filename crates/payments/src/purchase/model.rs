//! A purchase: a course that somebody owns because they paid for it.

use kernel::{CourseId, PaymentId, PurchaseId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};

/// A course that somebody owns because they paid for it, or owned until the purchase ended.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::purchases::Entity", into_active_model)]
pub struct Purchase {
    /// The purchase's id.
    pub id: PurchaseId,
    /// The buyer.
    pub user_id: UserId,
    /// The course that was bought.
    pub course_id: CourseId,
    /// The payment that it was bought with.
    pub payment_id: PaymentId,
    /// When the course was bought.
    pub created_at: Timestamp,
    /// When the purchase last changed.
    pub updated_at: Timestamp,
    /// When the purchase ended, by a refund or a lost dispute; `None` while it is live.
    pub ended_at: Option<Timestamp>,
}
