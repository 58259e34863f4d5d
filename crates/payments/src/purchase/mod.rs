//! Purchases: what somebody owns because they paid for it.

mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{Cursor, Limit, Page, Result};

pub use self::model::Purchase;

/// The caller's purchases, newest first, with those that have ended.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn list_purchases(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Purchase>> {
    let rows = store::list(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}
