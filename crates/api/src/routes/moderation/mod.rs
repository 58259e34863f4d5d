//! Decisions about reports, and the moderation log.

mod dto;
mod handlers;

pub(super) use handlers::configure;
