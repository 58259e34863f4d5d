//! Coupons, as their owners manage them.

mod dto;
mod handlers;

pub(super) use handlers::configure;
