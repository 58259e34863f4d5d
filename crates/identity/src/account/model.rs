//! The account of a person: the public row of `users` with the e-mail address from `credentials`.

use entity::{
    credentials,
    enums::{Role, UserStatus},
};
use kernel::{Timestamp, UserId};
use sea_orm::DerivePartialModel;

/// An account as its owner and admins see it.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::users::Entity")]
pub struct Account {
    /// The user's id.
    pub id: UserId,
    /// The e-mail address, as the person wrote it.
    #[sea_orm(from_expr = "credentials::Column::EmailDisplay")]
    pub email: String,
    /// When the address was verified; `None` until then.
    #[sea_orm(from_expr = "credentials::Column::EmailVerifiedAt")]
    pub email_verified_at: Option<Timestamp>,
    /// The unique username, `[a-z0-9_]{3,30}`.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A few words about the person, plain text.
    pub bio: Option<String>,
    /// The address of a picture.
    pub avatar_url: Option<String>,
    /// What the account may do.
    pub role: Role,
    /// Whether the account may log in.
    pub status: UserStatus,
    /// Grows by one with every change.
    pub version: i64,
    /// When the account was registered.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
}

/// What somebody registers with.
#[derive(Clone)]
pub struct Registration {
    /// The e-mail address; compared without regard to case.
    pub email: String,
    /// The password's hash, by [`crate::hash_new_password`].
    pub password_hash: String,
    /// The username, which is optional and unique.
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

/// The names of an account in the form in which searches compare them.
pub(crate) fn search_name(name: Option<&str>, username: Option<&str>) -> String {
    kernel::fold(&[name, username].map(Option::unwrap_or_default).join(" "))
}
