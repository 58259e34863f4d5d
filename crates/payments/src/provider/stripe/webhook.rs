//! What a webhook of Stripe's delivers. Only its signature decides whether anything in it is believed.

use kernel::{Code, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    facts,
    objects::{self, Charge, Dispute, Intent, PAYMENT_ID, Refund, Session},
};
use crate::provider::{Fact, ProviderUpdate, WebhookEvent};

/// Reads a body whose signature was valid.
///
/// # Errors
/// [`Code::MalformedRequest`].
pub(super) fn read(body: &[u8], is_live: bool) -> Result<WebhookEvent> {
    let event: objects::Event = serde_json::from_slice(body).map_err(malformed)?;
    // What happened to a connected account, or in the other mode, did not happen to our money.
    let is_foreign = event.account.is_some() || event.livemode.unwrap_or(false) != is_live;
    let update = match event.data {
        Some(data) if !is_foreign => update(&event.kind, data.object)?,
        _ => None,
    };
    Ok(WebhookEvent { id: event.id, kind: event.kind, update })
}

/// What the object of such an event reports; `None` where the kind does not matter, or the object is not ours.
fn update(kind: &str, object: Value) -> Result<Option<ProviderUpdate>> {
    Ok(match kind {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => of_session(kind, &parse(object)?),
        "payment_intent.succeeded"
        | "payment_intent.processing"
        | "payment_intent.canceled"
        | "payment_intent.payment_failed" => of_intent(kind, &parse(object)?),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            of_refund(&parse(object)?)
        }
        "charge.refunded" => of_charge(&parse(object)?),
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => of_dispute(&parse(object)?),
        _ => None,
    })
}

fn of_session(kind: &str, session: &Session) -> Option<ProviderUpdate> {
    let fact = match kind {
        "checkout.session.async_payment_failed" => Some(Fact::closed("async_payment_failed")),
        _ => facts::of_session(session),
    };
    Some(ProviderUpdate {
        payment_id: Some(session.metadata.id(PAYMENT_ID)?),
        session_id: Some(session.id.clone()),
        provider_payment_id: session.intent_id(),
        facts: fact.into_iter().collect(),
    })
}

fn of_intent(kind: &str, intent: &Intent) -> Option<ProviderUpdate> {
    let fact = match kind {
        "payment_intent.payment_failed" => facts::of_declined_intent(intent),
        _ => facts::of_intent(intent),
    };
    Some(ProviderUpdate {
        payment_id: Some(intent.metadata.id(PAYMENT_ID)?),
        session_id: None,
        provider_payment_id: Some(intent.id.clone()),
        facts: fact.into_iter().collect(),
    })
}

fn of_refund(refund: &Refund) -> Option<ProviderUpdate> {
    Some(ProviderUpdate {
        provider_payment_id: Some(facts::intent_id(refund.payment_intent.as_ref())?),
        facts: vec![facts::of_refund(refund)],
        ..ProviderUpdate::default()
    })
}

/// Older versions of the API put the refunds into the charge; newer ones report each in an event of its own.
fn of_charge(charge: &Charge) -> Option<ProviderUpdate> {
    let refunds = charge.refunds.as_ref().map_or(&[][..], |list| &list.data);
    Some(ProviderUpdate {
        payment_id: charge.metadata.id(PAYMENT_ID),
        session_id: None,
        provider_payment_id: Some(facts::intent_id(charge.payment_intent.as_ref())?),
        facts: refunds.iter().map(facts::of_refund).collect(),
    })
}

fn of_dispute(dispute: &Dispute) -> Option<ProviderUpdate> {
    Some(ProviderUpdate {
        provider_payment_id: Some(facts::intent_id(dispute.payment_intent.as_ref())?),
        facts: facts::of_dispute(dispute).into_iter().collect(),
        ..ProviderUpdate::default()
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
