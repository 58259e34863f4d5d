//! What admins do with everybody's accounts, and how the first admin is made.

mod model;
mod store;

use database::{Tx, audit, outbox};
use entity::enums::UserStatus;
use kernel::{Code, Cursor, Error, FieldError, Limit, Page, Result, Role, UserId};
use serde_json::json;

pub use self::model::{UserChange, UserFilter};
use crate::{
    account::{
        self, Account, Registration,
        store::{find, update_role_and_status},
    },
    credentials::{self, model::normalize_email},
    session::{
        model::{RevocationReason, Sessions},
        store::revoke,
    },
};

/// The outbox message that an account was suspended. Carries `userId`.
pub const SUSPENDED: &str = "user.suspended";

/// All accounts, newest first.
///
/// # Errors
/// [`Code::Forbidden`] for anybody but an admin.
pub async fn list_users(
    tx: &Tx,
    filter: UserFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Account>> {
    require_admin(tx)?;
    let rows = store::list(tx, filter, after, limit).await?;
    Ok(Page::cut(rows, limit, |account| Cursor::at(account.created_at, account.id)))
}

/// One account.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Forbidden`] for anybody but an admin.
pub async fn user(tx: &Tx, id: UserId) -> Result<Account> {
    require_admin(tx)?;
    find(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// Changes an account's role or suspends or restores it, and ends its sessions, so that no token keeps what was
/// taken away. Runs as the auth role: no other may write these columns.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::LastAdmin`], [`Code::ValidationFailed`] for one's own account.
pub async fn change_user(
    tx: &Tx,
    id: UserId,
    matches: impl Fn(i64) -> bool,
    change: UserChange,
) -> Result<Account> {
    require_admin(tx)?;
    let before = user(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let role = change.role.unwrap_or(before.role);
    let status = change.status.unwrap_or(before.status);
    if (role, status) == (before.role, before.status) {
        return Ok(before);
    }
    let is_active_admin = |role, status| role == Role::Admin && status == UserStatus::Active;
    if is_active_admin(before.role, before.status) && !is_active_admin(role, status) {
        let admins = store::lock_active_admins(tx).await?;
        if admins.iter().all(|admin| *admin == id) {
            return Err(Code::LastAdmin.into());
        }
    }
    if tx.actor().user_id() == Some(id) {
        let own = FieldError::new("", "own_account", "Another admin has to change your own account.");
        return Err(Error::invalid(vec![own]));
    }
    if !update_role_and_status(tx, id, before.version, role, status).await? {
        return Err(Code::PreconditionFailed.into());
    }
    revoke(tx, id, Sessions::All, RevocationReason::StandingChanged).await?;
    let detail = json!({ "role": [before.role, role], "status": [before.status, status] });
    audit::record(tx, "user.standing_changed", id, detail).await?;
    if status == UserStatus::Suspended && before.status != status {
        outbox::send(tx, SUSPENDED, json!({ "userId": id })).await?;
    }
    user(tx, id).await
}

/// Makes an account with a role and a verified address: from the command line and for the demo school.
///
/// # Errors
/// [`Code::EmailTaken`], [`Code::UsernameTaken`], [`Code::Forbidden`] for anybody but Palestra itself.
pub async fn create_account(tx: &Tx, registration: Registration, role: Role) -> Result<Account> {
    require_admin(tx)?;
    let email = normalize_email(&registration.email);
    let id = account::insert(tx, registration, role).await?;
    credentials::store::set_verified(tx, id, &email).await?;
    audit::record(tx, "user.created", id, json!({ "role": role })).await?;
    user(tx, id).await
}

/// Makes an admin from the command line, or makes an existing account one and sets its password.
///
/// # Errors
/// What the database answers.
pub async fn create_admin(tx: &Tx, registration: Registration) -> Result<Account> {
    require_admin(tx)?;
    let email = normalize_email(&registration.email);
    let Some(found) = credentials::store::find_by_email(tx, &email).await? else {
        return create_account(tx, registration, Role::Admin).await;
    };
    let before = user(tx, found.user_id).await?;
    credentials::store::set_password(tx, before.id, registration.password_hash).await?;
    credentials::store::set_verified(tx, before.id, &email).await?;
    update_role_and_status(tx, before.id, before.version, Role::Admin, UserStatus::Active).await?;
    revoke(tx, before.id, Sessions::All, RevocationReason::StandingChanged).await?;
    audit::record(tx, "user.admin_created", before.id, json!({})).await?;
    user(tx, before.id).await
}

/// A second check: the routes ask for an admin in their type already.
fn require_admin(tx: &Tx) -> Result<()> {
    if tx.actor().is_admin() { Ok(()) } else { Err(Code::Forbidden.into()) }
}
