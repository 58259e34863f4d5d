//! Payments, as their buyers, their sellers and admins see them.

mod detail;
mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{Code, Cursor, Limit, Page, PaymentId, Result};

pub use self::{
    detail::{PaymentDetail, payment},
    model::Payment,
};

/// A payment that the caller may see.
pub(crate) async fn find_visible(tx: &Tx, id: PaymentId) -> Result<Payment> {
    let found = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    let actor = tx.actor();
    if actor.manages(found.author_id) || actor.user_id() == Some(found.user_id) {
        Ok(found)
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
