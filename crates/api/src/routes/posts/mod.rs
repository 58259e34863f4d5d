//! Posts in the school's feed and in courses.

mod dto;
mod handlers;

pub(super) use handlers::configure;
