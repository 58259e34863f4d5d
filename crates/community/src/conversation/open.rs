//! Opening a conversation.

use std::collections::HashSet;

use database::Tx;
use entity::enums::ConversationKind;
use kernel::{Code, ConversationId, Error, FieldError, Result, UserId};

use super::{
    access::publish,
    model::{Conversation, MAX_MEMBERS, NewConversation, Pair},
    read::get,
    store::{self, Joining},
};
use crate::contact::{
    self,
    model::{LimitedAction, Messaging},
};

/// Opens a conversation, and answers whether it is new: a second direct one between the same two people is the first. The other person
/// of a direct conversation is not notified of it before the first message.
///
/// # Errors
/// [`Code::RecipientUnreachable`], [`Code::NewAccountLimit`], [`Code::ValidationFailed`], [`Code::ListFull`].
pub async fn open(tx: &Tx, messaging: &Messaging, new: NewConversation) -> Result<(Conversation, bool)> {
    let NewConversation { kind, mut member_ids, title } = new;
    match (kind, title, member_ids.as_slice()) {
        (ConversationKind::Direct, None, [other]) => open_direct(tx, messaging, *other).await,
        (ConversationKind::Group, Some(title), _) => {
            let mut seen = HashSet::new();
            member_ids.retain(|id| seen.insert(*id));
            open_group(tx, messaging, member_ids, &title).await
        }
        (ConversationKind::Direct, title, _) => {
            let pointer = if title.is_some() { "/title" } else { "/memberIds" };
            let detail = "A direct conversation has one other member, and no title.";
            let reason = FieldError::new(pointer, "not_direct", detail);
            Err(Error::invalid(vec![reason]))
        }
        (ConversationKind::Group, None, _) => {
            let reason = FieldError::new("/title", "required", "A group has a title.");
            Err(Error::invalid(vec![reason]))
        }
    }
}

async fn open_direct(tx: &Tx, messaging: &Messaging, other: UserId) -> Result<(Conversation, bool)> {
    let me = tx.user_id()?;
    let pair = Pair::new(me, other);
    if let Some(id) = store::find_direct(tx, pair).await? {
        return open_again(tx, me, id).await;
    }
    contact::can_message(tx, messaging, &[other], |index| format!("/memberIds/{index}")).await?;
    check_rate_limit(tx, messaging, me).await?;
    let id = tx.new_id();
    if !store::insert_direct(tx, id, me, pair).await? {
        // The other person, or another device of the caller's, was faster.
        let id = store::find_direct(tx, pair).await?;
        return open_again(tx, me, id.ok_or(Code::NotFound)?).await;
    }
    store::insert_member(tx, id, me, joining(false, true)).await?;
    store::insert_member(tx, id, other, joining(false, false)).await?;
    Ok((get(tx, id).await?, true))
}

/// Puts a direct conversation that is there into the caller's list.
async fn open_again(tx: &Tx, me: UserId, id: ConversationId) -> Result<(Conversation, bool)> {
    store::add_to_list(tx, id, me).await?;
    Ok((get(tx, id).await?, false))
}

async fn open_group(
    tx: &Tx,
    messaging: &Messaging,
    members: Vec<UserId>,
    title: &str,
) -> Result<(Conversation, bool)> {
    let me = tx.user_id()?;
    let title = kernel::visible_line(title, "/title")?;
    if members.len() >= MAX_MEMBERS {
        return Err(Code::ListFull.into());
    }
    contact::can_message(tx, messaging, &members, |index| format!("/memberIds/{index}")).await?;
    check_rate_limit(tx, messaging, me).await?;
    let id = tx.new_id();
    store::insert_group(tx, id, me, title).await?;
    store::insert_member(tx, id, me, joining(true, true)).await?;
    for member in &members {
        store::insert_member(tx, id, *member, joining(false, true)).await?;
    }
    // A third person does not bring together two of whom one has blocked the other.
    for member in &members {
        if contact::store::is_blocked_in(tx, id, *member).await? {
            return Err(Code::RecipientUnreachable.into());
        }
    }
    let conversation = get(tx, id).await?;
    publish(tx, id, "conversation.created").await?;
    Ok((conversation, true))
}

/// Members of a new conversation see all messages.
fn joining(is_owner: bool, is_listed: bool) -> Joining {
    Joining { is_owner, number: 0, is_listed }
}

async fn check_rate_limit(tx: &Tx, messaging: &Messaging, me: UserId) -> Result<()> {
    let writer = store::writer(tx, me).await?;
    contact::check_rate_limit(tx, messaging, writer, LimitedAction::OpenConversation).await
}
