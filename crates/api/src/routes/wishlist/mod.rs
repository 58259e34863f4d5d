//! The caller's wishlist.

mod dto;
mod handlers;

pub(super) use handlers::configure;
