//! Messages in requests and answers.

use community::{MessageRange, NewMessage};
use kernel::{ConversationId, MessageId, Uuid};

use crate::routes::shared::prelude::*;

bounded! {
    /// Plain text of up to 4,000 characters, of which one can be seen. Invisible characters, such as marks that turn the direction of
    /// text, are removed.
    #[schema(
        min_length = 1,
        max_length = 4000,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "See you at the gym at six?"
    )]
    MessageText(String);
}

/// A message, as a member of the conversation sees it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Message)]
pub(in crate::routes) struct Message {
    /// The message's id.
    id: MessageId,
    /// The conversation.
    conversation_id: ConversationId,
    /// The number in the conversation: 1, 2, 3, …, without gaps.
    #[schema(minimum = 1, example = 42)]
    number: i64,
    /// The sender.
    sender: Person,
    /// The sender's own id for the message; null for everybody else.
    client_message_id: Option<Uuid>,
    /// The plain text; null once the message is deleted or removed, when only its number is left.
    #[schema(example = "See you at the gym at six?")]
    content: Option<String>,
    /// Whether the message was read: the caller's own by all other members, another's by the caller.
    is_read: bool,
    /// When the message was read, in a direct conversation; null until then.
    read_at: Option<DateTime<Utc>>,
    /// When the text was last changed; null until then.
    edited_at: Option<DateTime<Utc>>,
    /// When the sender deleted the message for all members; null until then.
    deleted_at: Option<DateTime<Utc>>,
    /// When a moderator removed the message; null until then.
    removed_at: Option<DateTime<Utc>>,
    /// Grows by one with every change: the version that `If-Match` names.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When the message was sent.
    created_at: DateTime<Utc>,
}

page! {
    /// A page of messages.
    MessagePage of Message
}

/// A message to be sent.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewMessage)]
pub(super) struct SendMessage {
    /// The sender's own id for the message, a new one for each. Sent again with the same id, it is the same message.
    #[schema(example = "5f0c9d6e-8f0a-4b55-9f3e-8f7f2f1c9a10")]
    client_message_id: Uuid,
    /// The text.
    content: MessageText,
}

/// A change of a message. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchMessage {
    /// The text.
    #[schema(nullable = false)]
    pub(super) content: Option<MessageText>,
}

/// The order of a list of messages.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
enum MessageOrder {
    /// The oldest first.
    #[serde(rename = "number")]
    Ascending,
    /// The newest first.
    #[serde(rename = "-number")]
    Descending,
}

/// The query of a list of messages.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MessageQuery {
    /// Only messages with a greater number.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64, nullable = false, example = 41)]
    after: Option<i64>,
    /// Only messages with a smaller number.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64, nullable = false, example = 100)]
    before: Option<i64>,
    /// The order: the newest first where it is missing.
    #[param(inline, nullable = false)]
    sort: Option<MessageOrder>,
}

impl Filter for MessageQuery {
    fn is_implied(&self, parameter: &str) -> bool {
        parameter == "sort" && self.sort == Some(MessageOrder::Descending)
    }
}

impl MessageQuery {
    pub(super) fn range(&self) -> MessageRange {
        MessageRange {
            after: self.after,
            before: self.before,
            ascending: self.sort == Some(MessageOrder::Ascending),
        }
    }
}
