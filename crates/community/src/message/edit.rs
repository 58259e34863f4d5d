//! Editing and deleting a message.

use database::Tx;
use kernel::{Code, MessageId, Result};

use super::{model::Message, read::get, send, store};
use crate::contact::model::Messaging;

/// Changes the text of a message, if its version is still one that `matches` accepts. For its sender, within the edit window.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::PreconditionFailed`], [`Code::EditWindowOver`], also for a message that is
/// deleted or removed, [`Code::ValidationFailed`], and what the rules of the school refuse.
pub async fn edit(
    tx: &Tx,
    messaging: &Messaging,
    id: MessageId,
    matches: impl Fn(i64) -> bool,
    content: Option<String>,
) -> Result<Message> {
    let before = require_own(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Some(content) = content else {
        return Ok(before);
    };
    let content = kernel::visible_text(&content, "/content")?;
    if before.content.as_ref() == Some(&content) {
        return Ok(before);
    }
    if before.content.is_none() || before.created_at + messaging.edit_window <= tx.now() {
        return Err(Code::EditWindowOver.into());
    }
    send::check_rules(tx, &content).await?;
    if !store::update(tx, id, before.version, content).await? {
        return Err(Code::PreconditionFailed.into());
    }
    let after = get(tx, id).await?;
    send::publish(tx, &after, "message.updated").await?;
    Ok(after)
}

/// Deletes a message for all members: its text is gone, its number stays. For its sender, at any time. Doing it again changes
/// nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn delete(tx: &Tx, id: MessageId) -> Result<()> {
    let before = require_own(tx, id).await?;
    if store::clear(tx, id).await? {
        send::publish(tx, &before, "message.deleted").await?;
    }
    Ok(())
}

async fn require_own(tx: &Tx, id: MessageId) -> Result<Message> {
    let message = get(tx, id).await?;
    if Some(message.sender.id) == tx.actor().user_id() { Ok(message) } else { Err(Code::Forbidden.into()) }
}
