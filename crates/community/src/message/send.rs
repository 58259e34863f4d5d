//! Sending a message.

use database::{Tx, outbox};
use kernel::{Code, ConversationId, Error, Result};
use serde_json::json;

use super::{
    model::{Message, MessageRow, NewMessage},
    read::get,
    store,
};
use crate::{
    contact::{
        self,
        model::{LimitedAction, Messaging},
    },
    conversation::store as conversations,
    live,
    rules::{self, WriteContext, WriteKind},
};

/// Sends a message, and answers whether it is new: sent again with the same `client_message_id`, it is the message that is there. Of
/// several requests at once, each waits for the lock of the conversation.
///
/// # Errors
/// [`Code::NotFound`], [`Code::RecipientUnreachable`], [`Code::NewAccountLimit`], [`Code::Muted`], [`Code::LinksRefused`],
/// [`Code::WordsRefused`], [`Code::ValidationFailed`] for a text without visible characters, [`Code::IdempotencyKeyReused`] where
/// the `client_message_id` belongs to a message with another text.
pub async fn send(
    tx: &Tx,
    messaging: &Messaging,
    conversation_id: ConversationId,
    new: NewMessage,
) -> Result<(Message, bool)> {
    let me = tx.user_id()?;
    let content = kernel::visible_text(&new.content, "/content")?;
    let membership = conversations::lock(tx, me, conversation_id).await?;
    let membership = membership.ok_or(Code::NotFound)?;
    if let Some(id) = store::find_sent(tx, me, conversation_id, new.client_message_id).await? {
        let message = get(tx, id).await?;
        let differs =
            message.edited_at.is_none() && message.content.as_ref().is_some_and(|before| *before != content);
        return if differs {
            Err(Error::new(Code::IdempotencyKeyReused)
                .detail("This clientMessageId belongs to another message."))
        } else {
            Ok((message, false))
        };
    }
    if let Some(other) = membership.other_id {
        contact::can_continue(tx, messaging, conversation_id, other).await?;
    }
    check_rules(tx, &content).await?;
    contact::check_rate_limit(tx, messaging, membership.writer, LimitedAction::SendMessage).await?;
    let (id, number) = (tx.new_id(), membership.last_number + 1);
    conversations::set_last_number(tx, conversation_id, number).await?;
    let row = MessageRow {
        id,
        conversation_id,
        number,
        sender_id: me,
        client_message_id: new.client_message_id,
        content: Some(content),
        version: 1,
        created_at: tx.now(),
    };
    store::insert(tx, row).await?;
    let message = get(tx, id).await?;
    let payload = json!({ "conversationId": conversation_id, "messageId": id });
    outbox::send(tx, "message.sent", payload).await?;
    publish(tx, &message, "message.created").await?;
    Ok((message, true))
}

/// Refuses a text that the rules of the school refuse, and a sender who is muted everywhere.
///
/// # Errors
/// [`Code::Muted`], [`Code::LinksRefused`], [`Code::WordsRefused`].
pub(super) async fn check_rules(tx: &Tx, content: &str) -> Result<()> {
    let context =
        WriteContext { course_id: None, is_moderator: tx.actor().is_admin(), kind: WriteKind::Message };
    // A message is not HTML: without these characters, no part of it is taken for a tag and skipped by the word filter.
    rules::check(tx, context, &content.replace(['<', '>'], " ")).await
}

/// Publishes a live event about a message to all members of its conversation, and so to other devices of the sender too.
pub(super) async fn publish(tx: &Tx, message: &Message, kind: &'static str) -> Result<()> {
    let members = conversations::member_ids(tx, message.conversation_id).await?;
    let data = json!({
        "conversationId": message.conversation_id, "messageId": message.id, "number": message.number,
    });
    live::publish(tx, &members, kind, data).await
}
