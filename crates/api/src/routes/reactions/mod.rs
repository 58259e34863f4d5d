//! Reactions to posts and comments.

mod dto;
mod handlers;

pub(super) use dto::Reactions;
pub(super) use handlers::configure;
