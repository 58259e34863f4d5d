//! What a login and a mail need to know of an account.

use entity::{enums::UserStatus, users};
use kernel::{Timestamp, UserId};
use sea_orm::{DerivePartialModel, FromQueryResult};

/// What a password is verified against.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::credentials::Entity")]
pub(crate) struct StoredPassword {
    pub(crate) user_id: UserId,
    pub(crate) password_hash: String,
    #[sea_orm(from_expr = "users::Column::Status")]
    pub(crate) status: UserStatus,
    pub(crate) email_verified_at: Option<Timestamp>,
}

/// What a login needs to know of an account.
#[derive(FromQueryResult)]
pub(crate) struct LoginTarget {
    pub(crate) user_id: UserId,
    pub(crate) password_hash: String,
    pub(crate) status: UserStatus,
    pub(crate) email_verified_at: Option<Timestamp>,
    /// Whether the account has a session that was used from the same address with the same program.
    pub(crate) is_known_device: bool,
}

/// The address that mails to an account go to.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::credentials::Entity")]
pub(crate) struct EmailAddress {
    /// In the form of [`normalize_email`].
    pub(crate) email: String,
    /// As the person wrote it.
    pub(crate) email_display: String,
    pub(crate) email_verified_at: Option<Timestamp>,
    /// The name of the account.
    #[sea_orm(from_expr = "users::Column::Name")]
    pub(crate) name: Option<String>,
}

/// The form in which addresses are compared and unique.
pub(crate) fn normalize_email(email: &str) -> String {
    kernel::mail::comparable(email)
}
