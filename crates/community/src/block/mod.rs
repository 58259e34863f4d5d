//! Blocks: where one of two people has blocked the other, neither writes to the other.

mod model;
mod store;

use std::collections::HashSet;

use database::Tx;
use kernel::{Code, Cursor, Error, FieldError, Limit, Page, Result, UserId};

pub use model::Block;

/// Those of `others` who have blocked this account or are blocked by it, in one statement; which of the two it is, is not told. A
/// request may ask about its caller only.
///
/// # Errors
/// What the database answers.
pub(crate) async fn among(tx: &Tx, user_id: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    if others.is_empty() {
        return Ok(HashSet::new());
    }
    store::among(tx, user_id, others).await
}

/// The people whom the caller has blocked, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Block>> {
    let rows = store::list(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.person.id)))
}

/// Blocks somebody. Doing it again changes nothing. Conversations with them stay readable.
///
/// # Errors
/// [`Code::NotFound`] for an account that does not exist, [`Code::ValidationFailed`] for the caller's own.
pub async fn block(tx: &Tx, user_id: UserId) -> Result<Block> {
    let me = tx.user_id()?;
    if me == user_id {
        return Err(own_account(""));
    }
    if identity::people(tx, &[user_id]).await?.is_empty() {
        return Err(Code::NotFound.into());
    }
    store::insert(tx, me, user_id).await?;
    let block = store::find(tx, me, user_id).await?;
    block.ok_or_else(|| Code::NotFound.into())
}

/// Removes a block, whether it is there or not.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn unblock(tx: &Tx, user_id: UserId) -> Result<()> {
    store::delete(tx, tx.user_id()?, user_id).await
}

/// The refusal to block oneself, or to write to oneself.
pub(crate) fn own_account(pointer: impl Into<String>) -> Error {
    let reason = FieldError::new(pointer, "oneself", "This is you.");
    Error::invalid(vec![reason])
}
