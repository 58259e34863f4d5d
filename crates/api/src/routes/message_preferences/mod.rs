//! From whom people accept messages.

mod dto;
mod handlers;

pub(super) use handlers::configure;
