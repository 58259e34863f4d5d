//! Whom a text calls by name.

use database::Tx;
use kernel::{Code, Error, Result, UserId};

use crate::{
    store::{self, counters::Counted},
    text,
};

/// Writes down whom a text mentions, in place of whom it mentioned before; answers with those. Names that nobody has mention
/// nobody, and nobody mentions themselves.
///
/// # Errors
/// [`Code::TooManyMentions`].
pub(crate) async fn note(tx: &Tx, of: Counted, html: &str) -> Result<Vec<UserId>> {
    let names = text::mentioned(html);
    if names.len() > text::MENTIONS {
        let detail = format!("A text mentions at most {} people.", text::MENTIONS);
        return Err(Error::new(Code::TooManyMentions).detail(detail));
    }
    store::mention::clear(tx, of).await?;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let own = tx.actor().user_id();
    let mut ids = store::mention::accounts(tx, &names).await?;
    ids.retain(|id| Some(*id) != own);
    store::mention::insert(tx, of, &ids).await?;
    Ok(ids)
}

/// Whom a post or a comment mentions.
///
/// # Errors
/// What the database answers.
pub async fn of(tx: &Tx, of: Counted) -> Result<Vec<UserId>> {
    store::mention::of(tx, of).await
}
