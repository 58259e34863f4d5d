//! Conversations in requests and answers.

use community::{ConversationKind, NewConversation};
use kernel::{ConversationId, UserId};

use crate::routes::{messages::Message, shared::prelude::*};

/// A conversation, as one of its members sees it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Conversation, ignore(version))]
pub(super) struct Conversation {
    /// The conversation's id.
    id: ConversationId,
    /// `DIRECT` between two people, or a `GROUP` with a title; more may be added.
    #[schema(value_type = String, example = "GROUP")]
    kind: ConversationKind,
    /// The title of a group; null for a direct conversation.
    #[schema(example = "Sunday runners")]
    title: Option<String>,
    /// The members, in the order in which they joined.
    members: Vec<ConversationMember>,
    /// The last message; null where there is none that the caller may see.
    last_message: Option<Message>,
    /// The number of the message up to which the caller has read.
    #[schema(minimum = 0, example = 41)]
    read_number: i64,
    /// How many messages of others the caller has not read; 1,000 means 1,000 or more.
    #[schema(minimum = 0, maximum = 1000, example = 1)]
    unread_count: i64,
    /// When the conversation was opened.
    created_at: DateTime<Utc>,
    /// When the title or the members were last changed.
    updated_at: DateTime<Utc>,
    /// When the last message was sent, or the conversation was opened.
    active_at: DateTime<Utc>,
}

/// A member of a conversation.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Member, used(person))]
struct ConversationMember {
    /// The person.
    #[dto(with = person.into())]
    user: Person,
    /// Whether the person owns the group.
    is_owner: bool,
    /// When the person joined the conversation.
    joined_at: DateTime<Utc>,
}

page! {
    /// A page of conversations.
    ConversationPage of Conversation
}

/// A conversation to be opened.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "kind": "GROUP", "title": "Sunday runners",
    "memberIds": ["0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000002"] }))]
#[dto(into = NewConversation)]
pub(super) struct OpenConversation {
    /// Between two people, or a group.
    #[schema(value_type = schema::ConversationKind)]
    kind: ConversationKind,
    /// The other members: one for a direct conversation.
    #[schema(min_items = 1, max_items = 31)]
    member_ids: Vec<UserId>,
    /// The title of a group.
    #[schema(min_length = 1, max_length = 100, example = "Sunday runners")]
    title: Option<String>,
}

/// A change of a conversation. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchConversation {
    /// The title of the group.
    #[schema(min_length = 1, max_length = 100, nullable = false, example = "Sunday runners")]
    pub(super) title: Option<String>,
}

/// How far the caller has read.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReadUpTo {
    /// The number of the last message that the caller has seen.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 0)]
    pub(super) number: i64,
}

/// How far the caller has read, and what is left.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::ReadState)]
pub(super) struct ReadState {
    /// The conversation.
    conversation_id: ConversationId,
    /// The number of the message up to which the caller has read.
    #[schema(minimum = 0, example = 42)]
    read_number: i64,
    /// How many messages of others are left; 1,000 means 1,000 or more.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    unread_count: i64,
}
