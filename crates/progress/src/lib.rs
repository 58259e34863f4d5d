#![doc = include_str!("../README.md")]

mod completion;
mod gathering;
mod job;
mod learner;
mod mine;
mod overview;
mod progress;
mod ranges;
mod removal;
mod report;
mod stats;
mod store;
mod subject;
mod watch;
mod watching;

pub use completion::{complete, derive};
pub use job::{Job, RECOUNT, derive_for, jobs, recount, work_on};
pub use learner::{DERIVE, LearnerProgress, learners, reset, waive};
pub use mine::{Continuation, MyCourse, continuations, my_courses};
pub use overview::{ChapterState, CourseProgress, LessonState, Tally, WatchState, course_progress};
pub use progress::{Progress, progress};
pub use removal::{delete_chapter, delete_lesson};
pub use report::{Funnel, FunnelLesson, Retention, funnel, retention};
pub use stats::{Stats, stats};
pub use subject::Subject;
pub use watch::{Claim, LONGEST, Position, Rules};
pub use watching::{Heartbeat, Watching};
