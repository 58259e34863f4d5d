//! The public catalogue: its list, its filters, and the pages of courses.

mod dto;
mod handlers;
mod query;

pub(in crate::routes) use dto::{ChapterOutline, LessonOutline};
pub(super) use handlers::configure;
