#![doc = include_str!("../README.md")]

mod completion;
mod course_progress;
mod course_view;
mod heartbeat;
mod job;
mod learner;
mod my_courses;
mod progress;
mod reading;
mod report;
mod stats;
mod subject;
mod watch;

pub use completion::{RECOMPUTE, complete, enroll, recompute_completion, recompute_completion_for};
pub use course_progress::{ChapterState, CourseProgress, LessonState, Tally, WatchState, course_progress};
pub use course_view::{ChapterView, CourseView, LessonView, NextStep, course_view};
pub use heartbeat::{Heartbeat, HeartbeatService};
pub use job::{Job, JobKind, JobStatus, RECOUNT, jobs, recount, work_on};
pub use learner::{LearnerProgress, learners, reset, waive};
pub use my_courses::{MyCourse, ResumePoint, my_courses, resume_points};
pub use progress::{Progress, progress};
pub use reading::ReadingLog;
pub use report::{Funnel, FunnelLesson, Retention, funnel, retention};
pub use stats::{Day, Stats, stats};
pub use subject::Subject;
pub use watch::{Claim, MAX_VIDEO_SECONDS, Position, Rules};
