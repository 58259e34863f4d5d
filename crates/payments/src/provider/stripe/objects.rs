//! Stripe's objects, as far as they are read here. Members that are unknown or missing are no error.

use std::{collections::BTreeMap, str::FromStr};

use serde::Deserialize;

/// The name of our payment's id in metadata.
pub(super) const PAYMENT_ID: &str = "palestra_payment_id";
/// The name of our refund's id in metadata.
pub(super) const REFUND_ID: &str = "palestra_refund_id";
/// The name of our user's id in metadata.
pub(super) const USER_ID: &str = "palestra_user_id";

/// What only we can write, unlike a session's `client_reference_id`, which a payment link takes from its address.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Metadata(Option<BTreeMap<String, serde_json::Value>>);

impl Metadata {
    pub(super) fn id<I: FromStr>(&self, name: &str) -> Option<I> {
        self.0.as_ref()?.get(name)?.as_str()?.parse().ok()
    }
}

/// An object by its id, or the object itself where the request expanded it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Id(String),
    Object(Box<T>),
}

impl<T> Expandable<T> {
    pub(super) fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

/// Any object, of which only the id is read.
#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
    pub(super) status: Option<String>,
    pub(super) payment_status: Option<String>,
    pub(super) payment_intent: Option<Expandable<Intent>>,
    pub(super) amount_total: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) url: Option<String>,
}

impl Session {
    pub(super) fn intent_id(&self) -> Option<String> {
        match self.payment_intent.as_ref()? {
            Expandable::Id(id) => Some(id.clone()),
            Expandable::Object(intent) => Some(intent.id.clone()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
    pub(super) status: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) amount_received: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) client_secret: Option<String>,
    pub(super) cancellation_reason: Option<String>,
    pub(super) last_payment_error: Option<StripeError>,
    pub(super) latest_charge: Option<Expandable<Charge>>,
}

#[derive(Deserialize)]
pub(super) struct Charge {
    pub(super) payment_intent: Option<Expandable<Identified>>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    pub(super) disputed: Option<bool>,
    pub(super) refunds: Option<List<Refund>>,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
    pub(super) amount: i64,
    pub(super) currency: Option<String>,
    pub(super) status: Option<String>,
    pub(super) failure_reason: Option<String>,
    pub(super) payment_intent: Option<Expandable<Identified>>,
}

#[derive(Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: Option<String>,
    pub(super) status: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) payment_intent: Option<Expandable<Identified>>,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// Why Stripe refuses.
#[derive(Default, Deserialize)]
pub(super) struct StripeError {
    pub(super) code: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) param: Option<String>,
}

impl StripeError {
    /// A failure of Stripe's own that it repeats for the same idempotency key.
    pub(super) fn replayed() -> Self {
        Self { code: Some("remembered_failure".to_owned()), kind: None, param: None }
    }

    /// Whether Stripe does not know what this parameter names.
    pub(super) fn is_unknown(&self, param: &str) -> bool {
        self.code.as_deref() == Some("resource_missing") && self.param.as_deref() == Some(param)
    }

    /// The code, or else the type: only what looks like a code of Stripe's.
    pub(super) fn code_or_kind(&self) -> &str {
        let is_code = |text: &&str| {
            text.len() <= 80 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let codes = [self.code.as_deref(), self.kind.as_deref()];
        codes.into_iter().flatten().find(is_code).unwrap_or("refused")
    }
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: StripeError,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) livemode: Option<bool>,
    /// The connected account that the event belongs to.
    pub(super) account: Option<String>,
    pub(super) data: Option<Data>,
}

#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) object: serde_json::Value,
}
