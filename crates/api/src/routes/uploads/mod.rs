//! Uploads: announced, sent, completed.

mod body;
mod dto;
mod handlers;

pub(super) use handlers::configure;
