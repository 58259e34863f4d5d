//! Blocks between people.

mod dto;
mod handlers;

pub(super) use handlers::configure;
