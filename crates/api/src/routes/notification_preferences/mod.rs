//! How people want to be notified.

mod dto;
mod handlers;

pub(super) use handlers::configure;
