//! The rows of refunds: those that Palestra requests, and what a provider reports about them.

use database::Tx;
use entity::enums::{RefundReason, RefundStatus};
use kernel::{RefundId, Result};

use super::{
    model::{NewRefund, Refund},
    store,
};
use crate::payment::{self, Payment};

/// What a provider reports about a refund.
pub(crate) struct ReportedRefund<'a> {
    pub(crate) provider_refund_id: &'a str,
    /// Our id, where we asked for the refund.
    pub(crate) refund_id: Option<RefundId>,
    pub(crate) amount: i64,
    pub(crate) status: RefundStatus,
    pub(crate) failure_code: Option<&'a str>,
}

/// Writes a pending refund of `amount`, and counts it as on its way back.
pub(crate) async fn request(tx: &Tx, payment: &Payment, new: NewRefund, amount: i64) -> Result<Refund> {
    let refund = Refund {
        note: new.note,
        ends_access: new.ends_access,
        requested_by: tx.actor().user_id(),
        ..pending(tx, payment, new.reason, amount)
    };
    store::insert(tx, payment, &refund).await?;
    payment::store::set_refunding_amount(tx, payment.id, payment.refunding_amount + amount).await?;
    Ok(refund)
}

/// Writes what a provider reports: a later report never moves a refund back, unless we had given it up by ourselves, without an id of the
/// provider's. A refund that is unknown here was made at the provider.
pub(crate) async fn report(tx: &Tx, payment: &Payment, reported: ReportedRefund<'_>) -> Result<()> {
    let provider_refund_id = Some(reported.provider_refund_id.to_owned());
    let known = store::list(tx, payment.id).await?.into_iter().find(|refund| {
        Some(refund.id) == reported.refund_id || refund.provider_refund_id == provider_refund_id
    });
    let Some(known) = known else {
        let refund = Refund {
            status: reported.status,
            provider_refund_id,
            ..pending(tx, payment, RefundReason::Other, reported.amount)
        };
        return store::insert(tx, payment, &refund).await;
    };
    let was_given_up = known.was_given_up() && provider_refund_id != known.provider_refund_id;
    if !was_given_up && reported.status <= known.status && known.provider_refund_id.is_some() {
        return Ok(());
    }
    let failure_code = known.failure_code.clone().filter(|_| !was_given_up);
    let refund = Refund {
        status: if was_given_up { reported.status } else { reported.status.max(known.status) },
        provider_refund_id,
        failure_code: reported.failure_code.map(str::to_owned).or(failure_code),
        ..known
    };
    store::update_state(tx, &refund).await
}

fn pending(tx: &Tx, payment: &Payment, reason: RefundReason, amount: i64) -> Refund {
    Refund {
        id: tx.new_id(),
        payment_id: payment.id,
        amount,
        currency: payment.currency.clone(),
        status: RefundStatus::Pending,
        reason,
        note: None,
        ends_access: false,
        requested_by: None,
        provider_refund_id: None,
        failure_code: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}
