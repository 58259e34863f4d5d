//! The caller's own account, profile, password and sessions.

mod dto;
mod handlers;

pub(super) use dto::Account;
pub(super) use handlers::configure;
