//! Attachments of courses and lessons.

mod dto;
mod handlers;

pub(super) use handlers::configure;
