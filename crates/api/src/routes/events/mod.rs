//! Live events.

mod dto;
mod handlers;

pub(super) use handlers::configure;
