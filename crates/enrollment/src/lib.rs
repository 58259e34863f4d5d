#![doc = include_str!("../README.md")]

mod access;
mod attachment;
mod record;
mod store;

pub use access::{Access, ReadableLesson, decide, read_lesson};
pub use attachment::{course_attachments, decide_course, lesson_attachments, read_attachment};
pub use record::{Enrollment, complete, enroll, enrollment, list_enrollments};
