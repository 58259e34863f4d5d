#![doc = include_str!("../README.md")]

mod completion;
mod gathering;
mod overview;
mod progress;
mod ranges;
mod removal;
mod store;
mod subject;
mod watch;
mod watching;

pub use completion::{complete, derive};
pub use overview::{ChapterState, CourseProgress, LessonState, Tally, WatchState, course_progress};
pub use progress::{Progress, progress};
pub use removal::{delete_chapter, delete_lesson};
pub use subject::Subject;
pub use watch::{Claim, LONGEST, Position, Rules};
pub use watching::{Heartbeat, Watching};
