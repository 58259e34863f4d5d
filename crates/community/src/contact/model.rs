//! Who may write to whom.

use std::time::Duration;

use entity::{
    enums::{MessagesFrom, UserStatus},
    message_preferences,
};
use kernel::{Timestamp, UserId};
use sea_orm::{DerivePartialModel, FromQueryResult};

/// What the school decides about messages.
#[derive(Clone, Copy, Debug)]
pub struct Messaging {
    /// From whom members accept messages who have not decided themselves.
    pub messages_from: MessagesFrom,
    /// How long after it was sent a message may be edited.
    pub edit_window: Duration,
    /// How long an account is new.
    pub new_account: Duration,
    /// How many conversations a new account may open in a day; 0 for no limit.
    pub new_account_conversations: u32,
    /// How many messages a new account may send in a minute; 0 for no limit.
    pub new_account_messages: u32,
}

/// From whom somebody accepts messages.
#[derive(Clone, Copy, Debug, DerivePartialModel)]
#[sea_orm(entity = "message_preferences::Entity")]
pub struct MessagePreferences {
    /// From whom messages are accepted.
    pub messages_from: MessagesFrom,
    /// Grows by one with every change; 0 before the first.
    pub version: i64,
}

/// Somebody to whom the caller wants to write.
#[derive(FromQueryResult)]
pub(crate) struct Contact {
    pub(crate) id: UserId,
    pub(crate) status: UserStatus,
    pub(crate) messages_from: Option<MessagesFrom>,
    pub(crate) is_blocked: bool,
}

/// The other person of a direct conversation.
#[derive(FromQueryResult)]
pub(crate) struct Counterpart {
    pub(crate) status: UserStatus,
    pub(crate) is_blocked: bool,
    /// Whether they have written in the conversation.
    pub(crate) has_answered: bool,
}

/// The account of somebody who writes.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Writer {
    /// When it was created.
    pub(crate) since: Timestamp,
    /// Whether its e-mail address is verified.
    pub(crate) is_verified: bool,
}

/// What new accounts may do only so often.
#[derive(Clone, Copy)]
pub(crate) enum LimitedAction {
    /// Open a conversation.
    OpenConversation,
    /// Send a message.
    SendMessage,
}
