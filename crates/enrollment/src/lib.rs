#![doc = include_str!("../README.md")]

mod access;
mod record;
mod store;

pub use access::{Access, ReadableLesson, decide, read_lesson};
pub use record::{Enrollment, complete, enroll, enrollment, list_enrollments};
