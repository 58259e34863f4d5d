#![doc = include_str!("../README.md")]

mod access;
mod popularity;
mod record;
mod store;
mod wishlist;

pub use access::{
    Access, Place, ReadableChapter, ReadableLesson, decide, has_access, lesson_access, read_chapter,
    read_lesson,
};
pub use popularity::count_learners;
pub use record::{Enrollment, complete, enroll, enrollment, list_enrollments};
pub use wishlist::wish;
