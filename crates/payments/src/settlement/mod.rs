//! Settlement: facts about a payment become its state, together with its purchase, receipt, coupon and access.

mod access;
mod facts;
mod lock;
mod state;

use database::{Tx, audit, outbox};
use entity::enums::{DisputeStatus, PaymentStatus, ProviderName, RefundReason};
use kernel::{Error, PaymentId, Result, Timestamp};
use serde_json::json;

pub(crate) use self::lock::{lock_payment, lock_purchase};
use self::{facts::Capture, state::PaymentState};
use crate::{
    dispute,
    message::{CANCEL_AT_PROVIDER, COMPLETED, MONEY_RETURNED, REFUND_AT_PROVIDER, REVIEW},
    offer::{self, Moment, Withdrawal},
    payment::{self, Payment},
    provider::{Fact, ProviderUpdate},
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
    let (payment, arrives) = write(tx, payment, capture, state).await?;
    // A dispute that was decided frees what the bank did not take.
    let is_decided =
        |fact: &Fact| matches!(fact, Fact::Dispute { status: DisputeStatus::Won | DisputeStatus::Lost, .. });
    if arrives || update.facts.iter().any(is_decided) {
        give_back(tx, &payment).await?;
    }
    Ok(true)
}

/// Ends a refund that a bank's claim has made too large, and gives back what is left where nothing was bought.
pub(crate) async fn abandon_refund(tx: &Tx, payment_id: PaymentId, failed: Fact) -> Result<()> {
    settle(tx, &ProviderUpdate::of(payment_id, failed)).await?;
    match lock_payment(tx, payment_id).await? {
        Some(payment) => give_back(tx, &payment).await,
        None => Ok(()),
    }
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

/// Writes the next state of a payment, with what follows from it. Answers with the payment, and whether its money has arrived now.
async fn write(tx: &Tx, before: Payment, capture: Capture, state: PaymentState) -> Result<(Payment, bool)> {
    let arrives = before.completed_at.is_none() && is_captured(state);
    let withdrawal = match before.provider {
        // It was quoted in this transaction.
        ProviderName::None => None,
        _ if arrives => offer::withdrawal(tx, &before, Moment::Paid).await?,
        _ => None,
    };
    let after = next(tx.now(), &before, capture, state, withdrawal);
    payment::store::update_state(tx, before.status, &after).await?;
    if after.status != before.status {
        let detail = json!({ "from": before.status, "to": after.status });
        audit::record(tx, "payment.status", after.id, detail).await?;
    }
    if arrives {
        complete(tx, &after).await?;
    }
    if before.status == PaymentStatus::Pending && after.status == PaymentStatus::Failed {
        release_coupon(tx, &after).await?;
        outbox::send(tx, CANCEL_AT_PROVIDER, json!({ "paymentId": after.id })).await?;
    }
    if before.accepted_at.is_some() && after.accepted_at.is_none() && after.status == PaymentStatus::Pending {
        outbox::send(tx, REVIEW, json!({ "paymentId": after.id })).await?;
    }
    if let Some(access) = state.access {
        access::follow(tx, &after, access).await?;
    }
    Ok((after, arrives))
}

fn is_captured(state: PaymentState) -> bool {
    matches!(state.status, PaymentStatus::Completed | PaymentStatus::Refunded)
}

/// The payment in its next state. The first instant of a state stays as long as the state does.
fn next(
    now: Timestamp,
    before: &Payment,
    capture: Capture,
    state: PaymentState,
    withdrawal: Option<Withdrawal>,
) -> Payment {
    let since = |known: Option<Timestamp>, is_so: bool| is_so.then(|| known.unwrap_or(now));
    let is_captured = is_captured(state);
    let failure_code = match before.completed_at {
        _ if !is_captured => capture.failure_code,
        // Why it bought nothing, if it did not.
        Some(_) => before.failure_code.clone(),
        None => withdrawal.map(|withdrawal| withdrawal.code().to_owned()),
    };
    Payment {
        status: state.status,
        refunded_amount: state.refunded_amount,
        refunding_amount: state.refunding_amount,
        provider_payment_id: capture.provider_payment_id,
        failure_code,
        accepted_at: capture.accepted_at,
        completed_at: since(before.completed_at, is_captured),
        failed_at: since(before.failed_at, state.status == PaymentStatus::Failed),
        refunded_at: since(before.refunded_at, state.status == PaymentStatus::Refunded),
        ..before.clone()
    }
}

/// What happens once, when the money arrives.
async fn complete(tx: &Tx, payment: &Payment) -> Result<()> {
    receipt::issue(tx, payment).await?;
    if payment.bought_nothing() {
        return release_coupon(tx, payment).await;
    }
    if let Some(coupon_id) = payment.coupon_id {
        redemption::confirm(tx, coupon_id, payment.id).await?;
    }
    if !purchase::store::insert(tx, payment).await? {
        return Err(Error::internal("a purchase that the offer allowed was not written"));
    }
    let detail = json!({ "paymentId": payment.id, "userId": payment.user_id, "courseId": payment.course_id });
    outbox::send(tx, COMPLETED, detail).await
}

async fn release_coupon(tx: &Tx, payment: &Payment) -> Result<()> {
    match payment.coupon_id {
        Some(coupon_id) => redemption::release(tx, coupon_id, payment.id).await,
        None => Ok(()),
    }
}

/// Gives back a payment that bought nothing, and tells its buyer why: what is left of it, since a part may have been refunded by hand
/// before the capture was reported. While a bank holds the money, it waits for the bank's decision.
async fn give_back(tx: &Tx, payment: &Payment) -> Result<()> {
    if !payment.bought_nothing() {
        return Ok(());
    }
    let left = dispute::claims(tx, payment.id).await?.refundable(payment.refundable_amount());
    let withdrawal = payment.failure_code.as_deref().and_then(Withdrawal::from_code);
    let (Some(withdrawal), 1..) = (withdrawal, left) else {
        return Ok(());
    };
    tracing::warn!(payment = %payment.id, reason = withdrawal.code(), "a payment that bought nothing is refunded");
    let new = NewRefund {
        amount: Some(left),
        reason: match withdrawal {
            Withdrawal::AlreadyPurchased => RefundReason::Duplicate,
            _ => RefundReason::Other,
        },
        note: Some(withdrawal.sentence().to_owned()),
        ends_access: true,
    };
    let refund = record::request(tx, payment, new, left).await?;
    outbox::send(tx, REFUND_AT_PROVIDER, json!({ "refundId": refund.id })).await?;
    outbox::send(tx, MONEY_RETURNED, json!({ "refundId": refund.id, "userId": payment.user_id })).await
}
