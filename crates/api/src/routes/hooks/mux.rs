use actix_web::{HttpRequest, web::Data};
use database::Pool;
use kernel::{Actor, Code, Error, Result};
use media::MuxEvent;
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

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, mux_hook);
}

/// An event of Mux's, as far as it is read here; see Mux's documentation of its webhooks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what is read from the signed bytes")]
struct MuxWebhook {
    /// Its name, the same in each delivery.
    #[schema(example = "3a56ac3d-33da-4366-855b-f592d898409d", max_length = 255)]
    id: String,
    /// What happened.
    #[schema(rename = "type", example = "video.asset.ready", max_length = 255)]
    kind: String,
    /// The upload or asset it happened to.
    #[schema(value_type = Object, example = json!({
        "id": "SqQnqz6s5MBuXGvJaUWdXuXM93J9Q2yv", "status": "ready", "duration": 61.5,
        "passthrough": "0198c0de-0000-7000-8000-000000000001",
        "playback_ids": [{ "id": "6RkPUOZDMZoK8sMqLdJ1SoXaRDUe02uMv", "policy": "signed" }]
    }))]
    data: serde_json::Value,
}

/// Hook of Mux
///
/// Mux tells what becomes of a video. The body is signed (`Mux-Signature`, at most five minutes old); an event counts once,
/// however often it is delivered, and one of an unknown type counts nothing.
#[utoipa::path(post, path = "/hooks/mux",
    tag = "hooks", operation_id = "receiveMuxHook", security(()), request_body = MuxWebhook,
    params(("Mux-Signature" = String, Header, description = "When it was signed, and HMAC-SHA-256 of that, a dot and the body.",
        max_length = 2000, example = "t=1795200000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")),
    extensions(("x-problem-codes" = json!(["hook_signature_invalid"]))),
    responses((status = 200, description = "It was noted.", body = HookReceipt)))]
async fn mux_hook(
    state: Data<State>,
    request: HttpRequest,
    Raw(body): Raw,
) -> Result<Reply<HookReceipt>, Problem> {
    let signature = request.headers().get("mux-signature");
    let signature = signature
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    state
        .videos
        .verify_hook(signature, &body, state.db.environment().now())?;
    let event: MuxEvent = serde_json::from_slice(&body)
        .map_err(|_| Error::new(Code::MalformedRequest).detail("The body is no event of Mux's."))?;
    let work = move |tx| async move { media::note_event(&tx, &event).await };
    state.db.run_in(Pool::Worker, Actor::System, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&HookReceipt { received: true })?)
}
