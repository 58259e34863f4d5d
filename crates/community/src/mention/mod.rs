//! Mentions: the people whom a post or a comment calls by their username.

mod store;

use database::Tx;
use kernel::{Code, Error, Result, UserId};

use crate::{counter::model::PostOrComment, text};

pub(crate) use store::{clear, of};

/// Replaces the mentions of a post or a comment by those in this text, and answers with the accounts. An unknown username mentions
/// nobody, and nobody mentions themselves.
///
/// # Errors
/// [`Code::TooManyMentions`].
pub(crate) async fn replace(tx: &Tx, subject: PostOrComment, html: &str) -> Result<Vec<UserId>> {
    let usernames = text::mentioned(html);
    if usernames.len() > text::MAX_MENTIONS {
        let detail = format!("A text mentions at most {} people.", text::MAX_MENTIONS);
        return Err(Error::new(Code::TooManyMentions).detail(detail));
    }
    store::clear(tx, subject).await?;
    if usernames.is_empty() {
        return Ok(Vec::new());
    }
    let own = tx.actor().user_id();
    let mut ids = identity::accounts_called(tx, &usernames).await?;
    ids.retain(|id| Some(*id) != own);
    store::insert(tx, subject, &ids).await?;
    Ok(ids)
}
