//! What the operations of admins take and answer.

use identity::{Role, UserChange, UserFilter, UserStatus};

use crate::routes::{me::Account, shared::prelude::*};

/// Which accounts to list.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UserQuery {
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

impl Filter for UserQuery {}

impl UserQuery {
    pub(super) fn filter(self) -> UserFilter {
        let Self { role, status, email } = self;
        UserFilter { role, status, email }
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
