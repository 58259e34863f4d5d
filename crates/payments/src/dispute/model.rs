//! A dispute: a buyer's bank wants the money back.

use entity::enums::DisputeStatus;
use kernel::{DisputeId, PaymentId, Timestamp};
use sea_orm::{DerivePartialModel, EntityTrait};

/// A buyer's bank wants the money back.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::disputes::Entity", into_active_model)]
pub struct Dispute {
    /// The dispute's id.
    pub id: DisputeId,
    /// The payment that is disputed.
    pub payment_id: PaymentId,
    /// The provider's id of the dispute.
    pub provider_dispute_id: String,
    /// The disputed amount, in minor units.
    pub amount: i64,
    /// The ISO 4217 code of the payment's currency.
    pub currency: String,
    /// The state of the dispute.
    pub status: DisputeStatus,
    /// The provider's code of the reason.
    pub reason: Option<String>,
    /// When the dispute was first reported.
    pub created_at: Timestamp,
    /// When the dispute last changed.
    pub updated_at: Timestamp,
}
