//! Who may write to whom.

use std::{collections::HashSet, str::FromStr, time::Duration};

use database::Tx;
use kernel::{Code, ConversationId, Error, FieldError, Result, Timestamp, UserId};

use crate::{block::oneself, store};

/// From whom somebody takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagesFrom {
    /// From every member.
    Everyone,
    /// From whoever has a course in common with them: both have access, or one of them teaches it.
    Shared,
    /// From nobody but admins, and whoever they have written to.
    Nobody,
}

impl MessagesFrom {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "EVERYONE",
            Self::Shared => "SHARED",
            Self::Nobody => "NOBODY",
        }
    }
}

impl FromStr for MessagesFrom {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "EVERYONE" => Ok(Self::Everyone),
            "SHARED" => Ok(Self::Shared),
            "NOBODY" => Ok(Self::Nobody),
            _ => Err(()),
        }
    }
}

/// What the school decides about messages.
#[derive(Clone, Copy, Debug)]
pub struct Messaging {
    /// From whom those take messages who have not said so themselves.
    pub messages_from: MessagesFrom,
    /// How long a message may be edited.
    pub edit_window: Duration,
    /// How long an account is new.
    pub new_account: Duration,
    /// How many conversations a new account opens in a day; 0 is without limit.
    pub new_account_conversations: u32,
    /// How many messages a new account sends in a minute; 0 is without limit.
    pub new_account_messages: u32,
}

/// From whom the caller takes messages.
#[derive(Clone, Copy, Debug)]
pub struct MessagePreferences {
    /// From whom.
    pub messages_from: MessagesFrom,
    /// Grows with every change; 0 before the first.
    pub version: i64,
}

/// What the caller decided, or the school for them.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn preferences(tx: &Tx, messaging: &Messaging) -> Result<MessagePreferences> {
    let stored = store::contact::preferences(tx, tx.user_id()?).await?;
    let Some((messages_from, version)) = stored else {
        return Ok(MessagePreferences {
            messages_from: messaging.messages_from,
            version: 0,
        });
    };
    Ok(MessagePreferences {
        messages_from: known(&messages_from)?,
        version,
    })
}

/// Changes that, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`].
pub async fn change_preferences(
    tx: &Tx,
    messaging: &Messaging,
    matches: impl Fn(i64) -> bool,
    messages_from: Option<MessagesFrom>,
) -> Result<MessagePreferences> {
    let before = preferences(tx, messaging).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Some(messages_from) = messages_from else {
        return Ok(before);
    };
    let changed =
        store::contact::put_preferences(tx, tx.user_id()?, messages_from.as_str(), before.version).await?;
    if !changed {
        return Err(Code::PreconditionFailed.into());
    }
    preferences(tx, messaging).await
}

fn known(stored: &str) -> Result<MessagesFrom> {
    let known = stored.parse();
    known.map_err(|()| Error::internal(format!("unknown setting {stored}")))
}

/// Refuses unless the caller may begin to write to all of these; each stands where `pointer` says.
///
/// Whoever is blocked either way, suspended or unknown cannot be written to, and the answer does not tell which it is. Otherwise
/// it is for the recipient to say, and for admins to write to whom they have to.
///
/// # Errors
/// [`Code::RecipientUnreachable`], with every one who is; [`Code::ValidationFailed`] for oneself.
pub(crate) async fn reach(
    tx: &Tx,
    messaging: &Messaging,
    others: &[UserId],
    pointer: impl Fn(usize) -> String,
) -> Result<()> {
    let me = tx.user_id()?;
    if let Some(index) = others.iter().position(|other| *other == me) {
        return Err(oneself(pointer(index)));
    }
    let mut open: HashSet<UserId> = HashSet::new();
    let mut unsure = Vec::new();
    for contact in store::contact::contacts(tx, me, others).await? {
        if contact.is_blocked || contact.status != "ACTIVE" {
            continue;
        }
        let from = match &contact.messages_from {
            Some(stored) => known(stored)?,
            None => messaging.messages_from,
        };
        if tx.actor().is_admin() || from == MessagesFrom::Everyone {
            open.insert(contact.id);
        } else if from == MessagesFrom::Shared {
            unsure.push(contact.id);
        }
    }
    if !unsure.is_empty() {
        open.extend(enrollment::sharing_course(tx, &unsure).await?);
    }
    let closed: Vec<FieldError> = others
        .iter()
        .enumerate()
        .filter(|(_, other)| !open.contains(*other))
        .map(|(index, _)| FieldError::new(pointer(index), "unreachable", "You cannot write to this person."))
        .collect();
    if closed.is_empty() {
        Ok(())
    } else {
        Err(Error::new(Code::RecipientUnreachable).errors(closed))
    }
}

/// Refuses unless the caller may go on writing to the other of a direct conversation. Whoever has answered there may be
/// answered, whatever they let others do.
///
/// # Errors
/// [`Code::RecipientUnreachable`].
pub(crate) async fn go_on(
    tx: &Tx,
    messaging: &Messaging,
    conversation_id: ConversationId,
    other: UserId,
) -> Result<()> {
    let me = tx.user_id()?;
    let standing = store::contact::standing(tx, conversation_id, me, other).await?;
    match standing {
        Some(standing) if standing.is_blocked || standing.status != "ACTIVE" => {
            Err(Code::RecipientUnreachable.into())
        }
        Some(standing) if standing.has_answered => Ok(()),
        _ => reach(tx, messaging, &[other], |_| String::new())
            .await
            .map_err(|error| match error.code() {
                // Whom it is about is clear.
                Code::RecipientUnreachable => Code::RecipientUnreachable.into(),
                _ => error,
            }),
    }
}

/// Refuses a new account that has done this `most` times within `window`. Its requests stand in line here, so that many at once
/// do not all come before the first is counted.
pub(crate) async fn bound_new(
    tx: &Tx,
    messaging: &Messaging,
    member_since: Timestamp,
    what: Bounded,
) -> Result<()> {
    let (most, window) = match what {
        Bounded::Conversations => (messaging.new_account_conversations, Duration::from_secs(86_400)),
        Bounded::Messages => (messaging.new_account_messages, Duration::from_secs(60)),
    };
    if most == 0 || tx.actor().is_admin() || member_since + messaging.new_account <= tx.now() {
        return Ok(());
    }
    let me = tx.user_id()?;
    tx.advisory_lock(&format!("messages of {me}")).await?;
    let (count, first) = store::contact::done_lately(tx, me, what, tx.now() - window).await?;
    if count < i64::from(most) {
        return Ok(());
    }
    let again = first.unwrap_or(tx.now()) + window - tx.now();
    let wait = again.to_std().unwrap_or_default() + Duration::from_secs(1);
    Err(Error::new(Code::NewAccountLimit).retry_after(wait))
}

/// What new accounts do only so often.
#[derive(Clone, Copy)]
pub(crate) enum Bounded {
    /// Conversations opened.
    Conversations,
    /// Messages sent.
    Messages,
}
