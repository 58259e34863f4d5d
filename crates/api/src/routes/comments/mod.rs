//! Comments on posts and lessons.

mod dto;
mod handlers;

pub(super) use handlers::configure;
