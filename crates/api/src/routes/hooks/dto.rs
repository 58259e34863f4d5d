//! Webhooks in requests and answers.

use serde::Serialize;
use utoipa::ToSchema;

/// The answer to a webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct HookReceipt {
    /// Always true: an event that was not recorded is refused.
    pub(super) received: bool,
}

/// An event of Mux's, as far as it is read here; see Mux's documentation of its webhooks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what is read from the signed bytes")]
pub(super) struct MuxWebhook {
    /// The event's id, the same in each delivery.
    #[schema(example = "3a56ac3d-33da-4366-855b-f592d898409d", max_length = 255)]
    id: String,
    /// The type of the event.
    #[schema(rename = "type", example = "video.asset.ready", max_length = 255)]
    kind: String,
    /// The upload or the asset that the event is about.
    #[schema(value_type = Object, example = json!({
        "id": "SqQnqz6s5MBuXGvJaUWdXuXM93J9Q2yv", "status": "ready", "duration": 61.5,
        "passthrough": "0198c0de-0000-7000-8000-000000000001",
        "playback_ids": [{ "id": "6RkPUOZDMZoK8sMqLdJ1SoXaRDUe02uMv", "policy": "signed" }]
    }))]
    data: serde_json::Value,
}

/// An event of Stripe's, as far as it is read here; see Stripe's documentation of its webhooks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what is read from the signed bytes")]
pub(super) struct StripeWebhook {
    /// The event's id, the same in each delivery.
    #[schema(example = "evt_1PqKXe2eZvKYlo2CxYzABcde", max_length = 255)]
    id: String,
    /// The type of the event.
    #[schema(rename = "type", example = "checkout.session.completed", max_length = 255)]
    kind: String,
    /// Whether the event is of the live mode. An event of another mode than the configured key's is ignored.
    #[schema(example = false)]
    livemode: bool,
    /// The object that the event is about, in `object`.
    #[schema(value_type = Object, example = json!({ "object": { "object": "checkout.session", "id": "cs_test_a1b2c3",
        "payment_status": "paid", "payment_intent": "pi_3PqKXe2eZvKYlo2C0vQxYzAB", "amount_total": 4900, "currency": "usd",
        "metadata": { "palestra_payment_id": "0198c0de-0000-7000-8000-000000000001" } } }))]
    data: serde_json::Value,
}
