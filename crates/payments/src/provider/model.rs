//! What a payment provider is asked, and what it reports.

use entity::enums::{DisputeStatus, PaymentMethod, RefundReason, RefundStatus};
use kernel::{Money, PaymentId, RefundId, Timestamp};
use serde::{Deserialize, Serialize};

/// What is to be paid, by whom, and where the buyer goes afterwards.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Our id: the provider is asked with it as the idempotency key, and returns it in what it reports.
    pub payment_id: PaymentId,
    /// How the buyer pays.
    pub method: PaymentMethod,
    /// What is to be paid.
    pub amount: Money,
    /// What the buyer sees that it is for.
    pub title: String,
    /// The provider's id of the buyer.
    pub customer_id: String,
    /// The session in whose place a new one is made, because the provider does not know it any more.
    pub replaced_session_id: Option<String>,
    /// Where the provider's page sends a buyer who has paid.
    pub success_url: String,
    /// Where the provider's page sends a buyer who has not paid.
    pub cancel_url: String,
    /// Until when the payment waits for its buyer.
    pub expires_at: Timestamp,
}

/// What a client needs for its buyer to pay. It is kept, sealed, with the payment: its names in JSON never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSession {
    /// The provider's id of the session on its page.
    pub session_id: Option<String>,
    /// The provider's id of the payment, where it is known before the buyer pays.
    #[serde(rename = "payment_id")]
    pub provider_payment_id: Option<String>,
    /// The address of the provider's page.
    pub url: Option<String>,
    /// What the provider's library in the client needs.
    pub client_secret: Option<String>,
}

/// A payment by the ids under which its provider knows it.
#[derive(Clone, Debug)]
pub struct ProviderReference {
    /// Our id.
    pub payment_id: PaymentId,
    /// See [`PaymentSession::session_id`].
    pub session_id: Option<String>,
    /// The provider's id of the payment.
    pub provider_payment_id: Option<String>,
}

/// A refund that the provider is asked for.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// Our id: the idempotency key, which the provider returns in what it reports.
    pub refund_id: RefundId,
    /// The provider's id of the payment.
    pub provider_payment_id: String,
    /// How much is given back.
    pub amount: Money,
    /// Why it is given back.
    pub reason: RefundReason,
}

/// Something that happened to a payment, and stays true. Facts travel through the outbox: their names in JSON never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Fact {
    /// The money has arrived.
    Captured {
        /// The provider's id of the payment.
        provider_payment_id: String,
        /// How much arrived, in minor units.
        amount: i64,
        /// The ISO 4217 code of the currency.
        currency: String,
    },
    /// The buyer has paid, and the provider waits for the money: days, with some payment methods.
    #[serde(rename = "on_its_way")]
    Processing,
    /// An attempt failed; the buyer may try again.
    Declined {
        /// The provider's code, such as `card_declined`.
        code: String,
    },
    /// The payment cannot be paid any more: it has expired or was cancelled.
    #[serde(rename = "over")]
    Closed {
        /// Why, such as `expired`.
        code: String,
    },
    /// Money was given back, or is on its way.
    Refund {
        /// The provider's id of the refund.
        id: String,
        /// Our id, where we asked for the refund.
        #[serde(rename = "ours")]
        refund_id: Option<RefundId>,
        /// How much is given back, in minor units.
        amount: i64,
        /// The state of the refund.
        status: RefundStatus,
        /// The provider's code of a failure.
        code: Option<String>,
    },
    /// The buyer's bank wants the money back.
    Dispute {
        /// The provider's id of the dispute.
        id: String,
        /// The disputed amount, in minor units.
        amount: i64,
        /// The state of the dispute.
        status: DisputeStatus,
        /// The provider's code of the reason, such as `fraudulent`.
        reason: Option<String>,
    },
}

impl Fact {
    /// The payment cannot be paid any more, for this reason.
    #[must_use]
    pub fn closed(code: &str) -> Self {
        Self::Closed { code: code.to_owned() }
    }
}

/// Facts about one payment, with the ids by which it can be found. At least one id is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderUpdate {
    /// Our id.
    pub payment_id: Option<PaymentId>,
    /// The provider's id of the session on its page.
    pub session_id: Option<String>,
    /// The provider's id of the payment.
    pub provider_payment_id: Option<String>,
    /// What happened.
    pub facts: Vec<Fact>,
}

impl ProviderUpdate {
    /// A fact that is known here already.
    #[must_use]
    pub fn of(payment_id: PaymentId, fact: Fact) -> Self {
        Self { payment_id: Some(payment_id), facts: vec![fact], ..Self::default() }
    }
}

/// An event that a webhook delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The provider's id of the event, the same in each delivery.
    pub id: String,
    /// The provider's type of the event.
    pub kind: String,
    /// What it reports; `None` where it is not about our payments, or of another account or mode.
    pub update: Option<ProviderUpdate>,
}

#[cfg(test)]
mod tests {
    use kernel::Uuid;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_survives_the_outbox() {
        let update = ProviderUpdate::of(PaymentId(Uuid::nil()), Fact::closed("expired"));
        let payload = serde_json::to_value(&update).unwrap();
        assert_eq!(payload["facts"], json!([{ "fact": "over", "code": "expired" }]));
        assert_eq!(serde_json::from_value::<ProviderUpdate>(payload).unwrap(), update);
    }
}
