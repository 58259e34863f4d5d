//! The operations below `/admin`.

use database::Pool;
use kernel::UserId;

use super::dto::{AccountPage, PatchUser, UserQuery};
use crate::{http::prelude::*, routes::me::Account};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_users, get_user, update_user);
}

/// List accounts
///
/// All accounts, newest first.
#[utoipa::path(get, path = "/admin/users",
    tag = "admin", operation_id = "listUsers", security(("bearer" = [])), params(PageQuery, UserQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of accounts.", body = AccountPage)))]
async fn list_users(caller: Admin, list: List<UserQuery>) -> Answer<AccountPage> {
    let List { filter, list_id, after, limit, .. } = list;
    let filter = filter.filter();
    let work = async move |tx| identity::list_users(&tx, filter, after, limit).await;
    let users = caller.read(work).await?;
    Ok(Reply::ok(&AccountPage::of(list_id, users))?)
}

/// Get an account
///
/// With its e-mail address, role and status.
#[utoipa::path(get, path = "/admin/users/{user_id}",
    tag = "admin", operation_id = "getUserAccount", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The account.", body = Account)))]
async fn get_user(caller: Admin, Path(id): Path<UserId>) -> Answer<Account> {
    let account = caller.read(async move |tx| identity::user(&tx, id).await).await?;
    let version = account.version;
    Ok(Reply::ok(&Account::from(account))?.version_and_content(version))
}

/// Update an account
///
/// Changes the role, or suspends or restores the account. Every session of the account ends, so that no token keeps what was taken
/// away. The last active admin stays one; nobody changes their own account here. The change is written to the audit log.
#[utoipa::path(patch, path = "/admin/users/{user_id}",
    tag = "admin", operation_id = "updateUserAccount", security(("bearer" = [])), request_body = PatchUser,
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "last_admin"]))),
    responses((status = 200, description = "The account as it is now.", body = Account)))]
async fn update_user(
    caller: Admin,
    Path(id): Path<UserId>,
    seen: IfMatch,
    body: Json<PatchUser>,
) -> Answer<Account> {
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| identity::change_user(&tx, id, matches, body.value.into()).await;
    let account = caller.state.db.run_in(Pool::Auth, caller.actor, work).await?;
    let version = account.version;
    Ok(Reply::ok(&Account::from(account))?.version_and_content(version))
}
