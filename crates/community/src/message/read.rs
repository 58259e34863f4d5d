//! Reading messages.

use database::Tx;
use kernel::{Code, ConversationId, Cursor, Limit, MessageId, Page, Result};

use super::{
    model::{Message, MessageRange},
    store,
};

/// Messages of a conversation of the caller's, by their number, since the caller joined it.
///
/// # Errors
/// [`Code::NotFound`], also where the caller is not a member.
pub async fn list(
    tx: &Tx,
    conversation_id: ConversationId,
    range: MessageRange,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Message>> {
    let me = tx.user_id()?;
    let rows = store::list(tx, me, conversation_id, range, after, limit).await?;
    // Either there is none, or the caller is not a member.
    if rows.is_empty() && !store::is_member(tx, me, conversation_id).await? {
        return Err(Code::NotFound.into());
    }
    Ok(Page::cut(rows, limit, |message| Cursor::at_number(message.number, message.id)))
}

/// A message of a conversation of the caller's.
///
/// # Errors
/// [`Code::NotFound`], also where the caller is not a member, or was not yet when it was sent.
pub async fn get(tx: &Tx, id: MessageId) -> Result<Message> {
    store::find(tx, tx.user_id()?, id).await?.ok_or_else(|| Code::NotFound.into())
}
