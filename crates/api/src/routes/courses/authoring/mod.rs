//! Courses as their authors and editors work on them.

mod dto;
mod handlers;

pub(super) use handlers::configure;
