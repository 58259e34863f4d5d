//! Live events and tickets in requests and answers.

use kernel::{ConversationId, MessageId, UserId};

use crate::routes::shared::prelude::*;

/// The ids that an event names, by its kind; nothing for `ready`, `reset` and `notification.…`. The client reads the rest where they
/// point to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveEvent {
    /// The conversation, for `conversation.…` and `message.…`.
    #[schema(nullable = false)]
    conversation_id: Option<ConversationId>,
    /// The message, for `message.…`.
    #[schema(nullable = false)]
    message_id: Option<MessageId>,
    /// The number of the message, or the number up to which somebody has read (`conversation.read`).
    #[schema(nullable = false, minimum = 0, example = 42)]
    number: Option<i64>,
    /// The member who has read, for `conversation.read`.
    #[schema(nullable = false)]
    user_id: Option<UserId>,
}

/// Where the stream begins, and a ticket where no header can be set.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// The id of the last event that was received, for clients that cannot set `Last-Event-ID`. Where both are there, the header counts.
    #[param(max_length = 64, nullable = false, example = "9f3ac2d1-41")]
    pub(super) last_event_id: Option<String>,
    /// A ticket from `POST /me/events/ticket`, instead of the access token.
    #[param(max_length = 64, nullable = false, example = "kq0Zt4pWm2V5cJ1bYw8XrL3uG7hNfDs9QeAoTiBvCyM")]
    pub(super) ticket: Option<String>,
}

/// A ticket that opens a stream of events once.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::live::Ticket)]
pub(super) struct EventTicket {
    /// The value of `?ticket=`.
    #[schema(example = "kq0Zt4pWm2V5cJ1bYw8XrL3uG7hNfDs9QeAoTiBvCyM")]
    ticket: String,
    /// When the ticket expires, a minute after it was created.
    expires_at: DateTime<Utc>,
}
