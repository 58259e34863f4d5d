use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use kernel::{Actor, Code, PaymentId, Result, Uuid};
use payments::{ProviderName, SandboxAct};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Payment;
use crate::{
    http::{
        extract::{Json, Member, Path},
        problem::Problem,
        reply::Reply,
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        complete_sandbox_payment,
        fail_sandbox_payment,
        dispute_sandbox_payment
    );
}

/// How a dispute stands.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SandboxDisputeStatus {
    /// The money is gone for now.
    Open,
    /// It came back.
    Won,
    /// It is gone for good.
    Lost,
}

impl From<SandboxDisputeStatus> for payments::DisputeStatus {
    fn from(status: SandboxDisputeStatus) -> Self {
        match status {
            SandboxDisputeStatus::Open => Self::Open,
            SandboxDisputeStatus::Won => Self::Won,
            SandboxDisputeStatus::Lost => Self::Lost,
        }
    }
}

fn open() -> SandboxDisputeStatus {
    SandboxDisputeStatus::Open
}

/// What the buyer's bank does.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SandboxDispute {
    /// `OPEN` first, then `WON` or `LOST`.
    #[serde(default = "open")]
    #[schema(default = "OPEN")]
    status: SandboxDisputeStatus,
}

/// Pay in the sandbox
///
/// Plays the buyer of one's own payment: the money comes, and the course with it. In development, where no provider is configured;
/// elsewhere there is no such payment.
#[utoipa::path(post, path = "/sandbox/payments/{payment_id}/complete",
    tag = "sandbox", operation_id = "completeSandboxPayment", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment as it is now.", body = Payment)))]
async fn complete_sandbox_payment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PaymentId>,
) -> Result<Reply<Payment>, Problem> {
    play(&state, actor, id, SandboxAct::Complete).await
}

/// Fail to pay in the sandbox
///
/// Plays a buyer whose card is declined for good: the payment fails, and a coupon's place is free again.
#[utoipa::path(post, path = "/sandbox/payments/{payment_id}/fail",
    tag = "sandbox", operation_id = "failSandboxPayment", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment as it is now.", body = Payment)))]
async fn fail_sandbox_payment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PaymentId>,
) -> Result<Reply<Payment>, Problem> {
    play(&state, actor, id, SandboxAct::Fail).await
}

/// Dispute in the sandbox
///
/// Plays the buyer's bank: an open dispute suspends the access, a won one gives it back, a lost one ends it.
#[utoipa::path(post, path = "/sandbox/payments/{payment_id}/dispute",
    tag = "sandbox", operation_id = "disputeSandboxPayment", security(("bearer" = [])), request_body = SandboxDispute,
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    extensions(("x-problem-codes" = json!(["payment_not_completed"]))),
    responses((status = 200, description = "The payment as it is now.", body = Payment)))]
async fn dispute_sandbox_payment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PaymentId>,
    body: Json<SandboxDispute>,
) -> Result<Reply<Payment>, Problem> {
    play(&state, actor, id, SandboxAct::Dispute(body.value.status.into())).await
}

async fn play(
    state: &State,
    actor: Actor,
    id: PaymentId,
    act: SandboxAct,
) -> Result<Reply<Payment>, Problem> {
    if !state.payments.is(ProviderName::Sandbox) {
        return Err(Code::NotFound.into());
    }
    let payment = state.payments.play(&state.db, actor, id, act).await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&Payment::from(payment))?)
}
