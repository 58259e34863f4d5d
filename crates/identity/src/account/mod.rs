//! Accounts: registration, and what a person changes in their own account.

pub(crate) mod model;
pub(crate) mod store;

use database::{MapDbErr, Tx, outbox};
use entity::{credentials, enums::UserStatus, users};
use kernel::{Code, Error, FieldError, Result, Role, UserId};
use media::TextPlace;
use sea_orm::Set;
use serde_json::json;

use self::model::search_name;
pub use self::model::{Account, AccountChange, Registration};
use crate::{
    credentials::{model::normalize_email, store as credentials_store},
    mail, profile, username,
};

/// Makes user, credentials and profile in one transaction, and has the verification mail sent.
///
/// # Errors
/// [`Code::EmailTaken`], [`Code::UsernameTaken`], [`Code::ValidationFailed`] for a name in which nothing can be seen and for the username
/// of a role.
pub async fn register(tx: &Tx, registration: Registration) -> Result<Account> {
    let id = insert(tx, registration, Role::User).await?;
    mail::enqueue(tx, mail::VERIFY_EMAIL, id).await?;
    outbox::send(tx, "user.registered", json!({ "userId": id })).await?;
    store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// Makes an account that can be logged in to once its address is verified, and answers the same for an address that has one: its owner
/// is told by mail. Usernames are public, so that one is chosen later.
///
/// # Errors
/// [`Code::ValidationFailed`] for a username, or a name in which nothing is to be seen.
pub async fn register_unconfirmed(tx: &Tx, registration: Registration) -> Result<()> {
    if registration.username.is_some() {
        let detail = "A username is chosen once the e-mail address is verified.";
        return Err(Error::invalid(vec![FieldError::new("/username", "not_allowed", detail)]));
    }
    let email = normalize_email(&registration.email);
    let Some(owner) = credentials_store::find_by_email(tx, &email).await? else {
        return register(tx, registration).await.map(drop);
    };
    visible_name(registration.name)?;
    // Where nobody has verified it yet, a new password for whoever reads its mails verifies it too.
    let kind = if owner.email_verified_at.is_some() { mail::ADDRESS_TAKEN } else { mail::RESET_PASSWORD };
    mail::enqueue(tx, kind, owner.user_id).await
}

/// Inserts the rows of an account: for registration and for admins, who also give a role.
pub(crate) async fn insert(tx: &Tx, registration: Registration, role: Role) -> Result<UserId> {
    username::check(tx, registration.username.as_deref())?;
    let id = tx.new_id();
    let name = visible_name(registration.name)?;
    let user = users::ActiveModel {
        id: Set(id),
        search_name: Set(search_name(name.as_deref(), registration.username.as_deref())),
        username: Set(registration.username.clone()),
        name: Set(name),
        bio: Set(None),
        avatar_url: Set(None),
        social_media_links: Set(json!({})),
        role: Set(role),
        status: Set(UserStatus::Active),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    store::insert(tx, user).await.or_refused("uq_users_username", username_taken)?;
    username::changed(tx, id, None, registration.username.as_deref()).await?;
    let row = credentials::ActiveModel {
        user_id: Set(id),
        email: Set(normalize_email(&registration.email)),
        email_display: Set(kernel::trimmed(&registration.email).to_owned()),
        email_verified_at: Set(None),
        password_hash: Set(registration.password_hash),
        updated_at: Set(tx.now()),
    };
    let email_taken = || Error::new(Code::EmailTaken);
    credentials_store::insert(tx, row).await.or_refused("uq_credentials_email", email_taken)?;
    profile::store::insert(tx, id).await?;
    Ok(id)
}

/// The caller's own account.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn account(tx: &Tx) -> Result<Account> {
    store::find(tx, tx.user_id()?).await?.ok_or_else(|| Code::NotFound.into())
}

/// Changes the caller's own account, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`], [`Code::UsernameTaken`], [`Code::ValidationFailed`] for a name in which nothing can be seen and for the
/// username of a role.
pub async fn change_account(
    tx: &Tx,
    matches: impl Fn(i64) -> bool,
    change: AccountChange,
) -> Result<Account> {
    let before = account(tx).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let changed = Account {
        username: change.username.unwrap_or_else(|| before.username.clone()),
        name: match change.name {
            Some(name) if name != before.name => visible_name(name)?,
            _ => before.name.clone(),
        },
        bio: match change.bio {
            Some(bio) => bio
                .map(|bio| kernel::trimmed(&kernel::legible(&bio)).to_owned())
                .filter(|bio| !bio.is_empty()),
            None => before.bio.clone(),
        },
        avatar_url: change.avatar_url.unwrap_or_else(|| before.avatar_url.clone()),
        ..before.clone()
    };
    if changed.username != before.username {
        username::check(tx, changed.username.as_deref())?;
    }
    let names = (before.username.clone(), changed.username.clone());
    let (old, new) = (before.avatar_url.as_deref(), changed.avatar_url.as_deref());
    media::keep_pictures(tx, TextPlace::Account(before.id), &[old], &[new]).await?;
    let updated = store::update(tx, changed).await;
    if !updated.or_refused("uq_users_username", username_taken)? {
        return Err(Code::PreconditionFailed.into());
    }
    username::changed(tx, before.id, names.0.as_deref(), names.1.as_deref()).await?;
    let after = account(tx).await?;
    let shown =
        |account: &Account| (account.username.clone(), account.name.clone(), account.avatar_url.clone());
    if shown(&after) != shown(&before) {
        // The cached pages of the catalogue show these of a course's author.
        tx.invalidate_public_cache().await?;
    }
    Ok(after)
}

/// A name as everybody sees it, so that two names that look the same are the same.
fn visible_name(name: Option<String>) -> Result<Option<String>> {
    name.map(|name| kernel::visible_line(&name, "/name")).transpose()
}

fn username_taken() -> Error {
    Error::new(Code::UsernameTaken)
}
