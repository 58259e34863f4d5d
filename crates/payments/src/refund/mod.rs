//! Refunds: requested by the seller or an admin, made by the worker.

mod model;
pub(crate) mod record;
pub(crate) mod store;

use database::{Tx, audit, outbox};
use entity::enums::{PaymentStatus, ProviderName, RefundStatus};
use kernel::{Code, Error, Money, PaymentId, Result};
use serde_json::json;

pub use self::model::{NewRefund, Refund};
use crate::{
    dispute,
    message::REFUND_AT_PROVIDER,
    provider::{Fact, ProviderUpdate},
    settlement,
};

/// Requests a refund of a payment, for its seller or an admin; the worker asks the provider for it. Runs in the worker's role.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PaymentNotRefundable`], [`Code::RefundTooLarge`]; [`Code::PaymentDisputed`] while a bank
/// holds the money, and where it has taken all that is left; [`Code::ValidationFailed`] for an amount with too many decimals.
pub async fn create_refund(tx: &Tx, payment_id: PaymentId, new: NewRefund) -> Result<Refund> {
    let payment = settlement::lock_payment(tx, payment_id).await?.ok_or(Code::NotFound)?;
    if !tx.actor().manages(payment.author_id) {
        return Err(Code::NotFound.into());
    }
    let claims = dispute::claims(tx, payment_id).await?;
    if claims.is_open {
        let detail =
            "The buyer's bank holds the money: it can be given back when the bank has decided for you.";
        return Err(Error::new(Code::PaymentDisputed).detail(detail));
    }
    let left = claims.refundable(payment.refundable_amount());
    let was_free = payment.amount == 0;
    if left == 0 && claims.lost_amount > 0 {
        let detail = "The buyer's bank has taken the money back already.";
        return Err(Error::new(Code::PaymentDisputed).detail(detail));
    }
    if payment.status != PaymentStatus::Completed || (left == 0 && !was_free) {
        return Err(Code::PaymentNotRefundable.into());
    }
    let amount = new.amount.unwrap_or(left);
    if amount > left {
        return Err(Error::new(Code::RefundTooLarge).detail(format!("{left} is left.")));
    }
    let refused = Money { amount, currency: payment.currency()? }.step_refusal("");
    if let Some(refused) = refused.filter(|_| new.amount.is_some()) {
        return Err(Error::invalid(vec![refused]));
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
