//! Everybody's accounts, for admins.

mod dto;
mod handlers;

pub(super) use handlers::configure;
