//! Settlement: facts about a payment become its state, together with its purchase, receipt, coupon and access.

mod access;
mod facts;
mod lock;
mod state;

use database::{Tx, audit, outbox};
use entity::enums::{PaymentStatus, RefundReason};
use kernel::{PaymentId, Result, Timestamp};
use serde_json::json;

pub(crate) use self::lock::{lock_payment, lock_purchase};
use self::{facts::Capture, state::PaymentState};
use crate::{
    message::{CANCEL_AT_PROVIDER, COMPLETED, REFUND_AT_PROVIDER},
    payment::{self, Payment},
    provider::ProviderUpdate,
    purchase, receipt, redemption,
    refund::{NewRefund, record},
};

/// Applies an update to the payment that it is about, in this transaction. Facts that are known change nothing, and their order does
/// not matter. Answers whether there is such a payment. Runs in the worker's role.
pub(crate) async fn settle(tx: &Tx, update: &ProviderUpdate) -> Result<bool> {
    let Some(id) = find_payment_id(tx, update).await? else {
        return Ok(false);
    };
    let Some(payment) = lock_payment(tx, id).await? else {
        return Ok(false);
    };
    let mut capture = Capture::of(&payment);
    for fact in &update.facts {
        capture.add(tx, &payment, fact).await?;
    }
    let state = capture.facts(tx, &payment).await?.state();
    write(tx, payment, capture, state).await?;
    Ok(true)
}

/// The payment that an update is about, by the first of its ids that is there.
async fn find_payment_id(tx: &Tx, update: &ProviderUpdate) -> Result<Option<PaymentId>> {
    if update.payment_id.is_some() {
        Ok(update.payment_id)
    } else if let Some(id) = &update.session_id {
        payment::store::find_id_by_session(tx, id).await
    } else if let Some(id) = &update.provider_payment_id {
        payment::store::find_id_by_provider_payment(tx, id).await
    } else {
        Ok(None)
    }
}

async fn write(tx: &Tx, before: Payment, capture: Capture, state: PaymentState) -> Result<()> {
    let after = next(tx.now(), &before, capture, state);
    payment::store::update_state(tx, before.status, &after).await?;
    if after.status != before.status {
        let detail = json!({ "from": before.status, "to": after.status });
        audit::record(tx, "payment.status", after.id, detail).await?;
    }
    if before.completed_at.is_none() && after.completed_at.is_some() {
        complete(tx, &after).await?;
    }
    if before.status == PaymentStatus::Pending && after.status == PaymentStatus::Failed {
        if let Some(coupon_id) = after.coupon_id {
            redemption::release(tx, coupon_id, after.id).await?;
        }
        outbox::send(tx, CANCEL_AT_PROVIDER, json!({ "paymentId": after.id })).await?;
    }
    if let Some(access) = state.access {
        access::follow(tx, &after, access).await?;
    }
    Ok(())
}

/// The payment in its next state. The first instant of a state stays as long as the state does.
fn next(now: Timestamp, before: &Payment, capture: Capture, state: PaymentState) -> Payment {
    let since = |known: Option<Timestamp>, is_so: bool| is_so.then(|| known.unwrap_or(now));
    let is_captured = matches!(state.status, PaymentStatus::Completed | PaymentStatus::Refunded);
    Payment {
        status: state.status,
        refunded_amount: state.refunded_amount,
        refunding_amount: state.refunding_amount,
        provider_payment_id: capture.provider_payment_id,
        failure_code: capture.failure_code.filter(|_| !is_captured),
        completed_at: since(before.completed_at, is_captured),
        failed_at: since(before.failed_at, state.status == PaymentStatus::Failed),
        refunded_at: since(before.refunded_at, state.status == PaymentStatus::Refunded),
        ..before.clone()
    }
}

/// What happens once, when the money arrives.
async fn complete(tx: &Tx, payment: &Payment) -> Result<()> {
    if let Some(coupon_id) = payment.coupon_id {
        redemption::confirm(tx, coupon_id, payment.id).await?;
    }
    receipt::issue(tx, payment).await?;
    if !purchase::store::insert(tx, payment).await? {
        return refund_duplicate(tx, payment).await;
    }
    let detail = json!({ "paymentId": payment.id, "userId": payment.user_id, "courseId": payment.course_id });
    outbox::send(tx, COMPLETED, detail).await
}

/// Gives back a payment for a course that its buyer owns already: what is left of it, since a part may have been refunded by hand
/// before the capture was reported.
async fn refund_duplicate(tx: &Tx, payment: &Payment) -> Result<()> {
    let left = payment.refundable_amount();
    if left == 0 {
        return Ok(());
    }
    tracing::warn!(payment = %payment.id, "the course was paid for twice: the second payment is refunded");
    let new =
        NewRefund { amount: Some(left), reason: RefundReason::Duplicate, note: None, ends_access: true };
    let refund = record::request(tx, payment, new, left).await?;
    outbox::send(tx, REFUND_AT_PROVIDER, json!({ "refundId": refund.id })).await
}
