//! Who may write to whom. This module alone decides it.

pub(crate) mod model;
pub(crate) mod store;

use std::{collections::HashSet, time::Duration};

use database::Tx;
use entity::enums::{MessagesFrom, UserStatus};
use kernel::{Code, ConversationId, Error, FieldError, Result, UserId};

pub use model::{MessagePreferences, Messaging};

use model::{LimitedAction, Writer};

use crate::block;

/// From whom the caller accepts messages: their own decision, or else the school's.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn message_preferences(tx: &Tx, messaging: &Messaging) -> Result<MessagePreferences> {
    let stored = store::preferences(tx, tx.user_id()?).await?;
    Ok(stored.unwrap_or(MessagePreferences { messages_from: messaging.messages_from, version: 0 }))
}

/// Changes from whom the caller accepts messages, if the version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`].
pub async fn change_message_preferences(
    tx: &Tx,
    messaging: &Messaging,
    matches: impl Fn(i64) -> bool,
    messages_from: Option<MessagesFrom>,
) -> Result<MessagePreferences> {
    let before = message_preferences(tx, messaging).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Some(messages_from) = messages_from else {
        return Ok(before);
    };
    if !store::write_preferences(tx, tx.user_id()?, messages_from, before.version).await? {
        return Err(Code::PreconditionFailed.into());
    }
    message_preferences(tx, messaging).await
}

/// Refuses unless the caller may begin to write to all of these people; `pointer` says where each stands in the request.
///
/// Nobody can write to somebody who is unknown or suspended, or from whom a block separates them, and the answer does not tell which
/// it is. Otherwise the recipient decides. Admins may write to everybody.
///
/// # Errors
/// [`Code::RecipientUnreachable`] with everybody whom it is about; [`Code::ValidationFailed`] for the caller's own account.
pub(crate) async fn can_message(
    tx: &Tx,
    messaging: &Messaging,
    others: &[UserId],
    pointer: impl Fn(usize) -> String,
) -> Result<()> {
    let me = tx.user_id()?;
    if let Some(index) = others.iter().position(|other| *other == me) {
        return Err(block::own_account(pointer(index)));
    }
    let mut reachable: HashSet<UserId> = HashSet::new();
    let mut if_sharing_course = Vec::new();
    for contact in store::contacts(tx, me, others).await? {
        if contact.is_blocked || contact.status != UserStatus::Active {
            continue;
        }
        let messages_from = contact.messages_from.unwrap_or(messaging.messages_from);
        if tx.actor().is_admin() || messages_from == MessagesFrom::Everyone {
            reachable.insert(contact.id);
        } else if messages_from == MessagesFrom::Shared {
            if_sharing_course.push(contact.id);
        }
    }
    if !if_sharing_course.is_empty() {
        reachable.extend(enrollment::sharing_course(tx, &if_sharing_course).await?);
    }
    let unreachable: Vec<FieldError> = others
        .iter()
        .enumerate()
        .filter(|(_, other)| !reachable.contains(*other))
        .map(|(index, _)| FieldError::new(pointer(index), "unreachable", "You cannot write to this person."))
        .collect();
    if unreachable.is_empty() {
        Ok(())
    } else {
        Err(Error::new(Code::RecipientUnreachable).errors(unreachable))
    }
}

/// Refuses unless the caller may continue to write to the other person of a direct conversation. Whoever has answered there may be
/// answered, whatever they decided for others.
///
/// # Errors
/// [`Code::RecipientUnreachable`].
pub(crate) async fn can_continue(
    tx: &Tx,
    messaging: &Messaging,
    conversation_id: ConversationId,
    other: UserId,
) -> Result<()> {
    let me = tx.user_id()?;
    match store::counterpart(tx, conversation_id, me, other).await? {
        Some(found) if found.is_blocked || found.status != UserStatus::Active => {
            Err(Code::RecipientUnreachable.into())
        }
        Some(found) if found.has_answered => Ok(()),
        _ => can_message(tx, messaging, &[other], |_| String::new()).await.map_err(|error| {
            match error.code() {
                // There is one recipient, whom no pointer has to name.
                Code::RecipientUnreachable => Code::RecipientUnreachable.into(),
                _ => error,
            }
        }),
    }
}

/// The rate limit of new accounts, and of those whose e-mail address is not verified. The requests of one account wait for one another here, so that each counts those before it.
///
/// # Errors
/// [`Code::NewAccountLimit`].
pub(crate) async fn check_rate_limit(
    tx: &Tx,
    messaging: &Messaging,
    writer: Writer,
    action: LimitedAction,
) -> Result<()> {
    let (max, window) = match action {
        LimitedAction::OpenConversation => (messaging.new_account_conversations, Duration::from_secs(86_400)),
        LimitedAction::SendMessage => (messaging.new_account_messages, Duration::from_secs(60)),
    };
    let is_trusted = writer.is_verified && writer.since + messaging.new_account <= tx.now();
    if max == 0 || tx.actor().is_admin() || is_trusted {
        return Ok(());
    }
    let me = tx.user_id()?;
    tx.advisory_lock(&format!("messages of {me}")).await?;
    let (count, first) = store::count_since(tx, me, action, tx.now() - window).await?;
    if count < i64::from(max) {
        return Ok(());
    }
    let again_at = first.unwrap_or(tx.now()) + window;
    let wait = (again_at - tx.now()).to_std().unwrap_or_default() + Duration::from_secs(1);
    Err(Error::new(Code::NewAccountLimit).retry_after(wait))
}
