//! Usernames: which are free, and what becomes of one that somebody gives up.

mod reserved;
mod store;

use std::time::Duration;

use database::Tx;
use kernel::{Code, Error, FieldError, Result, UserId};

pub(crate) use store::{delete_expired, keeper};

/// How long a username that was given up leads to its last owner, and is nobody else's.
const RESERVATION: Duration = Duration::from_secs(90 * 24 * 3600);

/// How many names are kept for one account; the oldest ones are given back before their time.
const MAX_KEPT: usize = 5;

/// Refuses the name of a role, but for admins.
///
/// # Errors
/// [`Code::ValidationFailed`].
pub(crate) fn check(tx: &Tx, username: Option<&str>) -> Result<()> {
    let is_reserved = username.is_some_and(reserved::is_reserved);
    if is_reserved && !tx.actor().is_admin() {
        let detail = "This name is kept for those who run the school.";
        return Err(Error::invalid(vec![FieldError::new("/username", "reserved", detail)]));
    }
    Ok(())
}

/// Keeps the old name of an account for it, and makes the new one its own. Called once the account has its new name: whoever gave that
/// name up at the same moment has finished by then.
///
/// # Errors
/// [`Code::UsernameTaken`] for a name that is kept for somebody else.
pub(crate) async fn changed(tx: &Tx, user_id: UserId, old: Option<&str>, new: Option<&str>) -> Result<()> {
    if old == new {
        return Ok(());
    }
    if let Some(new) = new {
        if store::keeper(tx, new).await?.is_some_and(|keeper| keeper != user_id) {
            return Err(Code::UsernameTaken.into());
        }
        store::take_back(tx, user_id, new).await?;
    }
    if let Some(old) = old {
        store::keep(tx, user_id, old, tx.now() + RESERVATION).await?;
        let kept = store::kept(tx, user_id).await?;
        for oldest in kept.iter().skip(MAX_KEPT) {
            store::take_back(tx, user_id, oldest).await?;
        }
    }
    Ok(())
}

/// The active accounts that have these usernames, or gave them up not long ago.
///
/// # Errors
/// What the database answers.
pub async fn accounts_called(tx: &Tx, usernames: &[String]) -> Result<Vec<UserId>> {
    store::called(tx, usernames).await
}
