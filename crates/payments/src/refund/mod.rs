//! Refunds: requested by the seller or an admin, made by the worker.

mod model;
pub(crate) mod record;
pub(crate) mod store;

use database::{Tx, audit, outbox};
use entity::enums::{PaymentStatus, ProviderName, RefundStatus};
use kernel::{Code, Error, PaymentId, Result};
use serde_json::json;

pub use self::model::{NewRefund, Refund};
use crate::{
    message::REFUND_AT_PROVIDER,
    provider::{Fact, ProviderUpdate},
    settlement,
};

/// Requests a refund of a payment, for its seller or an admin; the worker asks the provider for it. Runs in the worker's role.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PaymentNotRefundable`], [`Code::RefundTooLarge`].
pub async fn create_refund(tx: &Tx, payment_id: PaymentId, new: NewRefund) -> Result<Refund> {
    let payment = settlement::lock_payment(tx, payment_id).await?.ok_or(Code::NotFound)?;
    if !tx.actor().manages(payment.author_id) {
        return Err(Code::NotFound.into());
    }
    let left = payment.refundable_amount();
    let was_free = payment.amount == 0;
    if payment.status != PaymentStatus::Completed || (left == 0 && !was_free) {
        return Err(Code::PaymentNotRefundable.into());
    }
    let amount = new.amount.unwrap_or(left);
    if amount > left {
        return Err(Error::new(Code::RefundTooLarge).detail(format!("{left} is left.")));
    }
    let refund = record::request(tx, &payment, new, amount).await?;
    let detail = json!({ "refundId": refund.id, "amount": amount, "currency": payment.currency });
    audit::record(tx, "payment.refund", payment.id, detail).await?;
    if payment.provider != ProviderName::None {
        outbox::send(tx, REFUND_AT_PROVIDER, json!({ "refundId": refund.id })).await?;
        return Ok(refund);
    }
    // There was nothing to pay, so that no provider has to be asked.
    let succeeded = Fact::Refund {
        id: refund.id.to_string(),
        refund_id: Some(refund.id),
        amount,
        status: RefundStatus::Succeeded,
        code: None,
    };
    settlement::settle(tx, &ProviderUpdate::of(payment.id, succeeded)).await?;
    store::find(tx, refund.id).await?.ok_or_else(|| Code::NotFound.into())
}
