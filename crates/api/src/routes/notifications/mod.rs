//! Notifications, and the link that turns their mails off.

mod dto;
mod handlers;

pub(super) use handlers::configure;
