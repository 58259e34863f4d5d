//! Lessons of chapters.

mod dto;
mod handlers;

pub(super) use dto::{AccessReason, AuthoredLesson};
pub(super) use handlers::configure;
