//! Payment providers: they take a buyer's money, give it back, and report both.
//!
//! A provider reports **facts**. A fact stays true, whenever and however often it is reported; so facts can be gathered in any
//! order, and the state of a payment follows from those that are known. A signed webhook carries some of them, and
//! [`Provider::fetch_update`] all of them: asking makes good what a lost webhook would have reported.
//!
//! # How a second provider fits: PayPal
//!
//! | here | PayPal Orders v2 |
//! |---|---|
//! | [`Provider::create_customer`] | nothing is needed: answer our own id |
//! | [`Provider::create_session`] | `POST /v2/checkout/orders`, `PayPal-Request-Id` = payment id, `custom_id` = payment id; the `payer-action` link is [`PaymentSession::url`] |
//! | [`Provider::fetch_update`] | `GET /v2/checkout/orders/{id}`; an `APPROVED` order is captured first (`…/capture`, same request id) |
//! | [`Provider::cancel`] | nothing: an order that is not approved expires by itself, one approved later is not captured |
//! | [`Provider::refund`] | `POST /v2/payments/captures/{id}/refund`, `PayPal-Request-Id` = refund id |
//! | [`Provider::read_webhook`] | the transmission's certificate-chain signature over id, time, webhook id and CRC-32 of the body |
//! | [`Fact::Captured`] | `PAYMENT.CAPTURE.COMPLETED` (a `PENDING` capture is none yet) |
//! | [`Fact::Closed`] | `CHECKOUT.ORDER.VOIDED`, `PAYMENT.CAPTURE.DENIED` |
//! | [`Fact::Refund`] | `PAYMENT.CAPTURE.REFUNDED`, by `resource.id` |
//! | [`Fact::Dispute`] | `CUSTOMER.DISPUTE.CREATED`, `.UPDATED`, `.RESOLVED` with `dispute_outcome` |

mod model;
pub(crate) mod sandbox;
mod stripe;

use entity::enums::ProviderName;
use kernel::{PaymentId, Result, Timestamp, UserId};

pub use self::{
    model::{Charge, Fact, PaymentSession, ProviderReference, ProviderUpdate, RefundRequest, WebhookEvent},
    sandbox::Sandbox,
    stripe::{Stripe, StripeSettings},
};

/// A payment provider. Every call has a deadline and a limited number of attempts; none is made inside a transaction.
///
/// Errors of all calls: [`kernel::Code::ProviderUnavailable`] where the provider does not answer, answers 5xx, or answers what cannot
/// be read; [`kernel::Code::PaymentRefused`] where it refuses.
#[async_trait::async_trait]
pub trait Provider: Send + Sync {
    /// Which provider this is.
    fn name(&self) -> ProviderName;

    /// The account and mode in which the provider's ids hold; empty where it has but one.
    async fn account(&self) -> Result<String> {
        Ok(String::new())
    }

    /// The provider's id of this user, who is created there, in place of one that it does not know any more. Asking again gives the
    /// same, as long as the provider remembers idempotency keys.
    async fn create_customer(
        &self,
        user_id: UserId,
        email: &str,
        name: Option<&str>,
        replaced: Option<&str>,
    ) -> Result<String>;

    /// Whether the provider knows this session or payment. It may have been deleted there, or be of another account or mode.
    async fn knows(&self, _payment: &ProviderReference) -> Result<bool> {
        Ok(true)
    }

    /// Makes it possible for the buyer to pay. Asking again gives the same session.
    ///
    /// # Errors
    /// [`kernel::Code::UnknownAtProvider`] where the provider does not know the customer.
    async fn create_session(&self, charge: &Charge) -> Result<PaymentSession>;

    /// Makes it impossible for the buyer to pay. A payment that was paid, or is closed already, stays as it is.
    async fn cancel(&self, payment: &ProviderReference) -> Result<()>;

    /// Everything that has happened to a payment. One that the provider does not know has no facts.
    async fn fetch_update(&self, payment: &ProviderReference) -> Result<ProviderUpdate>;

    /// Which of our payments the provider's payment is; `None` where it is none of ours.
    async fn find_payment_id(&self, provider_payment_id: &str) -> Result<Option<PaymentId>>;

    /// Gives money back, and answers with the fact about the refund. Asking again gives the same refund.
    async fn refund(&self, request: &RefundRequest) -> Result<Fact>;

    /// Reads a webhook whose signature over these very bytes is valid, and fresh at `now`.
    ///
    /// # Errors
    /// [`kernel::Code::HookSignatureInvalid`]; [`kernel::Code::MalformedRequest`] where signed bytes are no event.
    fn read_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<WebhookEvent>;
}
