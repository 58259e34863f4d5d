//! Reports of content, for reporters.

mod dto;
mod handlers;

pub(super) use handlers::configure;
