//! Blocks: two of whom one has blocked the other do not write to one another, whichever it was.

use std::collections::HashSet;

use database::Tx;
use identity::Person;
use kernel::{Code, Cursor, Error, FieldError, Limit, Page, Result, Timestamp, UserId};

use crate::store;

/// Somebody whom the caller has blocked.
#[derive(Clone, Debug)]
pub struct Block {
    /// Who is blocked.
    pub person: Person,
    /// Since when.
    pub created_at: Timestamp,
}

/// Whether either of these has blocked the other. A request may ask about its caller and somebody else.
///
/// # Errors
/// What the database answers.
pub async fn between(tx: &Tx, a: UserId, b: UserId) -> Result<bool> {
    Ok(!of(tx, a, &[b]).await?.is_empty())
}

/// Those of `others` who have blocked this account or are blocked by it, in one statement. A request may ask about its caller;
/// which way it is, is for nobody to see.
///
/// # Errors
/// What the database answers.
pub async fn of(tx: &Tx, user_id: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    if others.is_empty() {
        return Ok(HashSet::new());
    }
    store::block::among(tx, user_id, others).await
}

/// Whom the caller has blocked, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Block>> {
    let rows = store::block::page(tx, tx.user_id()?, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    Ok(page.map(Into::into))
}

/// Blocks somebody; doing it again changes nothing. Conversations that are there stay, to be
/// read.
///
/// # Errors
/// [`Code::NotFound`] for nobody, [`Code::ValidationFailed`] for oneself.
pub async fn block(tx: &Tx, user_id: UserId) -> Result<Block> {
    let me = tx.user_id()?;
    if me == user_id {
        return Err(oneself(""));
    }
    if identity::people(tx, &[user_id]).await?.is_empty() {
        return Err(Code::NotFound.into());
    }
    store::block::insert(tx, me, user_id).await?;
    let row = store::block::one(tx, me, user_id).await?.ok_or(Code::NotFound)?;
    Ok(row.into())
}

/// Takes a block back, whether it was there or not.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn unblock(tx: &Tx, user_id: UserId) -> Result<()> {
    store::block::delete(tx, tx.user_id()?, user_id).await
}

/// Nobody blocks or writes to themselves.
pub(crate) fn oneself(pointer: impl Into<String>) -> Error {
    let reason = FieldError::new(pointer, "oneself", "This is you.");
    Error::invalid(vec![reason])
}
