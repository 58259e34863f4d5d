//! Messages of conversations.

mod dto;
mod handlers;

pub(super) use dto::Message;
pub(super) use handlers::configure;
