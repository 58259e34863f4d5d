//! Adding and removing members of a group.

use database::Tx;
use kernel::{Code, ConversationId, Result, UserId};
use serde_json::json;

use super::{
    access::{lock_owned_group, publish},
    model::{Conversation, MAX_MEMBERS},
    read::get,
    store::{self, Joining},
};
use crate::{
    contact::{self, model::Messaging},
    live,
};

/// Adds somebody to a group, who sees the messages from then on. For its owner. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::DirectConversation`], [`Code::RecipientUnreachable`], [`Code::ListFull`].
pub async fn add_member(
    tx: &Tx,
    messaging: &Messaging,
    conversation_id: ConversationId,
    user_id: UserId,
) -> Result<Conversation> {
    let membership = lock_owned_group(tx, conversation_id).await?;
    let members = store::member_ids(tx, conversation_id).await?;
    if members.contains(&user_id) {
        return get(tx, conversation_id).await;
    }
    if members.len() >= MAX_MEMBERS {
        return Err(Code::ListFull.into());
    }
    contact::can_message(tx, messaging, &[user_id], |_| String::new()).await?;
    if contact::store::is_blocked_in(tx, conversation_id, user_id).await? {
        return Err(Code::RecipientUnreachable.into());
    }
    let joining = Joining { is_owner: false, number: membership.last_number, is_listed: true };
    store::insert_member(tx, conversation_id, user_id, joining).await?;
    store::touch(tx, conversation_id).await?;
    let conversation = get(tx, conversation_id).await?;
    publish(tx, conversation_id, "conversation.updated").await?;
    Ok(conversation)
}

/// Removes somebody from a group: its owner may remove everybody, and each member themselves. When the owner leaves, the member who
/// has been there the longest becomes the owner.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::DirectConversation`].
pub async fn remove_member(tx: &Tx, conversation_id: ConversationId, user_id: UserId) -> Result<()> {
    let me = tx.user_id()?;
    let membership = store::lock(tx, me, conversation_id).await?;
    let membership = membership.ok_or(Code::NotFound)?;
    if membership.other_id.is_some() {
        return Err(Code::DirectConversation.into());
    }
    if user_id != me && !membership.is_owner {
        return Err(Code::Forbidden.into());
    }
    let members = store::member_ids(tx, conversation_id).await?;
    if !members.contains(&user_id) {
        return Ok(());
    }
    if user_id == me && membership.is_owner {
        // Before the caller leaves: afterwards they may not change the group.
        let next_owner = members.iter().copied().find(|member| *member != me);
        if let Some(next_owner) = next_owner {
            store::set_owner(tx, conversation_id, next_owner).await?;
        }
    }
    store::touch(tx, conversation_id).await?;
    store::leave(tx, conversation_id, user_id).await?;
    // To the members as they were: the one who left is notified too.
    let data = json!({ "conversationId": conversation_id });
    live::publish(tx, &members, "conversation.updated", data).await
}
