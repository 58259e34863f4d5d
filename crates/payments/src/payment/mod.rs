//! Payments, as their buyers, their sellers and admins see them.

mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{Code, Cursor, Limit, Page, PaymentId, Result};

pub use self::model::{Payment, PaymentDetail};
use crate::{dispute, refund};

/// A payment with its refunds and disputes, for its buyer, its seller and admins.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn payment(tx: &Tx, id: PaymentId) -> Result<PaymentDetail> {
    Ok(PaymentDetail {
        payment: find_visible(tx, id).await?,
        refunds: refund::store::list(tx, id).await?,
        disputes: dispute::store::list(tx, id).await?,
    })
}

/// A payment that the caller may see.
pub(crate) async fn find_visible(tx: &Tx, id: PaymentId) -> Result<Payment> {
    let payment = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    let actor = tx.actor();
    if actor.manages(payment.author_id) || actor.user_id() == Some(payment.user_id) {
        Ok(payment)
    } else {
        Err(Code::NotFound.into())
    }
}

/// The caller's own payments, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_payments(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Payment>> {
    let rows = store::list(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}
