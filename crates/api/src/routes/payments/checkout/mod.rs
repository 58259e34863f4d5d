//! Checkouts, and quotes before them.

mod dto;
mod handlers;

pub(super) use handlers::configure;
