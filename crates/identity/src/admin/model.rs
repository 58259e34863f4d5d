//! What admins ask for and change.

use entity::enums::{Role, UserStatus};

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Only accounts of this role.
    pub role: Option<Role>,
    /// Only accounts of this status.
    pub status: Option<UserStatus>,
    /// Only the account of this address, compared without regard to case.
    pub email: Option<String>,
}

/// What an admin changes in somebody's account: `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The new role.
    pub role: Option<Role>,
    /// The new status: suspends or restores the account.
    pub status: Option<UserStatus>,
}
