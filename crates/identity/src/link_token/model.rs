//! The token of a link in a mail.

use std::time::Duration;

use entity::enums::LinkPurpose;
use kernel::UserId;
use sea_orm::DerivePartialModel;

/// Whom a valid token is for.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::link_tokens::Entity")]
pub(crate) struct LinkToken {
    /// The user whose link it is.
    pub(crate) user_id: UserId,
    /// The address that the link was sent to.
    pub(crate) email: String,
}

/// How long a link can be used.
pub(crate) fn lifetime(purpose: LinkPurpose) -> Duration {
    match purpose {
        LinkPurpose::VerifyEmail => Duration::from_secs(48 * 3600),
        LinkPurpose::ResetPassword => Duration::from_secs(3600),
    }
}
