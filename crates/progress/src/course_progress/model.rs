//! A whole course through the eyes of one learner.

use courses::CourseOutline;
use kernel::{ChapterId, CourseId, LessonId, Timestamp};

use crate::{
    completion::model::Completed,
    watch::{Position, Watch},
};

/// A whole course through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct CourseProgress {
    /// The course.
    pub course_id: CourseId,
    /// Whether the course is completed.
    pub is_completed: bool,
    /// When the course was completed; `None` until then.
    pub completed_at: Option<Timestamp>,
    /// How much of it is completed.
    pub tally: Tally,
    /// Its published chapters in their order.
    pub chapters: Vec<ChapterState>,
}

/// How much of a course is completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many lessons are published.
    pub total_lessons: usize,
    /// How many of these are completed.
    pub completed_lessons: usize,
    /// How many published lessons there are, and chapters that have none.
    units: usize,
    /// How many of those are completed.
    completed_units: usize,
}

impl Tally {
    pub(crate) fn of(outline: &CourseOutline, completed: &Completed) -> Self {
        let mut tally = Self::default();
        for chapter in &outline.chapters {
            let done = chapter.lessons.iter().filter(|lesson| completed.lessons.contains(&lesson.id));
            let done = done.count();
            tally.total_lessons += chapter.lessons.len();
            tally.completed_lessons += done;
            if chapter.lessons.is_empty() {
                tally.units += 1;
                tally.completed_units += usize::from(completed.chapters.contains(&chapter.id));
            } else {
                tally.units += chapter.lessons.len();
                tally.completed_units += done;
            }
        }
        tally
    }

    /// Completed of published lessons, 0 to 100, rounded down; a chapter without lessons counts as one. Nothing published is 0.
    #[must_use]
    pub fn percent(&self) -> usize {
        (self.completed_units * 100).checked_div(self.units).unwrap_or(0)
    }
}

/// A chapter through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct ChapterState {
    /// The chapter.
    pub chapter_id: ChapterId,
    /// Its title.
    pub title: String,
    /// When it was completed; `None` until then.
    pub completed_at: Option<Timestamp>,
    /// How much of its own video was watched.
    pub watch: WatchState,
    /// Its published lessons in their order.
    pub lessons: Vec<LessonState>,
}

/// A lesson through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct LessonState {
    /// The lesson.
    pub lesson_id: LessonId,
    /// Its title.
    pub title: String,
    /// When it was completed; `None` until then.
    pub completed_at: Option<Timestamp>,
    /// How much of its video was watched.
    pub watch: WatchState,
}

/// How much of a video was watched, in short.
#[derive(Clone, Copy, Debug, Default)]
pub struct WatchState {
    /// The credited part of the video, 0 to 100.
    pub percent: f64,
    /// The credited seconds of the video.
    pub watched_seconds: u32,
    /// Where to resume; `None` before a player has reported a position.
    pub position: Option<Position>,
}

impl From<&Watch> for WatchState {
    fn from(watch: &Watch) -> Self {
        Self { percent: watch.percent, watched_seconds: watch.watched_seconds, position: watch.position }
    }
}
