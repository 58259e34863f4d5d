//! Messages of conversations.

use entity::messages;
use identity::Person;
use kernel::{ConversationId, MessageId, Timestamp, UserId, Uuid};
use sea_orm::{DerivePartialModel, EntityTrait, FromQueryResult};

/// A message, as a member of the conversation sees it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number in the conversation: 1, 2, 3, …
    pub number: i64,
    /// The sender.
    #[sea_orm(nested(prefix = "sender_"))]
    pub sender: Person,
    /// The sender's own id for the message; `None` for other readers.
    pub client_message_id: Option<Uuid>,
    /// The text; `None` once the message is deleted or removed.
    pub content: Option<String>,
    /// Whether the message was read: the caller's own by all other members, another's by the caller.
    #[sea_orm(skip)]
    pub is_read: bool,
    /// When the message was read, in a direct conversation; `None` until then.
    pub read_at: Option<Timestamp>,
    /// When the text was last changed; `None` until then.
    pub edited_at: Option<Timestamp>,
    /// When the sender deleted the message; `None` until then.
    pub deleted_at: Option<Timestamp>,
    /// When a moderator removed the message; `None` until then.
    pub removed_at: Option<Timestamp>,
    /// Grows by one with every change.
    pub version: i64,
    /// When the message was sent.
    pub created_at: Timestamp,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The sender's own id for the message: sent again with the same id, it is the same message.
    pub client_message_id: Uuid,
    /// The text.
    pub content: String,
}

/// Which messages of a conversation a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageRange {
    /// Only numbers above this one.
    pub after: Option<i64>,
    /// Only numbers below this one.
    pub before: Option<i64>,
    /// Whether the lowest number comes first.
    pub ascending: bool,
}

/// The row of a message to be inserted.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "messages::Entity", into_active_model)]
pub(crate) struct MessageRow {
    pub(crate) id: MessageId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) number: i64,
    pub(crate) sender_id: UserId,
    pub(crate) client_message_id: Uuid,
    pub(crate) content: Option<String>,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
}
