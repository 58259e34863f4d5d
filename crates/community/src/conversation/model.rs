//! Conversations and their members.

use entity::enums::ConversationKind;
use identity::Person;
use kernel::{ConversationId, Timestamp, UserId};
use sea_orm::FromQueryResult;

use crate::{contact::model::Writer, message::model::Message};

/// The most members of a conversation, with the one who opened it.
pub const MAX_MEMBERS: usize = 32;

/// A member of a conversation.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Member {
    /// The person.
    #[sea_orm(nested(prefix = "person_"))]
    pub person: Person,
    /// Whether the person owns the group.
    pub is_owner: bool,
    /// When the person joined the conversation.
    pub joined_at: Timestamp,
}

/// A conversation, as one of its members sees it.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The conversation's id.
    pub id: ConversationId,
    /// Whether it is between two people or a group.
    pub kind: ConversationKind,
    /// The title of a group; `None` for a direct conversation.
    pub title: Option<String>,
    /// The members, in the order in which they joined.
    pub members: Vec<Member>,
    /// The last message, if there is one that the caller may see.
    pub last_message: Option<Message>,
    /// The number up to which the caller has read.
    pub read_number: i64,
    /// How many messages of others the caller has not read, counted up to 1,000.
    pub unread_count: i64,
    /// Grows by one with every change of the title or the members.
    pub version: i64,
    /// When the conversation was opened.
    pub created_at: Timestamp,
    /// When the title or the members were last changed.
    pub updated_at: Timestamp,
    /// When the last message was sent, or the conversation was opened; lists are sorted by it.
    pub active_at: Timestamp,
}

/// A conversation to be opened.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// Between two people, or a group.
    pub kind: ConversationKind,
    /// The other members.
    pub member_ids: Vec<UserId>,
    /// The title of a group.
    pub title: Option<String>,
}

/// How far the caller has read in a conversation.
#[derive(Clone, Copy, Debug)]
pub struct ReadState {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number up to which the caller has read.
    pub read_number: i64,
    /// How many messages of others are left, counted up to 1,000.
    pub unread_count: i64,
}

/// A conversation as it stands in the list of one member.
#[derive(FromQueryResult)]
pub(crate) struct ConversationRow {
    pub(crate) id: ConversationId,
    pub(crate) kind: ConversationKind,
    pub(crate) title: Option<String>,
    pub(crate) last_number: i64,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) active_at: Timestamp,
    pub(crate) read_number: i64,
    pub(crate) unread_count: i64,
}

/// What a member who is about to change a conversation has to know of it.
#[derive(FromQueryResult)]
pub(crate) struct Membership {
    pub(crate) last_number: i64,
    pub(crate) version: i64,
    pub(crate) is_owner: bool,
    /// The other person of a direct conversation; `None` for a group.
    pub(crate) other_id: Option<UserId>,
    /// The member's account.
    #[sea_orm(nested)]
    pub(crate) writer: Writer,
}

/// The two people of a direct conversation, in the order of their ids.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) low: UserId,
    pub(crate) high: UserId,
}

impl Pair {
    pub(crate) fn new(a: UserId, b: UserId) -> Self {
        Self { low: a.min(b), high: a.max(b) }
    }
}
