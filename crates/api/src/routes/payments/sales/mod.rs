//! Sales and revenue.

mod dto;
mod handlers;

pub(super) use handlers::configure;
