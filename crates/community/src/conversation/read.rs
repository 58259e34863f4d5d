//! Reading conversations, and how far a member has read.

use database::Tx;
use entity::enums::ConversationKind;
use kernel::{Code, ConversationId, Cursor, Error, FieldError, Limit, Page, Result, UserId};
use serde_json::json;

use super::{
    model::{Conversation, ConversationRow, ReadState},
    store,
};
use crate::{live, message::store as messages};

/// The caller's conversations, the one with the latest message first. The number of statements does not depend on how many there are.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Conversation>> {
    let me = tx.user_id()?;
    let rows = store::list(tx, me, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.active_at, row.id));
    Ok(Page { data: complete(tx, me, page.data).await?, next: page.next })
}

/// A conversation of the caller's.
///
/// # Errors
/// [`Code::NotFound`], also where the caller is not a member.
pub async fn get(tx: &Tx, id: ConversationId) -> Result<Conversation> {
    let me = tx.user_id()?;
    let row = store::find(tx, me, id).await?.ok_or(Code::NotFound)?;
    let mut data = complete(tx, me, vec![row]).await?;
    data.pop().ok_or_else(|| Code::NotFound.into())
}

/// Adds the members and the last messages.
async fn complete(tx: &Tx, me: UserId, rows: Vec<ConversationRow>) -> Result<Vec<Conversation>> {
    let ids: Vec<ConversationId> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut members = store::members(tx, &ids).await?;
    let mut last_messages = messages::last(tx, me, &ids).await?;
    let complete = |row: ConversationRow| Conversation {
        members: members.remove(&row.id).unwrap_or_default(),
        last_message: last_messages.remove(&row.id),
        id: row.id,
        kind: row.kind,
        title: row.title,
        read_number: row.read_number,
        unread_count: row.unread_count,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        active_at: row.active_at,
    };
    Ok(rows.into_iter().map(complete).collect())
}

/// Notes that the caller has read up to this number. The read position never goes back: a lower number changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::ValidationFailed`] for a number that no message has yet.
pub async fn read(tx: &Tx, id: ConversationId, number: i64) -> Result<ReadState> {
    let me = tx.user_id()?;
    let before = store::find(tx, me, id).await?.ok_or(Code::NotFound)?;
    if number > before.last_number {
        let reason = FieldError::new("/number", "unknown_message", "There is no such message yet.");
        return Err(Error::invalid(vec![reason]));
    }
    let advanced = store::advance_read(tx, id, me, number).await?;
    let after = store::find(tx, me, id).await?.ok_or(Code::NotFound)?;
    if advanced {
        if before.kind == ConversationKind::Direct {
            store::insert_read(tx, id, me, number).await?;
        }
        let members = store::member_ids(tx, id).await?;
        let data = json!({ "conversationId": id, "userId": me, "number": number });
        live::publish(tx, &members, "conversation.read", data).await?;
    }
    Ok(ReadState { conversation_id: id, read_number: after.read_number, unread_count: after.unread_count })
}
