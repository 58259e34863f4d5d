#![doc = include_str!("../README.md")]

mod access;
mod attachment;
mod learner;
mod popularity;
mod record;
mod store;
mod wishlist;

pub use access::{
    Access, Place, ReadableChapter, ReadableLesson, course_access, decide, has_access, lesson_access,
    read_chapter, read_lesson,
};
pub use attachment::{course_attachments, lesson_attachments, read_attachment};
pub use learner::{Learner, LearnerCount, learner, learner_count, learners};
pub use popularity::count_learners;
pub use record::{Enrollment, complete, enroll, enrollment, list_enrollments};
pub use wishlist::wish;
