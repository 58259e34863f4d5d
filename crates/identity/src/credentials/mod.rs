//! Credentials: e-mail addresses and passwords, how they are verified and changed.

pub(crate) mod guesses;
pub(crate) mod hasher;
mod lane;
pub(crate) mod model;
pub(crate) mod store;
mod strength;

use std::collections::HashMap;

use database::{Db, Pool, Tx};
use entity::enums::{LinkPurpose, UserStatus};
use kernel::{Actor, Code, Error, FieldError, Result, UserId};

pub use self::{
    guesses::{GuessLimits, RegistrationTry},
    hasher::{Hasher, HasherSettings},
};
use self::{hasher::Verified, model::normalize_email, strength::check_strength};
use crate::{
    client::Share,
    link_token, mail,
    services::Identity,
    session::{
        model::{RevocationReason, Sessions},
        store::revoke,
    },
};

/// Hashes a password that is to become an account's, if it is not one that is guessed first.
///
/// # Errors
/// [`Code::ValidationFailed`] at `pointer` for a common password or one of the account's own names, [`Code::Overloaded`].
pub async fn hash_new_password(
    db: &Db,
    hasher: &Hasher,
    password: String,
    pointer: &str,
    own_names: &[&str],
    share: Share,
) -> Result<String> {
    check_strength(&password, pointer, own_names)?;
    hasher.acquire_for(share)?.hash(password, new_salt(db)).await
}

pub(crate) fn new_salt(db: &Db) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(db.environment().secret().split_at(16).0);
    salt
}

/// Refuses where the password or the status changed while the password was being verified: hashing takes its time, and
/// meanwhile the password may have been reset or the account suspended. The rows are locked until the end of the
/// transaction.
pub(crate) async fn require_unchanged(tx: &Tx, user_id: UserId, verified: Option<&str>) -> Result<()> {
    let now = store::lock_password(tx, user_id).await?;
    let is_same = now
        .is_some_and(|now| now.status == UserStatus::Active && Some(now.password_hash.as_str()) == verified);
    if is_same { Ok(()) } else { Err(Code::InvalidCredentials.into()) }
}

/// Marks an address as verified by the token of its link. A link that was used already, by a scanner of mails or a page that loads
/// twice, does no harm as long as its address is verified: that is all that it is for.
///
/// # Errors
/// [`Code::LinkInvalid`].
pub async fn verify_email(tx: &Tx, token: &str) -> Result<()> {
    if let Some(link) = link_token::consume(tx, token, LinkPurpose::VerifyEmail).await? {
        return store::set_verified(tx, link.user_id, &link.email).await;
    }
    let link = link_token::find(tx, token, LinkPurpose::VerifyEmail).await?.ok_or(Code::LinkInvalid)?;
    let address = store::find_address(tx, link.user_id).await?;
    match address.filter(|address| address.email == link.email && address.email_verified_at.is_some()) {
        Some(_) => Ok(()),
        None => Err(Code::LinkInvalid.into()),
    }
}

/// Has the verification mail sent again. For an unknown or verified address nothing happens, and the caller cannot tell: what is asked for
/// is written down, and the worker looks whether there is an account.
///
/// # Errors
/// What the database answers.
pub async fn resend_verification(tx: &Tx, email: &str) -> Result<()> {
    mail::request(tx, mail::VERIFY_REQUESTED, &normalize_email(email)).await
}

/// Has a link to set a new password sent. For an unknown address nothing happens, and the caller cannot tell, as with
/// [`resend_verification`].
///
/// # Errors
/// What the database answers.
pub async fn request_password_reset(tx: &Tx, email: &str) -> Result<()> {
    mail::request(tx, mail::RESET_REQUESTED, &normalize_email(email)).await
}

/// Sets a new password by the token of a link, and ends every session of the account.
///
/// # Errors
/// [`Code::LinkInvalid`], [`Code::ValidationFailed`] for a password that is guessed first, [`Code::Overloaded`].
pub async fn reset_password(
    db: &Db,
    identity: &Identity,
    token: String,
    password: String,
    share: Share,
) -> Result<()> {
    const PURPOSE: LinkPurpose = LinkPurpose::ResetPassword;
    // Hashing is expensive: the token is checked before.
    let checked = token.clone();
    db.read_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
        link_token::require_valid(&tx, &checked, PURPOSE).await
    })
    .await?;
    let password_hash = hash_new_password(db, &identity.hasher, password, "/newPassword", &[], share).await?;
    let reset = move |tx| async move {
        let link = link_token::consume(&tx, &token, PURPOSE).await?.ok_or(Code::LinkInvalid)?;
        link_token::store::invalidate_all(&tx, link.user_id, PURPOSE).await?;
        store::set_password(&tx, link.user_id, password_hash).await?;
        // Whoever reads the mails to an address owns the address.
        store::set_verified(&tx, link.user_id, &link.email).await?;
        let reason = RevocationReason::PasswordReset;
        revoke(&tx, link.user_id, Sessions::All, reason).await?;
        mail::enqueue(&tx, mail::PASSWORD_CHANGED, link.user_id).await?;
        Ok(link.email)
    };
    let email = db.run_in(Pool::Auth, Actor::Anonymous, reset).await?;
    identity.guesses.forget(&email);
    Ok(())
}

/// Changes the caller's password and ends the other sessions.
///
/// # Errors
/// [`Code::ValidationFailed`] where the current password is wrong or the new one is guessed first, [`Code::RateLimited`] after too many
/// wrong ones.
pub async fn change_password(
    db: &Db,
    identity: &Identity,
    actor: Actor,
    current: String,
    new: String,
    share: Share,
) -> Result<()> {
    let Actor::User { id, session, .. } = actor else {
        return Err(Code::Unauthenticated.into());
    };
    let found =
        db.read_in(Pool::Auth, actor, move |tx| async move { store::find_password(&tx, id).await }).await?;
    let stored = found.map(|found| found.password_hash);
    let guess = identity.guesses.begin_own(id, db.environment().now())?;
    let slot = identity.hasher.acquire_for(share)?;
    if slot.verify(current, stored.clone()).await? == Verified::Wrong {
        guess.failed(db.environment().now());
        let wrong =
            FieldError::new("/currentPassword", "wrong_password", "This is not the current password.");
        return Err(Error::invalid(vec![wrong]));
    }
    guess.succeeded();
    drop(slot);
    let hash = hash_new_password(db, &identity.hasher, new, "/newPassword", &[], share).await?;
    db.run_in(Pool::Auth, actor, move |tx| async move {
        require_unchanged(&tx, id, stored.as_deref()).await?;
        store::set_password(&tx, id, hash).await?;
        link_token::store::invalidate_all(&tx, id, LinkPurpose::ResetPassword).await?;
        let reason = RevocationReason::PasswordChanged;
        revoke(&tx, id, Sessions::AllBut(session), reason).await?;
        mail::enqueue(&tx, mail::PASSWORD_CHANGED, id).await
    })
    .await
}

/// How many accounts one statement asks for.
const CHUNK: usize = 1_000;

/// The e-mail addresses of these accounts, as the people wrote them: for whom the school allows to see them. It needs the role of
/// authentication, since nobody else reads the addresses of others.
///
/// # Errors
/// What the database answers.
pub async fn email_addresses(tx: &Tx, users: &[UserId]) -> Result<HashMap<UserId, String>> {
    let mut found = HashMap::new();
    for users in users.chunks(CHUNK) {
        found.extend(store::find_addresses(tx, users).await?);
    }
    Ok(found)
}
