//! Stripe's objects, as far as anybody here looks at them: whatever else is in them, or missing, is borne.

use std::{collections::BTreeMap, str::FromStr};

use serde::Deserialize;

/// Where our payment's id travels.
pub(super) const PAYMENT: &str = "palestra_payment_id";
/// Where our refund's id travels.
pub(super) const REFUND: &str = "palestra_refund_id";
/// Where our user's id travels.
pub(super) const USER: &str = "palestra_user_id";

/// What only we can write: unlike a session's `client_reference_id`, which a payment link takes from its address.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Metadata(Option<BTreeMap<String, serde_json::Value>>);

impl Metadata {
    pub(super) fn id<I: FromStr>(&self, name: &str) -> Option<I> {
        self.0.as_ref()?.get(name)?.as_str()?.parse().ok()
    }
}

/// A name, or what it names, where that was asked for.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Name(String),
    Whole(Box<T>),
}

impl<T> Expandable<T> {
    pub(super) fn whole(&self) -> Option<&T> {
        match self {
            Self::Name(_) => None,
            Self::Whole(whole) => Some(whole),
        }
    }
}

/// Anything, by its name.
#[derive(Deserialize)]
pub(super) struct Named {
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
    pub(super) fn intent_name(&self) -> Option<String> {
        match self.payment_intent.as_ref()? {
            Expandable::Name(name) => Some(name.clone()),
            Expandable::Whole(intent) => Some(intent.id.clone()),
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
    pub(super) last_payment_error: Option<Problem>,
    pub(super) latest_charge: Option<Expandable<Charge>>,
}

#[derive(Deserialize)]
pub(super) struct Charge {
    pub(super) payment_intent: Option<Expandable<Named>>,
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
    pub(super) payment_intent: Option<Expandable<Named>>,
}

#[derive(Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: Option<String>,
    pub(super) status: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) payment_intent: Option<Expandable<Named>>,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// Why something was refused.
#[derive(Default, Deserialize)]
pub(super) struct Problem {
    pub(super) code: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) param: Option<String>,
}

impl Problem {
    /// A failure of Stripe's own that it gives again.
    pub(super) fn remembered() -> Self {
        Self {
            code: Some("remembered_failure".to_owned()),
            kind: None,
            param: None,
        }
    }

    /// Its code: words of Stripe's, and nobody else's.
    pub(super) fn word(&self) -> &str {
        let words = [self.code.as_deref(), self.kind.as_deref()];
        let plain = |word: &&str| {
            word.len() <= 80
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        words.into_iter().flatten().find(plain).unwrap_or("refused")
    }
}

#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Problem,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) livemode: Option<bool>,
    /// Of Connect: somebody else's.
    pub(super) account: Option<String>,
    pub(super) data: Option<Data>,
}

#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) object: serde_json::Value,
}
