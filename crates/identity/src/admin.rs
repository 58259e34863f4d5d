use database::{Tx, audit};
use kernel::{Code, Cursor, Error, FieldError, Limit, Page, Result, Role, UserId};
use serde_json::json;

use crate::{Account, Registration, account, store};

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Only this role.
    pub role: Option<Role>,
    /// Only `ACTIVE` or `SUSPENDED`.
    pub status: Option<String>,
    /// Only this address, without regard to case.
    pub email: Option<String>,
}

/// What an admin changes in somebody's account.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// A new role.
    pub role: Option<Role>,
    /// Suspend (`true`) or restore (`false`).
    pub suspended: Option<bool>,
}

/// All accounts, newest first. The route has made sure that an admin asks.
///
/// # Errors
/// What the database answers.
pub async fn list_users(
    tx: &Tx,
    filter: &UserFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Account>> {
    admin_only(tx)?;
    let rows = store::accounts(tx, filter, after, limit).await?;
    Ok(Page::cut(rows, limit, |account| {
        Cursor::at(account.created_at, account.id)
    }))
}

/// One account.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn user(tx: &Tx, id: UserId) -> Result<Account> {
    admin_only(tx)?;
    store::account(tx, id).await?.ok_or_else(|| Code::NotFound.into())
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
    admin_only(tx)?;
    let before = user(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let role = change
        .role
        .map_or_else(|| before.role.clone(), |role| role.as_str().to_owned());
    let status = match change.suspended {
        Some(true) => "SUSPENDED".to_owned(),
        Some(false) => "ACTIVE".to_owned(),
        None => before.status.clone(),
    };
    if (&role, &status) == (&before.role, &before.status) {
        return Ok(before);
    }
    let loses_admin =
        before.role == "ADMIN" && before.status == "ACTIVE" && (role != "ADMIN" || status != "ACTIVE");
    if loses_admin && store::other_active_admins(tx, id).await? == 0 {
        return Err(Code::LastAdmin.into());
    }
    if tx.actor().user_id() == Some(id) {
        let own = FieldError::new("", "own_account", "Another admin has to change your own account.");
        return Err(Error::invalid(vec![own]));
    }
    if store::update_standing(tx, id, before.version, &role, &status).await? == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    store::revoke_sessions(tx, id, None, None, "standing_changed").await?;
    let detail = json!({ "role": [before.role, role], "status": [before.status, status] });
    audit::record(tx, "user.standing_changed", id, detail).await?;
    user(tx, id).await
}

/// Makes an account with a role and a verified address: from the command line and for the demo school.
///
/// # Errors
/// [`Code::EmailTaken`], [`Code::UsernameTaken`], [`Code::Forbidden`] for anybody but Palestra itself.
pub async fn create_account(tx: &Tx, registration: Registration, role: Role) -> Result<Account> {
    admin_only(tx)?;
    let email = account::normal(&registration.email);
    let id = account::insert(tx, registration, role).await?;
    store::set_verified(tx, id, &email).await?;
    audit::record(tx, "user.created", id, json!({ "role": role.as_str() })).await?;
    user(tx, id).await
}

/// Makes an admin from the command line, or makes an existing account one and sets its password.
///
/// # Errors
/// What the database answers.
pub async fn create_admin(tx: &Tx, registration: Registration) -> Result<Account> {
    admin_only(tx)?;
    let Some(found) = store::login(tx, &account::normal(&registration.email)).await? else {
        return create_account(tx, registration, Role::Admin).await;
    };
    let before = user(tx, found.user_id).await?;
    store::set_password(tx, before.id, &registration.password_hash).await?;
    store::update_standing(tx, before.id, before.version, "ADMIN", "ACTIVE").await?;
    store::revoke_sessions(tx, before.id, None, None, "standing_changed").await?;
    audit::record(tx, "user.admin_created", before.id, json!({})).await?;
    user(tx, before.id).await
}

/// The second look: the routes ask for an admin in their type already.
fn admin_only(tx: &Tx) -> Result<()> {
    if tx.actor().is_admin() {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}
