//! Money: what is bought, paid, given back and sold.

mod checkout;
mod coupons;
mod history;
mod refunds;
mod sales;
mod sandbox;

use crate::http::routing::Operations;
use chrono::{DateTime, Utc};
use kernel::{CouponId, CourseId, DisputeId, PaymentId, RefundId, UserId};
use payments::{DisputeStatus, Method, PaymentStatus, ProviderName, RefundStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::shared::Money;

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(checkout::configure)
        .configure(history::configure)
        .configure(refunds::configure)
        .configure(sales::configure)
        .configure(coupons::configure)
        .configure(sandbox::configure);
}

/// One try to buy one course. What is to be paid was frozen when the checkout began: `basePrice` less `discount` less
/// `couponDiscount` is `amount`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Payment {
    /// The payment's id.
    id: PaymentId,
    /// Who buys.
    user_id: UserId,
    /// What.
    course_id: CourseId,
    /// The course's title then.
    #[schema(example = "Strong back in six weeks")]
    course_title: String,
    /// Who sells.
    author_id: UserId,
    /// `PENDING`, `COMPLETED`, `FAILED` or `REFUNDED`; more may be added.
    #[schema(value_type = String, example = "COMPLETED")]
    status: PaymentStatus,
    /// Who takes the money: `STRIPE`, `SANDBOX`, or `NONE` where there was nothing to pay; more may be added.
    #[schema(value_type = String, example = "STRIPE")]
    provider: ProviderName,
    /// `CHECKOUT_SESSION`, `PAYMENT_INTENT`, or `NONE`; more may be added.
    #[schema(value_type = String, example = "CHECKOUT_SESSION")]
    method: Method,
    /// What is to be paid, or was.
    amount: Money,
    /// The list price.
    base_price: Money,
    /// What the course's own discount takes off.
    discount: Money,
    /// The coupon, if there is one.
    coupon_id: Option<CouponId>,
    /// What the coupon takes off.
    coupon_discount: Money,
    /// What has gone back.
    refunded: Money,
    /// What is on its way back.
    refunding: Money,
    /// The provider's name of the payment, once it is known.
    #[schema(example = "pi_3PqKXe2eZvKYlo2C0vQxYzAB")]
    provider_payment_id: Option<String>,
    /// Why it `FAILED`, or why the last try did: a code, such as `expired`, `superseded` or the provider's `card_declined`.
    #[schema(example = "card_declined")]
    failure_code: Option<String>,
    /// Until when it waits for its buyer.
    expires_at: DateTime<Utc>,
    /// When the money came.
    completed_at: Option<DateTime<Utc>>,
    /// When it failed.
    failed_at: Option<DateTime<Utc>>,
    /// When all of it had gone back.
    refunded_at: Option<DateTime<Utc>>,
    /// When the checkout began.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<payments::Payment> for Payment {
    fn from(payment: payments::Payment) -> Self {
        let payments::Payment {
            id,
            user_id,
            course_id,
            author_id,
            course_title,
            status,
            provider,
            method,
            currency,
            base_amount,
            discount_amount,
            coupon_id,
            coupon_amount,
            amount,
            refunded_amount,
            refunding_amount,
            provider_session_id: _,
            provider_payment_id,
            failure_code,
            expires_at,
            completed_at,
            failed_at,
            refunded_at,
            created_at,
            updated_at,
        } = payment;
        let money = |amount| Money::stored(amount, &currency);
        Self {
            id,
            user_id,
            course_id,
            course_title,
            author_id,
            status,
            provider,
            method,
            amount: money(amount),
            base_price: money(base_amount),
            discount: money(discount_amount),
            coupon_id,
            coupon_discount: money(coupon_amount),
            refunded: money(refunded_amount),
            refunding: money(refunding_amount),
            provider_payment_id,
            failure_code,
            expires_at,
            completed_at,
            failed_at,
            refunded_at,
            created_at,
            updated_at,
        }
    }
}

/// Money that goes back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Refund {
    /// The refund's id.
    id: RefundId,
    /// Of which payment.
    payment_id: PaymentId,
    /// How much.
    amount: Money,
    /// `PENDING`, `SUCCEEDED` or `FAILED`; more may be added. A bank may send money back to us long after it was said to have
    /// arrived.
    #[schema(value_type = String, example = "SUCCEEDED")]
    status: RefundStatus,
    /// `REQUESTED_BY_CUSTOMER`, `DUPLICATE`, `FRAUDULENT` or `OTHER`; more may be added.
    #[schema(example = "REQUESTED_BY_CUSTOMER")]
    reason: String,
    /// For people.
    #[schema(example = "Injured; comes back in spring.")]
    note: Option<String>,
    /// Whether the course goes with the money, though it is a part of it.
    ends_access: bool,
    /// Who asked for it; null where it was made at the provider, or by the server itself.
    requested_by: Option<UserId>,
    /// The provider's name of it, once it is known.
    #[schema(example = "re_3PqKXe2eZvKYlo2C0vQxYzAB")]
    provider_refund_id: Option<String>,
    /// Why it failed: the provider's code.
    #[schema(example = "expired_or_canceled_card")]
    failure_code: Option<String>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<payments::Refund> for Refund {
    fn from(refund: payments::Refund) -> Self {
        let payments::Refund {
            id,
            payment_id,
            amount,
            currency,
            status,
            reason,
            note,
            ends_access,
            requested_by,
            provider_refund_id,
            failure_code,
            created_at,
            updated_at,
        } = refund;
        Self {
            id,
            payment_id,
            amount: Money::stored(amount, &currency),
            status,
            reason,
            note,
            ends_access,
            requested_by,
            provider_refund_id,
            failure_code,
            created_at,
            updated_at,
        }
    }
}

/// The buyer's bank wants the money back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Dispute {
    /// The dispute's id.
    id: DisputeId,
    /// About how much.
    amount: Money,
    /// `OPEN`, `WON` (the money came back) or `LOST`; more may be added.
    #[schema(value_type = String, example = "OPEN")]
    status: DisputeStatus,
    /// The provider's code of the reason.
    #[schema(example = "fraudulent")]
    reason: Option<String>,
    /// The provider's name of it.
    #[schema(example = "dp_1PqKXe2eZvKYlo2C0vQxYzAB")]
    provider_dispute_id: String,
    /// When it was first heard of.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<payments::Dispute> for Dispute {
    fn from(dispute: payments::Dispute) -> Self {
        let payments::Dispute {
            id,
            payment_id: _,
            provider_dispute_id,
            amount,
            currency,
            status,
            reason,
            created_at,
            updated_at,
        } = dispute;
        Self {
            id,
            amount: Money::stored(amount, &currency),
            status,
            reason,
            provider_dispute_id,
            created_at,
            updated_at,
        }
    }
}

/// A payment with what came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PaymentDetail {
    /// The payment.
    #[serde(flatten)]
    payment: Payment,
    /// Money that went back, oldest first.
    refunds: Vec<Refund>,
    /// What the buyer's bank said, oldest first.
    disputes: Vec<Dispute>,
}

impl From<payments::PaymentDetail> for PaymentDetail {
    fn from(detail: payments::PaymentDetail) -> Self {
        let payments::PaymentDetail {
            payment,
            refunds,
            disputes,
        } = detail;
        Self {
            payment: payment.into(),
            refunds: refunds.into_iter().map(Into::into).collect(),
            disputes: disputes.into_iter().map(Into::into).collect(),
        }
    }
}

/// Somebody who bought or sold.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Party {
    /// The user's id.
    id: UserId,
    /// Unique.
    #[schema(example = "ada_lifts")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Ada")]
    name: Option<String>,
}

impl From<identity::Person> for Party {
    fn from(person: identity::Person) -> Self {
        let identity::Person {
            id,
            username,
            name,
            avatar_url: _,
        } = person;
        Self { id, username, name }
    }
}
