use database::Tx;
use kernel::{Code, ConversationId, Error, FieldError, Result, UserId};

use super::{Conversation, ConversationKind, MOST_MEMBERS, get, tell_all};
use crate::{
    Messaging,
    contact::{self, Bounded},
    store,
};

/// What it takes to open a conversation.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// Of two, or of a group.
    pub kind: ConversationKind,
    /// With whom.
    pub member_ids: Vec<UserId>,
    /// A group's title.
    pub title: Option<String>,
}

/// Opens a conversation, and answers whether it is new: a second direct one between the same two is the first. Nobody is told of
/// a direct one before something is written in it.
///
/// # Errors
/// [`Code::RecipientUnreachable`], [`Code::NewAccountLimit`], [`Code::ValidationFailed`].
pub async fn open(tx: &Tx, messaging: &Messaging, new: NewConversation) -> Result<(Conversation, bool)> {
    let NewConversation {
        kind,
        mut member_ids,
        title,
    } = new;
    match (kind, title, member_ids.as_slice()) {
        (ConversationKind::Direct, None, [other]) => direct(tx, messaging, *other).await,
        (ConversationKind::Group, Some(title), _) => {
            let mut seen = std::collections::HashSet::new();
            member_ids.retain(|id| seen.insert(*id));
            group(tx, messaging, member_ids, &title).await
        }
        (ConversationKind::Direct, title, _) => {
            let place = if title.is_some() { "/title" } else { "/memberIds" };
            let detail = "A direct conversation has one other member, and no title.";
            Err(Error::invalid(vec![FieldError::new(place, "not_direct", detail)]))
        }
        (ConversationKind::Group, None, _) => {
            let reason = FieldError::new("/title", "required", "A group has a title.");
            Err(Error::invalid(vec![reason]))
        }
    }
}

async fn direct(tx: &Tx, messaging: &Messaging, other: UserId) -> Result<(Conversation, bool)> {
    let me = tx.user_id()?;
    let pair = (me.min(other), me.max(other));
    if let Some(id) = store::conversation::between(tx, pair).await? {
        return again(tx, me, id).await;
    }
    contact::reach(tx, messaging, &[other], |index| format!("/memberIds/{index}")).await?;
    bound(tx, messaging, me).await?;
    let id = tx.new_id();
    if !store::conversation::insert_direct(tx, id, me, pair).await? {
        // The other one, or another tab, was faster.
        let id = store::conversation::between(tx, pair).await?;
        return again(tx, me, id.ok_or(Code::NotFound)?).await;
    }
    store::conversation::insert_member(tx, id, me, (false, 0), true).await?;
    store::conversation::insert_member(tx, id, other, (false, 0), false).await?;
    Ok((get(tx, id).await?, true))
}

/// One that is there already; from now on it is in the caller's list.
async fn again(tx: &Tx, me: UserId, id: ConversationId) -> Result<(Conversation, bool)> {
    store::conversation::show(tx, me, id).await?;
    Ok((get(tx, id).await?, false))
}

async fn group(
    tx: &Tx,
    messaging: &Messaging,
    members: Vec<UserId>,
    title: &str,
) -> Result<(Conversation, bool)> {
    let me = tx.user_id()?;
    let title = crate::text::title(title)?;
    if members.len() >= MOST_MEMBERS {
        return Err(Code::ListFull.into());
    }
    contact::reach(tx, messaging, &members, |index| format!("/memberIds/{index}")).await?;
    bound(tx, messaging, me).await?;
    let id = tx.new_id();
    store::conversation::insert_group(tx, id, me, &title).await?;
    store::conversation::insert_member(tx, id, me, (true, 0), true).await?;
    for member in &members {
        store::conversation::insert_member(tx, id, *member, (false, 0), true).await?;
    }
    // Two who have blocked one another are not brought together by a third.
    for member in &members {
        if store::contact::is_blocked_in(tx, id, *member).await? {
            return Err(Code::RecipientUnreachable.into());
        }
    }
    let conversation = get(tx, id).await?;
    tell_all(tx, id, "conversation.created").await?;
    Ok((conversation, true))
}

async fn bound(tx: &Tx, messaging: &Messaging, me: UserId) -> Result<()> {
    let since = store::conversation::member_since(tx, me).await?;
    contact::bound_new(tx, messaging, since, Bounded::Conversations).await
}
