//! A payment with what happened to it afterwards.

use database::Tx;
use kernel::{PaymentId, Result};

use super::{find_visible, model::Payment};
use crate::{
    dispute::{self, Dispute},
    refund::{self, Refund},
};

/// A payment with its refunds and disputes.
#[derive(Clone, Debug)]
pub struct PaymentDetail {
    /// The payment.
    pub payment: Payment,
    /// The refunds of the payment, oldest first.
    pub refunds: Vec<Refund>,
    /// The disputes about the payment, oldest first.
    pub disputes: Vec<Dispute>,
}

/// A payment with its refunds and disputes, for its buyer, its seller and admins.
///
/// # Errors
/// [`kernel::Code::NotFound`].
pub async fn payment(tx: &Tx, id: PaymentId) -> Result<PaymentDetail> {
    Ok(PaymentDetail {
        payment: find_visible(tx, id).await?,
        refunds: refund::store::list(tx, id).await?,
        disputes: dispute::store::list(tx, id).await?,
    })
}
