//! A payment: one attempt to buy one course.

use entity::enums::{PaymentMethod, PaymentStatus, ProviderName};
use kernel::{CouponId, CourseId, Currency, Error, PaymentId, Result, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};

/// One attempt to buy one course. Amounts are minor units of `currency`, frozen when the checkout began.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::payments::Entity", into_active_model)]
pub struct Payment {
    /// The payment's id.
    pub id: PaymentId,
    /// The buyer.
    pub user_id: UserId,
    /// The course that is bought.
    pub course_id: CourseId,
    /// The seller: who owned the course when the checkout began.
    pub author_id: UserId,
    /// The course's title when the checkout began.
    pub course_title: String,
    /// The state of the payment.
    pub status: PaymentStatus,
    /// The provider that takes the money.
    pub provider: ProviderName,
    /// How the buyer pays.
    pub method: PaymentMethod,
    /// The ISO 4217 code of the currency of every amount here.
    pub currency: String,
    /// The list price.
    pub base_amount: i64,
    /// What the course's own discount takes off.
    pub discount_amount: i64,
    /// The coupon, if one was used.
    pub coupon_id: Option<CouponId>,
    /// What the coupon takes off.
    pub coupon_amount: i64,
    /// What the buyer pays: `base_amount` less `discount_amount` less `coupon_amount`.
    pub amount: i64,
    /// The sum of the refunds that succeeded.
    pub refunded_amount: i64,
    /// The sum of the refunds that are pending.
    pub refunding_amount: i64,
    /// The provider's id of the session on its page.
    pub provider_session_id: Option<String>,
    /// The provider's id of the payment.
    pub provider_payment_id: Option<String>,
    /// Why the payment, or the last attempt to pay it, failed: a code such as `expired` or `card_declined`. Of a payment whose money
    /// arrived: why it bought nothing, such as `price_changed`; that money goes back.
    pub failure_code: Option<String>,
    /// Until when the payment waits for its buyer.
    pub expires_at: Timestamp,
    /// When the buyer had paid, while the money was still on its way.
    pub accepted_at: Option<Timestamp>,
    /// When the money arrived.
    pub completed_at: Option<Timestamp>,
    /// When the payment failed.
    pub failed_at: Option<Timestamp>,
    /// When all of the money had been given back.
    pub refunded_at: Option<Timestamp>,
    /// When the checkout began.
    pub created_at: Timestamp,
    /// When the payment last changed.
    pub updated_at: Timestamp,
}

impl Payment {
    /// What can still be given back, in minor units.
    #[must_use]
    pub fn refundable_amount(&self) -> i64 {
        match self.status {
            PaymentStatus::Completed => self.amount - self.refunded_amount - self.refunding_amount,
            _ => 0,
        }
    }

    /// Whether its money arrived and bought nothing, so that it goes back.
    pub(crate) fn bought_nothing(&self) -> bool {
        self.completed_at.is_some() && self.failure_code.is_some()
    }

    /// The currency of every amount of the payment.
    pub(crate) fn currency(&self) -> Result<Currency> {
        let unknown = |()| Error::internal(format!("payment {} has the currency {}", self.id, self.currency));
        self.currency.parse().map_err(unknown)
    }
}
