//! Conversations and their members.

mod dto;
mod handlers;

pub(super) use handlers::configure;
