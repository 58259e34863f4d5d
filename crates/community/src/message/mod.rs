//! Messages: numbered in their conversation, sent once, read by its members and by nobody else.

mod edit;
mod send;

pub use edit::{delete, edit};
pub use send::{NewMessage, send};

use database::Tx;
use identity::Person;
use kernel::{Code, ConversationId, Cursor, Limit, MessageId, Page, Result, Timestamp, Uuid};

use crate::store;

/// A message as one of the conversation's members sees it.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// Where it was sent.
    pub conversation_id: ConversationId,
    /// 1, 2, 3, … in its conversation.
    pub number: i64,
    /// Who sent it.
    pub sender: Person,
    /// The sender's own name for it, for the sender alone.
    pub client_message_id: Option<Uuid>,
    /// What it says; `None` where it was deleted or taken away.
    pub content: Option<String>,
    /// Of the reader's own: whether everybody else has read it; of others': whether the reader has.
    pub is_read: bool,
    /// In a direct conversation, since when.
    pub read_at: Option<Timestamp>,
    /// When its content was last changed.
    pub edited_at: Option<Timestamp>,
    /// When its sender deleted it for all.
    pub deleted_at: Option<Timestamp>,
    /// When a moderator took it away.
    pub removed_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
    /// When it was sent.
    pub created_at: Timestamp,
}

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageRange {
    /// Numbers above this one.
    pub after: Option<i64>,
    /// Numbers below this one.
    pub before: Option<i64>,
    /// Whether the lowest number comes first.
    pub ascending: bool,
}

/// The messages of a conversation of the caller's, since they came in, by number.
///
/// # Errors
/// [`Code::NotFound`], also for whoever is not in it.
pub async fn list(
    tx: &Tx,
    conversation_id: ConversationId,
    range: MessageRange,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Message>> {
    let me = tx.user_id()?;
    let rows = store::message::page(tx, me, conversation_id, range, after, limit).await?;
    // Nothing in it, or not in it.
    if rows.is_empty() && !store::message::is_member(tx, me, conversation_id).await? {
        return Err(Code::NotFound.into());
    }
    Ok(Page::cut(rows, limit, |message| Cursor {
        key: message.number,
        id: message.id.into(),
    }))
}

/// A message of a conversation of the caller's.
///
/// # Errors
/// [`Code::NotFound`], also for whoever is not in it, or was not yet.
pub async fn get(tx: &Tx, id: MessageId) -> Result<Message> {
    store::message::one(tx, tx.user_id()?, id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}
