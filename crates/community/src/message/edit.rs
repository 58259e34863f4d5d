use database::Tx;
use kernel::{Code, MessageId, Result};

use super::{
    Message, get,
    send::{allowed, tell},
};
use crate::{Messaging, store};

/// Changes what a message says, if its version is still one that `matches` accepts. Its sender, within the time for it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::PreconditionFailed`], [`Code::EditWindowOver`] also for one that was deleted
/// or taken away, [`Code::ValidationFailed`]; what the school does not let anybody write.
pub async fn edit(
    tx: &Tx,
    messaging: &Messaging,
    id: MessageId,
    matches: impl Fn(i64) -> bool,
    content: Option<String>,
) -> Result<Message> {
    let before = own(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Some(content) = content else {
        return Ok(before);
    };
    let content = crate::text::seen(&content, "/content")?;
    if before.content.is_none() || before.created_at + messaging.edit_window <= tx.now() {
        return Err(Code::EditWindowOver.into());
    }
    if before.content.as_ref() == Some(&content) {
        return Ok(before);
    }
    allowed(tx, &content).await?;
    if !store::message::set_content(tx, id, before.version, &content).await? {
        return Err(Code::PreconditionFailed.into());
    }
    let after = get(tx, id).await?;
    tell(tx, &after, "message.updated").await?;
    Ok(after)
}

/// Deletes a message for all: what it said is gone, its place stays. Its sender, at any time; doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn delete(tx: &Tx, id: MessageId) -> Result<()> {
    let before = own(tx, id).await?;
    if store::message::clear(tx, id).await? {
        tell(tx, &before, "message.deleted").await?;
    }
    Ok(())
}

async fn own(tx: &Tx, id: MessageId) -> Result<Message> {
    let message = get(tx, id).await?;
    if Some(message.sender.id) == tx.actor().user_id() {
        Ok(message)
    } else {
        Err(Code::Forbidden.into())
    }
}
