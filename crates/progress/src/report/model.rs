//! Reports for the editors of a course.

use kernel::{ChapterId, LessonId};
use sea_orm::FromQueryResult;

/// How a course's learners get on, from enrolling to the end.
#[derive(Clone, Debug)]
pub struct Funnel {
    /// How many enrolled.
    pub enrolled: i64,
    /// How many of them watched or completed anything in it, previews before enrolling included.
    pub started: i64,
    /// How many completed the course.
    pub completed: i64,
    /// Its published lessons in their order.
    pub lessons: Vec<FunnelLesson>,
}

/// How learners get on with a lesson.
#[derive(Clone, Debug)]
pub struct FunnelLesson {
    /// The chapter.
    pub chapter_id: ChapterId,
    /// The lesson.
    pub lesson_id: LessonId,
    /// Its title.
    pub title: String,
    /// How many of the enrolled watched something of it or completed it.
    pub started: i64,
    /// How many completed it.
    pub completed: i64,
    /// How much of its video those who watched something of it watched on average, 0 to 100; `None` where nobody did.
    pub average_percent: Option<f64>,
}

/// How many learners of a course got how far in a lesson.
#[derive(FromQueryResult)]
pub(super) struct LessonCount {
    pub(super) lesson_id: LessonId,
    pub(super) started: i64,
    pub(super) completed: i64,
    pub(super) average_percent: Option<f64>,
}

/// How many still watch at which point of a lesson's video.
#[derive(Clone, Debug, PartialEq)]
pub struct Retention {
    /// The lesson.
    pub lesson_id: LessonId,
    /// The length of the video in seconds; `None` where nobody knows it.
    pub duration_seconds: Option<u32>,
    /// How many of the enrolled, who watched something of it, the curve is drawn from: ten thousand at most.
    pub watchers: usize,
    /// Where each stretch of the video begins, in seconds, and how much of it they played on average, in per cent.
    pub points: Vec<(u32, f64)>,
}
