//! What the operations of admins take and answer.

use identity::{Role, UserChange, UserFilter, UserStatus};
use kernel::{Cursor, Limit};

use crate::routes::{me::Account, shared::prelude::*};

/// Which accounts to list.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UserQuery {
    /// How many rows a page has at most.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where the page begins: `nextCursor` of the page before. The first page where it is missing.
    #[param(pattern = "^[A-Za-z0-9_-]{32}$", nullable = false, example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB")]
    cursor: Option<String>,
    /// Only accounts of this role.
    #[param(value_type = Option<schema::Role>, inline, nullable = false)]
    role: Option<Role>,
    /// Only accounts of this status.
    #[param(value_type = Option<schema::UserStatus>, inline, nullable = false)]
    status: Option<UserStatus>,
    /// Only the account of this e-mail address, compared without regard to case.
    #[param(max_length = 254, nullable = false, example = "lena@example.com")]
    email: Option<String>,
}

impl UserQuery {
    /// The filter and the page.
    pub(super) fn into_parts(self) -> (UserFilter, Option<Cursor>, Limit) {
        let Self { limit, cursor, role, status, email } = self;
        let (after, limit) = PageQuery { limit, cursor }.position();
        let filter = UserFilter { role, status, email };
        (filter, after, limit)
    }
}

/// What an admin changes in an account.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = UserChange)]
pub(super) struct PatchUser {
    /// The new role.
    #[schema(value_type = Option<schema::Role>, nullable = false)]
    role: Option<Role>,
    /// The new status: suspends or restores the account.
    #[schema(value_type = Option<schema::UserStatus>, nullable = false)]
    status: Option<UserStatus>,
}

page! {
    /// A page of accounts.
    AccountPage of Account
}
