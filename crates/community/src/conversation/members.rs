use database::Tx;
use kernel::{Code, ConversationId, Result, UserId};
use serde_json::json;

use super::{Conversation, MOST_MEMBERS, get, owned, tell_all};
use crate::{
    Messaging, contact,
    live::{self, Event},
    store,
};

/// Takes somebody into a group, who sees what is written from then on. Its owner; doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::DirectConversation`], [`Code::RecipientUnreachable`], [`Code::ListFull`].
pub async fn add_member(
    tx: &Tx,
    messaging: &Messaging,
    conversation_id: ConversationId,
    user_id: UserId,
) -> Result<Conversation> {
    let place = owned(tx, conversation_id).await?;
    let members = store::conversation::member_ids(tx, conversation_id).await?;
    if members.contains(&user_id) {
        return get(tx, conversation_id).await;
    }
    if members.len() >= MOST_MEMBERS {
        return Err(Code::ListFull.into());
    }
    contact::reach(tx, messaging, &[user_id], |_| String::new()).await?;
    if store::contact::is_blocked_in(tx, conversation_id, user_id).await? {
        return Err(Code::RecipientUnreachable.into());
    }
    let from = (false, place.last_number);
    store::conversation::insert_member(tx, conversation_id, user_id, from, true).await?;
    store::conversation::touch(tx, conversation_id).await?;
    let conversation = get(tx, conversation_id).await?;
    tell_all(tx, conversation_id, "conversation.updated").await?;
    Ok(conversation)
}

/// Takes somebody out of a group: its owner anybody, everybody themselves. Where the owner leaves, whoever has been there longest
/// owns it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::DirectConversation`].
pub async fn remove_member(tx: &Tx, conversation_id: ConversationId, user_id: UserId) -> Result<()> {
    let me = tx.user_id()?;
    let place = store::conversation::lock(tx, me, conversation_id)
        .await?
        .ok_or(Code::NotFound)?;
    if place.other_id.is_some() {
        return Err(Code::DirectConversation.into());
    }
    if user_id != me && !place.is_owner {
        return Err(Code::Forbidden.into());
    }
    let members = store::conversation::member_ids(tx, conversation_id).await?;
    if !members.contains(&user_id) {
        return Ok(());
    }
    if user_id == me && place.is_owner {
        // Before the caller has left: afterwards it is not theirs to say.
        let heir = members.iter().copied().find(|member| *member != me);
        if let Some(heir) = heir {
            store::conversation::set_owner(tx, conversation_id, heir).await?;
        }
    }
    store::conversation::touch(tx, conversation_id).await?;
    store::conversation::leave(tx, conversation_id, user_id).await?;
    let event = Event {
        kind: "conversation.updated",
        data: json!({ "conversationId": conversation_id }),
    };
    live::tell(tx, &members, event).await
}
