#![doc = include_str!("../README.md")]

mod completion;
mod overview;
mod removal;
mod store;

pub use completion::{LessonProgress, complete_lesson, derive, lesson_progress};
pub use overview::{ChapterState, CourseProgress, LessonState, course_progress};
pub use removal::{delete_chapter, delete_lesson};
