//! The operations that other services call.

use actix_web::HttpRequest;
use database::Pool;
use kernel::{Actor, Code, Error};
use media::MuxEvent;
use payments::ProviderName;

use super::dto::{HookReceipt, MuxWebhook, StripeWebhook};
use crate::http::{extract::Raw, prelude::*};

/// Stripe's name in the table of events.
const STRIPE: &str = "stripe";

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, receive_mux_hook, receive_stripe_hook);
}

/// Receive a Mux webhook
///
/// Mux reports what becomes of a video. The body is signed (`Mux-Signature`, at most five minutes old). An event is recorded once, however
/// often it is delivered; one of an unknown type is ignored.
#[utoipa::path(post, path = "/hooks/mux",
    tag = "hooks", operation_id = "receiveMuxHook", security(()), request_body = MuxWebhook,
    params(("Mux-Signature" = String, Header, description = "When it was signed, and HMAC-SHA-256 of that, a dot and the body.",
        max_length = 2000, example = "t=1795200000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")),
    extensions(("x-problem-codes" = json!(["hook_signature_invalid"]))),
    responses((status = 200, description = "The event was recorded.", body = HookReceipt)))]
async fn receive_mux_hook(state: Data<State>, request: HttpRequest, Raw(body): Raw) -> Answer<HookReceipt> {
    let signature = header(&request, "mux-signature");
    state.videos.verify_hook(signature, &body, state.db.environment().now())?;
    let event: MuxEvent = serde_json::from_slice(&body)
        .map_err(|_| Error::new(Code::MalformedRequest).detail("The body is no event of Mux's."))?;
    state
        .db
        .run_in(Pool::Worker, Actor::System, async move |tx| media::note_event(&tx, &event).await)
        .await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&HookReceipt { received: true })?)
}

/// Receive a Stripe webhook
///
/// Stripe reports what becomes of payments, refunds and disputes. The body is signed (`Stripe-Signature`, at most five minutes old). An
/// event is recorded once, however often and in whatever order it is delivered; one of an unknown type, of another account or of the other
/// mode is ignored.
#[utoipa::path(post, path = "/hooks/stripe",
    tag = "hooks", operation_id = "receiveStripeHook", security(()), request_body = StripeWebhook,
    params(("Stripe-Signature" = String, Header, description = "When it was signed, and HMAC-SHA-256 of that, a dot and the body.",
        max_length = 2000, example = "t=1795200000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")),
    extensions(("x-problem-codes" = json!(["hook_signature_invalid"]))),
    responses((status = 200, description = "The event was recorded.", body = HookReceipt)))]
async fn receive_stripe_hook(
    state: Data<State>,
    request: HttpRequest,
    Raw(body): Raw,
) -> Answer<HookReceipt> {
    if !state.payments.uses(ProviderName::Stripe) {
        return Err(Error::new(Code::HookSignatureInvalid).detail("Stripe is not configured.").into());
    }
    let signature = header(&request, "stripe-signature");
    let now = state.db.environment().now();
    let event = state.payments.read_webhook(signature, &body, now)?;
    let work = async move |tx| payments::record_event(&tx, STRIPE, &event).await;
    state.db.run_in(Pool::Worker, Actor::System, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&HookReceipt { received: true })?)
}

/// The text of a header; empty where it is missing or no text.
fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
