//! The operations of the sandbox.

use kernel::{Code, PaymentId};
use payments::{ProviderName, SimulatedAction};

use super::dto::SandboxDispute;
use crate::{http::prelude::*, routes::payments::dto::Payment};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, complete_sandbox_payment, fail_sandbox_payment, dispute_sandbox_payment);
}

/// Complete a sandbox payment
///
/// Plays the buyer of one of the caller's own payments: the money arrives, and with it the course. Only in development, where no payment
/// provider is configured; elsewhere there is no such payment.
#[utoipa::path(post, path = "/sandbox/payments/{payment_id}/complete",
    tag = "sandbox", operation_id = "completeSandboxPayment", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment as it is now.", body = Payment)))]
async fn complete_sandbox_payment(caller: Member, Path(id): Path<PaymentId>) -> Answer<Payment> {
    simulate(&caller, id, SimulatedAction::Complete).await
}

/// Fail a sandbox payment
///
/// Plays a buyer whose card is declined for good: the payment fails, and the slot in its coupon's quota is released.
#[utoipa::path(post, path = "/sandbox/payments/{payment_id}/fail",
    tag = "sandbox", operation_id = "failSandboxPayment", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment as it is now.", body = Payment)))]
async fn fail_sandbox_payment(caller: Member, Path(id): Path<PaymentId>) -> Answer<Payment> {
    simulate(&caller, id, SimulatedAction::Fail).await
}

/// Dispute a sandbox payment
///
/// Plays the buyer's bank: an open dispute suspends the access, a won one restores it, a lost one ends it.
#[utoipa::path(post, path = "/sandbox/payments/{payment_id}/dispute",
    tag = "sandbox", operation_id = "disputeSandboxPayment", security(("bearer" = [])), request_body = SandboxDispute,
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    extensions(("x-problem-codes" = json!(["payment_not_completed"]))),
    responses((status = 200, description = "The payment as it is now.", body = Payment)))]
async fn dispute_sandbox_payment(
    caller: Member,
    Path(id): Path<PaymentId>,
    body: Json<SandboxDispute>,
) -> Answer<Payment> {
    simulate(&caller, id, SimulatedAction::Dispute(body.value.status)).await
}

async fn simulate(caller: &Caller, id: PaymentId, action: SimulatedAction) -> Answer<Payment> {
    if !caller.state.payments.uses(ProviderName::Sandbox) {
        return Err(Code::NotFound.into());
    }
    let payment = payments::simulate(&caller.state.db, caller.actor, id, action).await?;
    caller.state.wake_worker.notify_one();
    Ok(Reply::ok(&Payment::from(payment))?)
}
