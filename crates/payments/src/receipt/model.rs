//! A receipt: the numbered document of a payment.

use kernel::{PaymentId, ReceiptId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};

/// The numbered document of a payment. Its issuer's numbers run through a year (UTC) without a gap.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::receipts::Entity", into_active_model)]
pub struct Receipt {
    /// The receipt's id.
    pub id: ReceiptId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The seller, who issues it.
    pub issuer_id: UserId,
    /// The year of issue (UTC).
    pub year: i64,
    /// The number within the issuer's year, from 1.
    pub number: i64,
    /// The seller's name when the receipt was issued.
    pub issuer_name: String,
    /// The buyer's name when the receipt was issued.
    pub buyer_name: String,
    /// When the receipt was issued.
    pub created_at: Timestamp,
}
