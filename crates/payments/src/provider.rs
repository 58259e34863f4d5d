//! What a payment provider is to us: somebody who takes a buyer's money, gives it back, and tells us about both.
//!
//! A provider tells **facts**. A fact stays true, whenever and however often it is told; so facts can be gathered in any
//! order, and the state of a payment follows from those that are known. A signed hook carries some of them, and
//! [`Provider::ask`] all of them: what a lost hook would have told is made good by asking.
//!
//! # How a second provider fits: PayPal
//!
//! | here | PayPal Orders v2 |
//! |---|---|
//! | [`Provider::customer`] | nothing is needed: answer our own id |
//! | [`Provider::start`] | `POST /v2/checkout/orders`, `PayPal-Request-Id` = payment id, `custom_id` = payment id; the `payer-action` link is [`Started::url`] |
//! | [`Provider::ask`] | `GET /v2/checkout/orders/{id}`; an `APPROVED` order is captured first (`…/capture`, same request id) |
//! | [`Provider::stop`] | nothing: an order that is not approved expires by itself, one approved later is not captured |
//! | [`Provider::refund`] | `POST /v2/payments/captures/{id}/refund`, `PayPal-Request-Id` = refund id |
//! | [`Provider::read_hook`] | the transmission's certificate-chain signature over id, time, hook id and CRC-32 of the body |
//! | [`Fact::Captured`] | `PAYMENT.CAPTURE.COMPLETED` (a `PENDING` capture is none yet) |
//! | [`Fact::Over`] | `CHECKOUT.ORDER.VOIDED`, `PAYMENT.CAPTURE.DENIED` |
//! | [`Fact::Refund`] | `PAYMENT.CAPTURE.REFUNDED`, by `resource.id` |
//! | [`Fact::Dispute`] | `CUSTOMER.DISPUTE.CREATED`, `.UPDATED`, `.RESOLVED` with `dispute_outcome` |

use kernel::{Money, PaymentId, RefundId, Result, Timestamp, UserId};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// Who takes the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProviderName {
    /// Stripe.
    Stripe,
    /// In this process, for development and tests: no money moves.
    Sandbox,
    /// Nobody: there is nothing to pay.
    None,
}

/// How the buyer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// On a page of the provider's, to which the front end sends the buyer.
    CheckoutSession,
    /// Inside the client, which confirms an intent with the provider's own library.
    PaymentIntent,
    /// There is nothing to pay.
    None,
}

/// What is to be paid, by whom, and where the buyer goes afterwards.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Ours. The provider is asked with it as the idempotency key, and hands it back in what it tells.
    pub payment_id: PaymentId,
    /// How the buyer pays.
    pub method: Method,
    /// What is to be paid.
    pub amount: Money,
    /// What the buyer sees that it is for.
    pub title: String,
    /// The buyer at the provider.
    pub customer: String,
    /// Where the provider's page sends the buyer who has paid.
    pub success_url: String,
    /// Where it sends who has not.
    pub cancel_url: String,
    /// Until when it waits for the buyer.
    pub expires_at: Timestamp,
}

/// What the client needs for the buyer to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The provider's name of its page's session.
    pub session_id: Option<String>,
    /// The provider's name of the payment, where it is known before the buyer pays.
    pub payment_id: Option<String>,
    /// The provider's page.
    pub url: Option<String>,
    /// What the provider's library in the client needs.
    pub client_secret: Option<String>,
}

/// A payment, as its provider knows it.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Ours.
    pub payment_id: PaymentId,
    /// See [`Started::session_id`].
    pub session_id: Option<String>,
    /// The provider's name of the payment itself.
    pub provider_payment_id: Option<String>,
}

/// Money to give back.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    /// Ours: the idempotency key, and handed back in what is told.
    pub refund_id: RefundId,
    /// The payment at the provider.
    pub provider_payment_id: String,
    /// How much of it.
    pub amount: Money,
    /// Why: `REQUESTED_BY_CUSTOMER`, `DUPLICATE`, `FRAUDULENT` or `OTHER`.
    pub reason: String,
}

/// How far a refund is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The money is back.
    Succeeded,
    /// It came back to us; some banks say so only after it was said to have succeeded.
    Failed,
}

/// How a dispute stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeStatus {
    /// The money is gone for now.
    Open,
    /// It came back.
    Won,
    /// It is gone for good.
    Lost,
}

/// Something that happened to a payment, and stays true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Fact {
    /// The money is ours.
    Captured {
        /// The provider's name of the payment.
        provider_payment_id: String,
        /// How much, in minor units.
        amount: i64,
        /// Of which currency: upper case.
        currency: String,
    },
    /// The buyer has done what they could, and the money takes its time: days, by some ways to pay.
    OnItsWay,
    /// A try failed; the buyer may try again.
    Declined {
        /// The provider's code, such as `card_declined`.
        code: String,
    },
    /// It will not be paid any more: expired or cancelled.
    Over {
        /// Why, such as `expired`.
        code: String,
    },
    /// Money went back, or is on its way.
    Refund {
        /// The provider's name of the refund.
        id: String,
        /// Ours, where we asked for it.
        ours: Option<RefundId>,
        /// How much, in minor units.
        amount: i64,
        /// How far it is.
        status: RefundStatus,
        /// The provider's code of a failure.
        code: Option<String>,
    },
    /// The buyer's bank wants the money back.
    Dispute {
        /// The provider's name of the dispute.
        id: String,
        /// About how much, in minor units.
        amount: i64,
        /// How it stands.
        status: DisputeStatus,
        /// The provider's code of the reason, such as `fraudulent`.
        reason: Option<String>,
    },
}

/// Facts about one payment, and the names by which it can be found. At least one name is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Ours.
    pub payment_id: Option<PaymentId>,
    /// The provider's name of the session.
    pub session_id: Option<String>,
    /// The provider's name of the payment.
    pub provider_payment_id: Option<String>,
    /// What happened.
    pub facts: Vec<Fact>,
}

/// What a hook delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name, the same in each delivery.
    pub id: String,
    /// Its type, in the provider's words.
    pub kind: String,
    /// What it tells; `None` where it is not about our payments, or of the wrong mode or account.
    pub told: Option<Told>,
}

/// A payment provider. Every call has a deadline and bounded retries of its own; none is made inside a transaction.
///
/// Errors of all of them: [`kernel::Code::ProviderUnavailable`] where it does not answer, answers 5xx, or what cannot be
/// read; [`kernel::Code::PaymentRefused`] where it answered that it will not.
#[async_trait::async_trait]
pub trait Provider: Send + Sync {
    /// Which it is.
    fn name(&self) -> ProviderName;

    /// The provider's name for this user; asking again gives the same, within its own memory of idempotency keys.
    async fn customer(&self, user_id: UserId, email: &str, name: Option<&str>) -> Result<String>;

    /// Makes ready for the buyer to pay; asking again gives the same.
    async fn start(&self, charge: &Charge) -> Result<Started>;

    /// Takes the possibility to pay away. One that has been paid, or is over already, stays as it is.
    async fn stop(&self, payment: &Reference) -> Result<()>;

    /// Everything that has happened to a payment. A payment that the provider does not know has no facts.
    async fn ask(&self, payment: &Reference) -> Result<Told>;

    /// Which of our payments the provider's payment is for; `None` where it is none of ours.
    async fn whose(&self, provider_payment_id: &str) -> Result<Option<PaymentId>>;

    /// Gives money back; answers with the refund's fact. Asking again gives the same refund.
    async fn refund(&self, order: &RefundOrder) -> Result<Fact>;

    /// Reads a hook, if its signature over these very bytes is good and fresh at `now`.
    ///
    /// # Errors
    /// [`kernel::Code::HookSignatureInvalid`]; [`kernel::Code::MalformedRequest`] where signed bytes are no event.
    fn read_hook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Event>;
}
