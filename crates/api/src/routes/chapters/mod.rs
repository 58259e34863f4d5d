//! Chapters of courses.

mod dto;
mod handlers;

pub(super) use dto::Chapter;
pub(super) use handlers::configure;
