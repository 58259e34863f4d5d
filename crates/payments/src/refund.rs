use database::{Tx, audit, outbox};
use kernel::{Code, PaymentId, Result};
use serde_json::json;

use crate::{Fact, PaymentStatus, ProviderName, Refund, RefundStatus, outbox::REFUND, settle, store};

/// Money to be given back.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// How much, in minor units; `None` is all that is left.
    pub amount: Option<i64>,
    /// `REQUESTED_BY_CUSTOMER`, `DUPLICATE`, `FRAUDULENT` or `OTHER`.
    pub reason: String,
    /// For people.
    pub note: Option<String>,
    /// Whether the course goes with the money, though it is a part of it.
    pub ends_access: bool,
}

/// Begins to give money back: the worker asks the provider. The seller's, or an admin's. Runs as the worker's role.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PaymentNotRefundable`], [`Code::RefundTooLarge`].
pub async fn create_refund(tx: &Tx, payment_id: PaymentId, new: NewRefund) -> Result<Refund> {
    let payment = settle::lock(tx, payment_id).await?.ok_or(Code::NotFound)?;
    if !tx.actor().manages(payment.author_id) {
        return Err(Code::NotFound.into());
    }
    let left = payment.refundable();
    let nothing_to_pay = payment.amount == 0;
    if payment.status != PaymentStatus::Completed || (left == 0 && !nothing_to_pay) {
        return Err(Code::PaymentNotRefundable.into());
    }
    let amount = new.amount.unwrap_or(left);
    if amount > left {
        return Err(kernel::Error::new(Code::RefundTooLarge).detail(format!("{left} is left.")));
    }
    let refund_id = tx.new_id();
    store::refund::insert(
        tx,
        &payment,
        refund_id,
        amount,
        &new.reason,
        new.note.as_deref(),
        new.ends_access,
    )
    .await?;
    store::payment::set_refunding(tx, payment.id, payment.refunding_amount + amount).await?;
    let detail = json!({ "refundId": refund_id, "amount": amount, "currency": payment.currency });
    audit::record(tx, "payment.refund", payment.id, detail).await?;
    if payment.provider == ProviderName::None {
        // Nobody has to be asked: there was nothing to pay.
        let fact = Fact::Refund {
            id: refund_id.to_string(),
            ours: Some(refund_id),
            amount,
            status: RefundStatus::Succeeded,
            code: None,
        };
        settle::settle(tx, &settle::of(payment.id, vec![fact])).await?;
    } else {
        outbox::send(tx, REFUND, json!({ "refundId": refund_id })).await?;
    }
    store::refund::find(tx, refund_id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}
