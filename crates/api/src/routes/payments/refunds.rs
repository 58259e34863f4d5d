use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use database::Pool;
use kernel::{PaymentId, Result, Uuid};
use payments::NewRefund;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Refund;
use crate::{
    http::{
        extract::{Confirmed, Json, MoneyKey, Path},
        problem::Problem,
        reply::Reply,
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, create_refund);
}

/// Why money goes back.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RefundReason {
    /// The buyer asked for it.
    RequestedByCustomer,
    /// It was paid twice.
    Duplicate,
    /// Somebody else's card.
    Fraudulent,
    /// Something else.
    Other,
}

impl RefundReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::RequestedByCustomer => "REQUESTED_BY_CUSTOMER",
            Self::Duplicate => "DUPLICATE",
            Self::Fraudulent => "FRAUDULENT",
            Self::Other => "OTHER",
        }
    }
}

fn requested() -> RefundReason {
    RefundReason::RequestedByCustomer
}

/// Money to be given back.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateRefund {
    /// How much, in minor units of the payment's currency; all that is left where it is not said.
    #[schema(minimum = 1, maximum = 100_000_000, nullable = false, example = 900)]
    amount: Option<i64>,
    /// Why.
    #[serde(default = "requested")]
    #[schema(default = "REQUESTED_BY_CUSTOMER")]
    reason: RefundReason,
    /// For people; the buyer sees it.
    #[schema(max_length = 500, example = "Injured; comes back in spring.")]
    note: Option<String>,
    /// Whether the course goes with the money, though it is a part of it. With all of the money the course goes anyway.
    #[serde(default)]
    ends_access: bool,
}

/// Give money back
///
/// All or a part of it: by the owner of the course, or an admin. The answer is a refund on its way; it has `SUCCEEDED` when the provider
/// says so, usually in seconds. When all of the money has gone back the payment is `REFUNDED` and the access bought with it ends; a
/// part keeps the access unless `endsAccess` says otherwise.
#[utoipa::path(post, path = "/payments/{payment_id}/refunds",
    tag = "payments", operation_id = "createRefund", security(("bearer" = [])), request_body = CreateRefund,
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    extensions(("x-moves-money" = json!(true)),
        ("x-problem-codes" = json!(["session_revoked", "payment_not_refundable", "refund_too_large"]))),
    responses((status = 201, description = "The refund.", body = Refund)))]
async fn create_refund(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(payment_id): Path<PaymentId>,
    MoneyKey(key): MoneyKey,
    body: Json<CreateRefund>,
) -> Result<Reply<Refund>, Problem> {
    let CreateRefund {
        amount,
        reason,
        note,
        ends_access,
    } = body.value;
    let new = NewRefund {
        amount,
        reason: reason.as_str().to_owned(),
        note,
        ends_access,
    };
    let work = move |tx| async move {
        let refund = payments::create_refund(&tx, payment_id, new).await?;
        let reply = Reply::created(&format!("/payments/{payment_id}"), &Refund::from(refund))?;
        Ok(reply.content())
    };
    let whose = (Pool::Worker, actor);
    let reply = key.run(&state.db, whose, "createRefund", &body.raw, work).await?;
    state.wake_worker.notify_one();
    Ok(reply)
}
