//! What a hook of Stripe's delivers. Only its signature decides whether anything in it is believed.

use kernel::{Code, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    facts,
    shape::{self, Charge, Dispute, Intent, PAYMENT, Refund, Session},
};
use crate::{Event, Told};

/// Reads a body whose signature was good.
///
/// # Errors
/// [`Code::MalformedRequest`].
pub(super) fn read(body: &[u8], live: bool) -> Result<Event> {
    let event: shape::Event = serde_json::from_slice(body).map_err(malformed)?;
    // Of a connected account, or of the other mode: whatever it tells did not happen to our money.
    let foreign = event.account.is_some() || event.livemode.unwrap_or(false) != live;
    let told = match event.data {
        Some(data) if !foreign => tell(&event.kind, data.object)?,
        _ => None,
    };
    Ok(Event {
        id: event.id,
        kind: event.kind,
        told,
    })
}

/// What an object tells in an event of this kind; `None` where the kind is none that matters, or the object is not ours.
fn tell(kind: &str, object: Value) -> Result<Option<Told>> {
    Ok(match kind {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => session(kind, &parse(object)?),
        "payment_intent.succeeded" | "payment_intent.canceled" | "payment_intent.payment_failed" => {
            intent(kind, &parse(object)?)
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            refund(&parse(object)?)
        }
        "charge.refunded" => charge(&parse(object)?),
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => dispute(&parse(object)?),
        _ => None,
    })
}

fn session(kind: &str, session: &Session) -> Option<Told> {
    let fact = match kind {
        "checkout.session.async_payment_failed" => Some(facts::over("async_payment_failed")),
        _ => facts::of_session(session),
    };
    Some(Told {
        payment_id: Some(session.metadata.id(PAYMENT)?),
        session_id: Some(session.id.clone()),
        provider_payment_id: session.intent_name(),
        facts: fact.into_iter().collect(),
    })
}

fn intent(kind: &str, intent: &Intent) -> Option<Told> {
    let fact = match kind {
        "payment_intent.payment_failed" => facts::declined(intent),
        _ => facts::of_intent(intent),
    };
    Some(Told {
        payment_id: Some(intent.metadata.id(PAYMENT)?),
        session_id: None,
        provider_payment_id: Some(intent.id.clone()),
        facts: fact.into_iter().collect(),
    })
}

fn refund(refund: &Refund) -> Option<Told> {
    Some(Told {
        provider_payment_id: Some(facts::name_of(refund.payment_intent.as_ref())?),
        facts: vec![facts::of_refund(refund)],
        ..Told::default()
    })
}

/// Older versions of the API put the refunds themselves in; newer ones tell of each by an event of its own.
fn charge(charge: &Charge) -> Option<Told> {
    let refunds = charge.refunds.as_ref().map_or(&[][..], |list| &list.data);
    Some(Told {
        payment_id: charge.metadata.id(PAYMENT),
        session_id: None,
        provider_payment_id: Some(facts::name_of(charge.payment_intent.as_ref())?),
        facts: refunds.iter().map(facts::of_refund).collect(),
    })
}

fn dispute(dispute: &Dispute) -> Option<Told> {
    Some(Told {
        provider_payment_id: Some(facts::name_of(dispute.payment_intent.as_ref())?),
        facts: facts::of_dispute(dispute).into_iter().collect(),
        ..Told::default()
    })
}

fn parse<T: DeserializeOwned>(object: Value) -> Result<T> {
    serde_json::from_value(object).map_err(malformed)
}

fn malformed(error: serde_json::Error) -> Error {
    Error::new(Code::MalformedRequest)
        .detail("The body is signed, but no event that can be read.")
        .caused_by(error)
}
