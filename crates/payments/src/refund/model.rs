//! A refund: money that is given back.

use entity::enums::{RefundReason, RefundStatus};
use kernel::{PaymentId, RefundId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};

/// Money that is given back.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::refunds::Entity", into_active_model)]
pub struct Refund {
    /// The refund's id.
    pub id: RefundId,
    /// The payment that is refunded.
    pub payment_id: PaymentId,
    /// How much is given back, in minor units.
    pub amount: i64,
    /// The ISO 4217 code of the payment's currency.
    pub currency: String,
    /// The state of the refund.
    pub status: RefundStatus,
    /// Why the money is given back.
    pub reason: RefundReason,
    /// A note for people.
    pub note: Option<String>,
    /// Whether the access ends with this refund, even where it is a part of the money.
    pub ends_access: bool,
    /// Who asked for the refund; `None` where it was made at the provider, or by Palestra itself.
    pub requested_by: Option<UserId>,
    /// The provider's id of the refund.
    pub provider_refund_id: Option<String>,
    /// The provider's code of the failure.
    pub failure_code: Option<String>,
    /// When the refund was requested.
    pub created_at: Timestamp,
    /// When the refund last changed.
    pub updated_at: Timestamp,
}

impl Refund {
    /// Whether the provider has still to be asked for it.
    pub(crate) fn is_unsent(&self) -> bool {
        self.status == RefundStatus::Pending && self.provider_refund_id.is_none()
    }

    /// Whether it failed by our word alone: it has our id where the provider's would stand. The provider may know it all the same, where
    /// its answer was lost.
    pub(crate) fn was_given_up(&self) -> bool {
        self.status == RefundStatus::Failed && self.provider_refund_id == Some(self.id.to_string())
    }
}

/// A refund to be made.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// How much to give back, in minor units; `None` is all that is left.
    pub amount: Option<i64>,
    /// See [`Refund::reason`].
    pub reason: RefundReason,
    /// See [`Refund::note`].
    pub note: Option<String>,
    /// See [`Refund::ends_access`].
    pub ends_access: bool,
}
