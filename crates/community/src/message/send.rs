use database::{Tx, outbox};
use kernel::{Code, ConversationId, Error, Result, Uuid};
use serde_json::json;

use super::Message;
use crate::{
    Messaging,
    contact::{self, Bounded},
    live::{self, Event},
    rules::{self, Scope, Writing},
    store,
};

/// What it takes to send a message.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The sender's own name for it: sent again, it is the same message.
    pub client_message_id: Uuid,
    /// What it says.
    pub content: String,
}

/// Sends a message, and answers whether it is new: sent again under the same name it is the one that is there. Of many at once
/// one is made, since they stand in line for the conversation.
///
/// # Errors
/// [`Code::NotFound`], [`Code::RecipientUnreachable`], [`Code::NewAccountLimit`], [`Code::Muted`], [`Code::LinksRefused`],
/// [`Code::WordsRefused`], [`Code::ValidationFailed`] for a message in which nothing is to be seen, [`Code::IdempotencyKeyReused`] where the name belongs to a message that says something else.
pub async fn send(
    tx: &Tx,
    messaging: &Messaging,
    conversation_id: ConversationId,
    new: NewMessage,
) -> Result<(Message, bool)> {
    let me = tx.user_id()?;
    let content = crate::text::seen(&new.content, "/content")?;
    let place = store::conversation::lock(tx, me, conversation_id)
        .await?
        .ok_or(Code::NotFound)?;
    let sent = store::message::sent(tx, me, conversation_id, new.client_message_id).await?;
    if let Some(sent) = sent {
        let message = super::get(tx, sent).await?;
        let other =
            message.edited_at.is_none() && message.content.as_ref().is_some_and(|before| *before != content);
        return if other {
            Err(Error::new(Code::IdempotencyKeyReused)
                .detail("This clientMessageId belongs to another message."))
        } else {
            Ok((message, false))
        };
    }
    if let Some(other) = place.other_id {
        contact::go_on(tx, messaging, conversation_id, other).await?;
    }
    allowed(tx, &content).await?;
    contact::bound_new(tx, messaging, place.member_since, Bounded::Messages).await?;
    let (id, number) = (tx.new_id(), place.last_number + 1);
    store::conversation::take_number(tx, conversation_id, number).await?;
    store::message::insert(
        tx,
        id,
        conversation_id,
        number,
        (me, new.client_message_id),
        &content,
    )
    .await?;
    let message = super::get(tx, id).await?;
    let ids = json!({ "conversationId": conversation_id, "messageId": id });
    outbox::send(tx, "message.sent", ids).await?;
    tell(tx, &message, "message.created").await?;
    Ok((message, true))
}

/// Refuses what the school does not let anybody write, and whoever is muted everywhere.
///
/// # Errors
/// [`Code::Muted`], [`Code::LinksRefused`], [`Code::WordsRefused`].
pub(super) async fn allowed(tx: &Tx, content: &str) -> Result<()> {
    let scope = Scope {
        course_id: None,
        staff: tx.actor().is_admin(),
        writing: Writing::Message,
    };
    // It is no HTML, in which a word could hide.
    rules::may_write(tx, scope, &content.replace(['<', '>'], " ")).await
}

/// Tells everybody in the conversation, other windows of the sender's included.
pub(super) async fn tell(tx: &Tx, message: &Message, kind: &'static str) -> Result<()> {
    let members = store::conversation::member_ids(tx, message.conversation_id).await?;
    let data = json!({
        "conversationId": message.conversation_id, "messageId": message.id, "number": message.number,
    });
    live::tell(tx, &members, Event { kind, data }).await
}
