//! How far the caller is in their courses, where to resume, and their statistics.

mod dto;
mod handlers;

pub(super) use handlers::configure;
