use actix_web::web::Data;
use database::Pool;
use identity::{UserChange, UserFilter};
use kernel::{Result, UserId, Uuid};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    me::Me,
    shared::{PageQuery, default_limit, page},
};
use crate::{
    http::{
        extract::{Admin, IfMatch, Json, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_users, get_user, update_user);
}

/// What an account may do.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Role {
    /// Learns.
    User,
    /// Also creates courses.
    Trainer,
    /// Also manages users, categories and everybody's courses.
    Admin,
}

impl From<Role> for kernel::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Trainer => Self::Trainer,
            Role::Admin => Self::Admin,
        }
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum AccountStatus {
    /// It may.
    Active,
    /// It may not, and is logged out.
    Suspended,
}

/// Which accounts.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only this role.
    #[param(inline, nullable = false)]
    role: Option<Role>,
    /// Only this status.
    #[param(inline, nullable = false)]
    status: Option<AccountStatus>,
    /// Only this address, without regard to case.
    #[param(max_length = 254, nullable = false, example = "lena@example.com")]
    email: Option<String>,
}

/// What an admin changes in an account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchUser {
    /// The new role.
    #[schema(nullable = false)]
    role: Option<Role>,
    /// Suspend or restore.
    #[schema(nullable = false)]
    status: Option<AccountStatus>,
}

page! {
    /// A page of accounts.
    AccountPage of Me
}

/// Accounts
///
/// Newest first.
#[utoipa::path(get, path = "/admin/users",
    tag = "admin", operation_id = "listUsers", security(("bearer" = [])), params(UserQuery),
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden"]))),
    responses((status = 200, description = "A page of accounts.", body = AccountPage)))]
async fn list_users(
    state: Data<State>,
    Admin(actor): Admin,
    Query(query): Query<UserQuery>,
) -> Result<Reply<AccountPage>, Problem> {
    let UserQuery {
        limit,
        cursor,
        role,
        status,
        email,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let status = status.map(|status| match status {
        AccountStatus::Active => "ACTIVE".to_owned(),
        AccountStatus::Suspended => "SUSPENDED".to_owned(),
    });
    let filter = UserFilter {
        role: role.map(Into::into),
        status,
        email,
    };
    let work = move |tx| async move { identity::list_users(&tx, &filter, after, limit).await };
    let users = state.db.read(actor, work).await?;
    Ok(Reply::ok(&AccountPage::from(users))?)
}

/// An account
///
/// With its address, role and status.
#[utoipa::path(get, path = "/admin/users/{user_id}",
    tag = "admin", operation_id = "getUserAccount", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden"]))),
    responses((status = 200, description = "The account.", body = Me)))]
async fn get_user(
    state: Data<State>,
    Admin(actor): Admin,
    Path(id): Path<UserId>,
) -> Result<Reply<Me>, Problem> {
    let account = state
        .db
        .read(actor, move |tx| async move { identity::user(&tx, id).await })
        .await?;
    let version = account.version;
    Ok(Reply::ok(&Me::from(account))?.version_and_content(version))
}

/// Change an account
///
/// Its role, or suspend and restore it. Every session of the account ends, so that no token keeps what was taken
/// away. The last active admin stays one; nobody changes their own account here. Written to the audit trail.
#[utoipa::path(patch, path = "/admin/users/{user_id}",
    tag = "admin", operation_id = "updateUserAccount", security(("bearer" = [])), request_body = PatchUser,
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden", "last_admin"]))),
    responses((status = 200, description = "The account as it is now.", body = Me)))]
async fn update_user(
    state: Data<State>,
    Admin(actor): Admin,
    Path(id): Path<UserId>,
    seen: IfMatch,
    body: Json<PatchUser>,
) -> Result<Reply<Me>, Problem> {
    let PatchUser { role, status } = body.value;
    let suspended = status.map(|status| matches!(status, AccountStatus::Suspended));
    let change = UserChange {
        role: role.map(Into::into),
        suspended,
    };
    let matches = move |version| seen.accepts(version);
    let work = move |tx| async move { identity::change_user(&tx, id, matches, change).await };
    let account = state.db.run_in(Pool::Auth, actor, work).await?;
    let version = account.version;
    Ok(Reply::ok(&Me::from(account))?.version_and_content(version))
}
