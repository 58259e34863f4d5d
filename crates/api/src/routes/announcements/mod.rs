//! Announcements to the learners of a course.

mod dto;
mod handlers;

pub(super) use handlers::configure;
