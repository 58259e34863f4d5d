//! Conversations: of two, or of a small group.

mod members;
mod open;

pub use members::{add_member, remove_member};
pub use open::{NewConversation, open};

use database::Tx;
use identity::Person;
use kernel::{Code, ConversationId, Cursor, Limit, Page, Result, Timestamp, UserId};
use serde_json::json;

use crate::{
    Message,
    live::{self, Event},
    store,
};

/// How many a conversation has at most, whoever opened it included.
pub const MOST_MEMBERS: usize = 32;

/// What kind of conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationKind {
    /// Of two; there is one between the same two.
    Direct,
    /// Of up to [`MOST_MEMBERS`], with a title and an owner.
    Group,
}

impl ConversationKind {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "DIRECT",
            Self::Group => "GROUP",
        }
    }
}

/// Somebody who is in a conversation.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// Whether they own the group.
    pub is_owner: bool,
    /// Since when they are in it.
    pub joined_at: Timestamp,
}

/// A conversation as one of its members sees it.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The conversation's id.
    pub id: ConversationId,
    /// `DIRECT` or `GROUP`.
    pub kind: String,
    /// A group's.
    pub title: Option<String>,
    /// Everybody who is in it, in the order in which they came.
    pub members: Vec<Member>,
    /// The last message, where there is one that the reader may see.
    pub last_message: Option<Message>,
    /// Up to which number the reader has read.
    pub read_number: i64,
    /// How many messages of others the reader has not read; counted up to 1,000.
    pub unread_count: i64,
    /// Grows with every change of title or members.
    pub version: i64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its title or its members last changed.
    pub updated_at: Timestamp,
    /// When it last stirred; what lists are sorted by.
    pub active_at: Timestamp,
}

/// The caller's conversations, the one that stirred last first. As many statements however many they are.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Conversation>> {
    let me = tx.user_id()?;
    let rows = store::conversation::page(tx, me, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.active_at, row.id));
    let data = complete(tx, me, page.data).await?;
    Ok(Page {
        data,
        next: page.next,
    })
}

/// A conversation of the caller's.
///
/// # Errors
/// [`Code::NotFound`], also for whoever is not in it.
pub async fn get(tx: &Tx, id: ConversationId) -> Result<Conversation> {
    let me = tx.user_id()?;
    let row = store::conversation::one(tx, me, id)
        .await?
        .ok_or(Code::NotFound)?;
    let mut data = complete(tx, me, vec![row]).await?;
    data.pop().ok_or_else(|| Code::NotFound.into())
}

/// Adds members and last messages.
async fn complete(tx: &Tx, me: UserId, rows: Vec<store::conversation::Row>) -> Result<Vec<Conversation>> {
    let ids: Vec<ConversationId> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut members = store::conversation::members(tx, &ids).await?;
    let mut messages = store::message::last(tx, me, &ids).await?;
    let complete = |row: store::conversation::Row| Conversation {
        members: members.remove(&row.id).unwrap_or_default(),
        last_message: messages.remove(&row.id),
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

/// Gives a group another title, if its version is still one that `matches` accepts. Its owner.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::DirectConversation`], [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`] for a title in which nothing is to be seen.
pub async fn rename(
    tx: &Tx,
    id: ConversationId,
    matches: impl Fn(i64) -> bool,
    title: Option<String>,
) -> Result<Conversation> {
    let place = owned(tx, id).await?;
    if !matches(place.version) {
        return Err(Code::PreconditionFailed.into());
    }
    if let Some(title) = title {
        let title = crate::text::title(&title)?;
        store::conversation::set_title(tx, id, &title).await?;
        tell_all(tx, id, "conversation.updated").await?;
    }
    get(tx, id).await
}

/// A group that the caller owns, locked until the end of the transaction.
async fn owned(tx: &Tx, id: ConversationId) -> Result<store::conversation::Place> {
    let place = store::conversation::lock(tx, tx.user_id()?, id)
        .await?
        .ok_or(Code::NotFound)?;
    if place.other_id.is_some() {
        return Err(Code::DirectConversation.into());
    }
    if !place.is_owner {
        return Err(Code::Forbidden.into());
    }
    Ok(place)
}

/// Tells everybody who is in it that something about the conversation is new.
async fn tell_all(tx: &Tx, id: ConversationId, kind: &'static str) -> Result<()> {
    let members = store::conversation::member_ids(tx, id).await?;
    let event = Event {
        kind,
        data: json!({ "conversationId": id }),
    };
    live::tell(tx, &members, event).await
}

/// How far the caller has read.
#[derive(Clone, Copy, Debug)]
pub struct ReadState {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Up to which number.
    pub read_number: i64,
    /// How many messages of others are left; counted up to 1,000.
    pub unread_count: i64,
}

/// Notes that the caller has read up to this number. It never goes back: an older number changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::ValidationFailed`] for a number that no message has yet.
pub async fn read(tx: &Tx, id: ConversationId, number: i64) -> Result<ReadState> {
    let me = tx.user_id()?;
    let before = store::conversation::one(tx, me, id)
        .await?
        .ok_or(Code::NotFound)?;
    if number > before.last_number {
        let reason = kernel::FieldError::new("/number", "unknown_message", "There is no such message yet.");
        return Err(kernel::Error::invalid(vec![reason]));
    }
    let advanced = store::conversation::advance(tx, me, id, number).await?;
    let after = store::conversation::one(tx, me, id)
        .await?
        .ok_or(Code::NotFound)?;
    if advanced {
        if before.kind == ConversationKind::Direct.as_str() {
            store::conversation::insert_read(tx, me, id, number).await?;
        }
        let members = store::conversation::member_ids(tx, id).await?;
        let event = Event {
            kind: "conversation.read",
            data: json!({ "conversationId": id, "userId": me, "number": number }),
        };
        live::tell(tx, &members, event).await?;
    }
    Ok(ReadState {
        conversation_id: id,
        read_number: after.read_number,
        unread_count: after.unread_count,
    })
}
