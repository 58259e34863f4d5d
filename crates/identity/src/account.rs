use std::time::Duration;

use database::{Db, MapDbErr, Pool, Tx, outbox};
use entity::{
    credentials,
    enums::{LinkPurpose, UserStatus},
    users,
};
use kernel::{
    Actor, Code, Error, FieldError, Result, Role, Timestamp, UserId, Uuid, hash_token, to_base64url,
};
use sea_orm::{FromQueryResult, Set};
use serde_json::json;

use crate::{Hasher, mail, password, store};

/// An account as its owner and admins see it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Account {
    /// The user's id.
    pub id: UserId,
    /// As the person wrote it.
    pub email: String,
    /// When the address was verified.
    pub email_verified_at: Option<Timestamp>,
    /// Unique, `[a-z0-9_]{3,30}`.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A few words.
    pub bio: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
    /// `USER`, `TRAINER` or `ADMIN`.
    pub role: String,
    /// `ACTIVE` or `SUSPENDED`.
    pub status: String,
    /// Grows with every change.
    pub version: i64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a registration says.
#[derive(Clone)]
pub struct Registration {
    /// The address; compared without regard to case.
    pub email: String,
    /// The password's hash, by [`hash_new_password`].
    pub password_hash: String,
    /// Optional and unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
}

/// What changes in an account: `None` keeps, `Some(None)` clears.
#[derive(Clone, Default)]
pub struct AccountChange {
    /// See [`Account::username`].
    pub username: Option<Option<String>>,
    /// See [`Account::name`].
    pub name: Option<Option<String>>,
    /// See [`Account::bio`].
    pub bio: Option<Option<String>>,
    /// See [`Account::avatar_url`].
    pub avatar_url: Option<Option<String>>,
}

/// How long a link to verify an address can be used.
pub(crate) const VERIFY_LINK: Duration = Duration::from_secs(48 * 3600);
/// How long a link to set a new password can be used.
pub(crate) const RESET_LINK: Duration = Duration::from_secs(3600);

/// The form in which addresses are compared.
pub(crate) fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Hashes a password that is to become an account's, if it is not one that is guessed first.
///
/// # Errors
/// [`Code::ValidationFailed`] for a common password or the account's own names, [`Code::Overloaded`].
pub async fn hash_new_password(
    db: &Db,
    hasher: &Hasher,
    password: String,
    pointer: &str,
    own: &[&str],
) -> Result<String> {
    password::check_strength(&password, pointer, own)?;
    let mut salt = [0; 16];
    salt.copy_from_slice(db.environment().secret().split_at(16).0);
    hasher.enter()?.hash(password, salt).await
}

/// A name as everybody sees it ([`kernel::one_line`]): where two look the same, they are.
fn shown_name(name: Option<String>) -> Result<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    let shown = kernel::one_line(&name);
    if shown.is_empty() {
        let reason = FieldError::new("/name", "blank", "There is nothing to be seen in this name.");
        return Err(Error::invalid(vec![reason]));
    }
    Ok(Some(shown))
}

/// Makes user, credentials and profile in one transaction, and has the verification mail sent.
///
/// # Errors
/// [`Code::EmailTaken`], [`Code::UsernameTaken`], [`Code::ValidationFailed`] for a name in which nothing is to be seen.
pub async fn register(tx: &Tx, registration: Registration) -> Result<Account> {
    let id = insert(tx, registration, Role::User).await?;
    mail::enqueue(tx, mail::VERIFY_EMAIL, id).await?;
    outbox::send(tx, "user.registered", json!({ "userId": id })).await?;
    account_as_auth(tx, id).await
}

/// The rows of an account, for registration and for the command line.
pub(crate) async fn insert(tx: &Tx, registration: Registration, role: Role) -> Result<UserId> {
    let id = tx.new_id();
    let user = users::ActiveModel {
        id: Set(id),
        username: Set(registration.username),
        name: Set(shown_name(registration.name)?),
        bio: Set(None),
        avatar_url: Set(None),
        social_media_links: Set(json!({})),
        role: Set(role),
        status: Set(UserStatus::Active),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    store::insert_user(tx, user)
        .await
        .or_refused("uq_users_username", username_taken)?;
    let row = credentials::ActiveModel {
        user_id: Set(id),
        email: Set(normal(&registration.email)),
        email_display: Set(registration.email.trim().to_owned()),
        email_verified_at: Set(None),
        password_hash: Set(registration.password_hash),
        updated_at: Set(tx.now()),
    };
    let taken = || Error::new(Code::EmailTaken);
    store::insert_credentials(tx, row)
        .await
        .or_refused("uq_credentials_email", taken)?;
    store::insert_profile(tx, id).await.map_db_err()?;
    Ok(id)
}

fn username_taken() -> Error {
    Error::new(Code::UsernameTaken)
}

async fn account_as_auth(tx: &Tx, id: UserId) -> Result<Account> {
    store::account(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// The caller's own account.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn account(tx: &Tx) -> Result<Account> {
    store::account(tx, tx.user_id()?)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// Changes the caller's own account, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`], [`Code::UsernameTaken`], [`Code::ValidationFailed`] for a name in which nothing is to be
/// seen.
pub async fn change_account(
    tx: &Tx,
    matches: impl Fn(i64) -> bool,
    change: AccountChange,
) -> Result<Account> {
    let before = account(tx).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let shown = |account: &Account| {
        (
            account.username.clone(),
            account.name.clone(),
            account.avatar_url.clone(),
        )
    };
    let before_shown = shown(&before);
    let columns = store::UserColumns {
        username: change.username.unwrap_or(before.username),
        name: change.name.map_or(Ok(before.name), shown_name)?,
        bio: change
            .bio
            .map_or(before.bio, |bio| bio.map(|bio| kernel::legible(&bio))),
        avatar_url: change.avatar_url.unwrap_or(before.avatar_url),
    };
    let changed = store::update_user(tx, before.id, before.version, columns).await;
    if changed.or_refused("uq_users_username", username_taken)? == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    let after = account(tx).await?;
    if shown(&after) != before_shown {
        // The catalogue names its authors.
        tx.invalidate_public_cache().await?;
    }
    Ok(after)
}

/// Marks an address as verified by the token of its link.
///
/// # Errors
/// [`Code::LinkInvalid`].
pub async fn verify_email(tx: &Tx, token: &str) -> Result<()> {
    let link = store::use_link(tx, &hash_token(token.as_bytes()), LinkPurpose::VerifyEmail)
        .await?
        .ok_or(Code::LinkInvalid)?;
    store::set_verified(tx, link.user_id, &link.email).await
}

/// Has the verification mail sent again; does nothing for an unknown or verified address, and does not tell.
///
/// # Errors
/// What the database answers.
pub async fn resend_verification(tx: &Tx, email: &str) -> Result<()> {
    let Some(login) = store::login(tx, &normal(email)).await? else {
        return Ok(());
    };
    let address = store::address(tx, login.user_id).await?;
    if login.status == "ACTIVE" && address.is_some_and(|address| address.email_verified_at.is_none()) {
        mail::enqueue(tx, mail::VERIFY_EMAIL, login.user_id).await?;
    }
    Ok(())
}

/// Has a link to set a new password sent; does nothing for an unknown address, and does not tell.
///
/// # Errors
/// What the database answers.
pub async fn forgot_password(tx: &Tx, email: &str) -> Result<()> {
    match store::login(tx, &normal(email)).await? {
        Some(login) if login.status == "ACTIVE" => {
            mail::enqueue(tx, mail::RESET_PASSWORD, login.user_id).await
        }
        _ => Ok(()),
    }
}

/// Sets a new password by the token of a link, and ends every session of the account.
///
/// # Errors
/// [`Code::LinkInvalid`], [`Code::ValidationFailed`] for a password that is guessed first, [`Code::Overloaded`].
pub async fn reset_password(db: &Db, hasher: &Hasher, token: &str, password: String) -> Result<()> {
    let hash = hash_token(token.as_bytes());
    // Hashing is dear: look first whether the link is good for anything.
    let looked = hash.clone();
    db.read_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
        store::usable_link(&tx, &looked, LinkPurpose::ResetPassword)
            .await?
            .ok_or_else(|| Code::LinkInvalid.into())
            .map(drop)
    })
    .await?;
    let password_hash = hash_new_password(db, hasher, password, "/newPassword", &[]).await?;
    db.run_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
        let link = store::use_link(&tx, &hash, LinkPurpose::ResetPassword)
            .await?
            .ok_or(Code::LinkInvalid)?;
        store::spend_links(&tx, link.user_id, LinkPurpose::ResetPassword).await?;
        store::set_password(&tx, link.user_id, &password_hash).await?;
        // Whoever reads the address's mail owns the address.
        store::set_verified(&tx, link.user_id, &link.email).await?;
        store::revoke_sessions(&tx, link.user_id, None, None, "password_reset").await?;
        mail::enqueue(&tx, mail::PASSWORD_CHANGED, link.user_id).await
    })
    .await
}

/// A fresh token for a link, of which only the hash is kept.
pub(crate) async fn make_link(
    tx: &Tx,
    user_id: UserId,
    purpose: LinkPurpose,
    email: &str,
    lives: Duration,
) -> Result<String> {
    let token = to_base64url(&tx.secret());
    store::insert_link(
        tx,
        hash_token(token.as_bytes()),
        user_id,
        purpose,
        email,
        tx.now() + lives,
    )
    .await?;
    Ok(token)
}
