//! The title of a group.

use database::Tx;
use kernel::{Code, ConversationId, Result};

use super::{
    access::{lock_owned_group, publish},
    model::Conversation,
    read::get,
    store,
};

/// Changes the title of a group, if its version is still one that `matches` accepts. For its owner.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::DirectConversation`], [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`] for a title without visible characters.
pub async fn rename(
    tx: &Tx,
    id: ConversationId,
    matches: impl Fn(i64) -> bool,
    title: Option<String>,
) -> Result<Conversation> {
    let membership = lock_owned_group(tx, id).await?;
    if !matches(membership.version) {
        return Err(Code::PreconditionFailed.into());
    }
    if let Some(title) = title {
        let title = kernel::visible_line(&title, "/title")?;
        store::set_title(tx, id, title).await?;
        publish(tx, id, "conversation.updated").await?;
    }
    get(tx, id).await
}
