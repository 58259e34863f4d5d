use actix_web::{HttpRequest, web::Data};
use database::Pool;
use kernel::{Actor, Code, Error, Result};
use payments::ProviderName;
use utoipa::ToSchema;

use super::HookReceipt;
use crate::{
    http::{
        extract::Raw,
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

/// Stripe's name in the table of events.
const STRIPE: &str = "stripe";

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, stripe_hook);
}

/// An event of Stripe's, as far as it is read here; see Stripe's documentation of its webhooks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what is read from the signed bytes")]
struct StripeWebhook {
    /// Its name, the same in each delivery.
    #[schema(example = "evt_1PqKXe2eZvKYlo2CxYzABcde", max_length = 255)]
    id: String,
    /// What happened.
    #[schema(rename = "type", example = "checkout.session.completed", max_length = 255)]
    kind: String,
    /// Whether money moved; an event of the other mode than the configured key's counts nothing.
    #[schema(example = false)]
    livemode: bool,
    /// The object it happened to, in `object`.
    #[schema(value_type = Object, example = json!({ "object": { "object": "checkout.session", "id": "cs_test_a1b2c3",
        "payment_status": "paid", "payment_intent": "pi_3PqKXe2eZvKYlo2C0vQxYzAB", "amount_total": 4900, "currency": "usd",
        "metadata": { "palestra_payment_id": "0198c0de-0000-7000-8000-000000000001" } } }))]
    data: serde_json::Value,
}

/// An event of Stripe's
///
/// Stripe tells what becomes of payments, refunds and disputes. The body is signed (`Stripe-Signature`, at most five minutes old); an
/// event counts once, however often and in whatever order it is delivered, and one of an unknown type, of another account or of the other mode
/// counts nothing.
#[utoipa::path(post, path = "/hooks/stripe",
    tag = "hooks", operation_id = "receiveStripeHook", security(()), request_body = StripeWebhook,
    params(("Stripe-Signature" = String, Header, description = "When it was signed, and HMAC-SHA-256 of that, a dot and the body.",
        max_length = 2000, example = "t=1795200000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")),
    extensions(("x-problem-codes" = json!(["hook_signature_invalid"]))),
    responses((status = 200, description = "It was noted.", body = HookReceipt)))]
async fn stripe_hook(
    state: Data<State>,
    request: HttpRequest,
    Raw(body): Raw,
) -> Result<Reply<HookReceipt>, Problem> {
    if !state.payments.is(ProviderName::Stripe) {
        return Err(Error::new(Code::HookSignatureInvalid)
            .detail("Stripe is not configured.")
            .into());
    }
    let signature = request.headers().get("stripe-signature");
    let signature = signature
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let now = state.db.environment().now();
    let event = state.payments.read_hook(signature, &body, now)?;
    let work = move |tx| async move { payments::note_event(&tx, STRIPE, &event).await };
    state.db.run_in(Pool::Worker, Actor::System, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&HookReceipt { received: true })?)
}
