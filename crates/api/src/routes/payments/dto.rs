//! Payments in requests and answers, with what follows from them: refunds, disputes, purchases, customers and receipts.

use kernel::{CouponId, CourseId, CustomerId, DisputeId, PaymentId, PurchaseId, ReceiptId, RefundId, UserId};
use payments::{
    DisputeStatus, NewRefund, PaymentMethod, PaymentStatus, ProviderName, RefundReason, RefundStatus,
};

use crate::routes::shared::prelude::*;

/// One attempt to buy one course. The amounts were frozen when the checkout began: `basePrice` less `discount` less `couponDiscount` is
/// `amount`.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(
    from = payments::Payment,
    ignore(provider_session_id, accepted_at),
    used(currency, amount, base_amount, discount_amount, coupon_amount, refunded_amount, refunding_amount)
)]
pub(super) struct Payment {
    /// The payment's id.
    id: PaymentId,
    /// The buyer's id.
    user_id: UserId,
    /// The course that is bought.
    course_id: CourseId,
    /// The course's title when the checkout began.
    #[schema(example = "Strong back in six weeks")]
    course_title: String,
    /// The seller's id: who owned the course when the checkout began.
    author_id: UserId,
    /// `PENDING`, `COMPLETED`, `FAILED` or `REFUNDED`; more may be added.
    #[schema(value_type = String, example = "COMPLETED")]
    status: PaymentStatus,
    /// The provider that takes the money: `STRIPE`, `SANDBOX`, or `NONE` where there was nothing to pay; more may be added.
    #[schema(value_type = String, example = "STRIPE")]
    provider: ProviderName,
    /// How the buyer pays: `CHECKOUT_SESSION`, `PAYMENT_INTENT`, or `NONE` where there was nothing to pay; more may be added.
    #[schema(value_type = String, example = "CHECKOUT_SESSION")]
    method: PaymentMethod,
    /// What the buyer pays, or has paid.
    #[dto(with = Money::stored(amount, &currency))]
    amount: Money,
    /// The list price.
    #[dto(with = Money::stored(base_amount, &currency))]
    base_price: Money,
    /// What the course's own discount takes off.
    #[dto(with = Money::stored(discount_amount, &currency))]
    discount: Money,
    /// The coupon that was used; null where there was none.
    coupon_id: Option<CouponId>,
    /// What the coupon takes off.
    #[dto(with = Money::stored(coupon_amount, &currency))]
    coupon_discount: Money,
    /// The sum of the refunds that succeeded.
    #[dto(with = Money::stored(refunded_amount, &currency))]
    refunded: Money,
    /// The sum of the refunds that are on their way.
    #[dto(with = Money::stored(refunding_amount, &currency))]
    refunding: Money,
    /// The provider's id of the payment; null until it is known.
    #[schema(example = "pi_3PqKXe2eZvKYlo2C0vQxYzAB")]
    provider_payment_id: Option<String>,
    /// Why the payment, or the last attempt to pay it, failed: `expired`, `superseded`, or a code of the provider's such as
    /// `card_declined`; or why what was offered is not sold any more: `course_unavailable`, `course_free`, `price_changed`,
    /// `coupon_withdrawn`, `coupon_expired`, `coupon_exhausted`, `already_enrolled`, `already_purchased` or `account_suspended`. Money
    /// that arrives all the same buys nothing and goes back by itself: then the code stays with a payment that is `COMPLETED` or
    /// `REFUNDED`, and the note of the refund says it in words. Null where nothing failed.
    #[schema(example = "card_declined")]
    failure_code: Option<String>,
    /// Until when the payment waits for its buyer.
    expires_at: DateTime<Utc>,
    /// When the money arrived; null until then.
    completed_at: Option<DateTime<Utc>>,
    /// When the payment failed; null where it did not.
    failed_at: Option<DateTime<Utc>>,
    /// When all of the money had been given back; null until then.
    refunded_at: Option<DateTime<Utc>>,
    /// When the checkout began.
    created_at: DateTime<Utc>,
    /// When the payment last changed.
    updated_at: DateTime<Utc>,
}

/// Money that is given back.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::Refund, used(amount, currency))]
pub(super) struct Refund {
    /// The refund's id.
    id: RefundId,
    /// The payment that is refunded.
    payment_id: PaymentId,
    /// How much is given back.
    #[dto(with = Money::stored(amount, &currency))]
    amount: Money,
    /// `PENDING`, `SUCCEEDED` or `FAILED`; more may be added. A refund may fail after it succeeded: some banks return money late.
    #[schema(value_type = String, example = "SUCCEEDED")]
    status: RefundStatus,
    /// Why the money is given back: `REQUESTED_BY_CUSTOMER`, `DUPLICATE`, `FRAUDULENT` or `OTHER`; more may be added.
    #[schema(value_type = String, example = "REQUESTED_BY_CUSTOMER")]
    reason: RefundReason,
    /// A note for people; null where there is none.
    #[schema(example = "Injured; comes back in spring.")]
    note: Option<String>,
    /// Whether the access ends with this refund, even where it is a part of the money.
    ends_access: bool,
    /// Who asked for the refund; null where it was made at the provider, or by the server itself.
    requested_by: Option<UserId>,
    /// The provider's id of the refund; null until it is known.
    #[schema(example = "re_3PqKXe2eZvKYlo2C0vQxYzAB")]
    provider_refund_id: Option<String>,
    /// The provider's code of the failure; null where the refund did not fail.
    #[schema(example = "expired_or_canceled_card")]
    failure_code: Option<String>,
    /// When the refund was requested.
    created_at: DateTime<Utc>,
    /// When the refund last changed.
    updated_at: DateTime<Utc>,
}

/// The buyer's bank wants the money back.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::Dispute, ignore(payment_id), used(amount, currency))]
pub(super) struct Dispute {
    /// The dispute's id.
    id: DisputeId,
    /// The disputed amount.
    #[dto(with = Money::stored(amount, &currency))]
    amount: Money,
    /// `OPEN`, `WON` (the money came back) or `LOST`; more may be added.
    #[schema(value_type = String, example = "OPEN")]
    status: DisputeStatus,
    /// The provider's code of the reason; null where it gave none.
    #[schema(example = "fraudulent")]
    reason: Option<String>,
    /// The provider's id of the dispute.
    #[schema(example = "dp_1PqKXe2eZvKYlo2C0vQxYzAB")]
    provider_dispute_id: String,
    /// When the dispute was first reported.
    created_at: DateTime<Utc>,
    /// When the dispute last changed.
    updated_at: DateTime<Utc>,
}

/// A payment with its refunds and disputes.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::PaymentDetail)]
pub(super) struct PaymentDetail {
    /// The payment.
    #[serde(flatten)]
    payment: Payment,
    /// The refunds of the payment, oldest first.
    refunds: Vec<Refund>,
    /// The disputes about the payment, oldest first.
    disputes: Vec<Dispute>,
}

/// A course that somebody owns because they paid for it, or owned until the purchase ended.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::Purchase)]
pub(super) struct Purchase {
    /// The purchase's id.
    id: PurchaseId,
    /// The buyer's id.
    user_id: UserId,
    /// The course that was bought.
    course_id: CourseId,
    /// The payment that it was bought with.
    payment_id: PaymentId,
    /// When the course was bought.
    created_at: DateTime<Utc>,
    /// When the purchase last changed.
    updated_at: DateTime<Utc>,
    /// When the purchase ended, by a refund or a lost dispute; null while the course is owned. Then it can be bought again.
    ended_at: Option<DateTime<Utc>>,
}

/// An account as a payment provider knows it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::Customer, ignore(provider_account))]
pub(super) struct Customer {
    /// The customer's id.
    id: CustomerId,
    /// The account's id.
    user_id: UserId,
    /// The provider: `STRIPE` or `SANDBOX`; more may be added.
    #[schema(value_type = String, example = "STRIPE")]
    provider: ProviderName,
    /// The provider's id of the customer.
    #[schema(example = "cus_QhTz1eY7xYzABc")]
    provider_customer_id: String,
    /// When the customer was created at the provider.
    created_at: DateTime<Utc>,
    /// When the customer last changed.
    updated_at: DateTime<Utc>,
}

/// The numbered document of a payment. Its issuer's numbers run through a year (UTC) without a gap.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    /// The receipt's id.
    id: ReceiptId,
    /// The year of issue, and the number within the issuer's year.
    #[schema(example = "2026-000042")]
    number: String,
    /// The payment.
    payment_id: PaymentId,
    /// The seller, who issues the receipt.
    issuer_id: UserId,
    /// The seller's name when the receipt was issued, or else the username, or else a number that stands for them; never blank.
    #[schema(example = "Tara Trainer")]
    issuer_name: String,
    /// The buyer.
    buyer_id: UserId,
    /// The buyer's name when the receipt was issued, or else the username, or else a number that stands for them; never blank.
    #[schema(example = "Ada")]
    buyer_name: String,
    /// The course that was bought.
    course_id: CourseId,
    /// The course's title when it was bought.
    #[schema(example = "Strong back in six weeks")]
    course_title: String,
    /// The list price.
    base_price: Money,
    /// What the course's own discount took off.
    discount: Money,
    /// What the coupon took off.
    coupon_discount: Money,
    /// What the buyer paid.
    amount: Money,
    /// How much of it has been given back since.
    refunded: Money,
    /// When the receipt was issued.
    issued_at: DateTime<Utc>,
}

impl From<(payments::Receipt, payments::Payment)> for Receipt {
    fn from((receipt, payment): (payments::Receipt, payments::Payment)) -> Self {
        let payments::Receipt {
            id,
            payment_id,
            issuer_id,
            year,
            number,
            issuer_name,
            buyer_name,
            created_at,
        } = receipt;
        let money = |amount| Money::stored(amount, &payment.currency);
        Self {
            id,
            number: format!("{year}-{number:06}"),
            payment_id,
            issuer_id,
            issuer_name,
            buyer_id: payment.user_id,
            buyer_name,
            course_id: payment.course_id,
            base_price: money(payment.base_amount),
            discount: money(payment.discount_amount),
            coupon_discount: money(payment.coupon_amount),
            amount: money(payment.amount),
            refunded: money(payment.refunded_amount),
            course_title: payment.course_title,
            issued_at: created_at,
        }
    }
}

/// A refund to be made.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewRefund)]
pub(super) struct CreateRefund {
    /// How much to give back, in minor units of the payment's currency (a multiple of ten in currencies of a thousand parts, of a hundred in
    /// MGA); all that is left where it is missing.
    #[schema(minimum = 1, maximum = 10_000_000_000_i64, nullable = false, example = 900)]
    amount: Option<i64>,
    /// Why the money is given back.
    #[serde(default = "requested_by_customer")]
    #[schema(value_type = schema::RefundReason, default = "REQUESTED_BY_CUSTOMER")]
    reason: RefundReason,
    /// A note for people; the buyer sees it.
    #[schema(max_length = 500, example = "Injured; comes back in spring.")]
    note: Option<String>,
    /// Whether the access ends with this refund, even where it is a part of the money. It always ends with all of the money.
    #[serde(default)]
    ends_access: bool,
}

fn requested_by_customer() -> RefundReason {
    RefundReason::RequestedByCustomer
}

page! {
    /// A page of payments.
    PaymentPage of Payment
}

page! {
    /// A page of purchases.
    PurchasePage of Purchase
}

page! {
    /// A page of customers.
    CustomerPage of Customer
}
