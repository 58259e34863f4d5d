use std::collections::{HashMap, HashSet};

use courses::{CourseOutline, OutlineChapter};
use database::Tx;
use kernel::{ChapterId, CourseId, LessonId, Result, Timestamp, Uuid};

use crate::{
    store::{self, LessonRow},
    watch::{Position, Watch},
};

/// A whole course through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct CourseProgress {
    /// The course.
    pub course_id: CourseId,
    /// Whether it is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
    /// How far.
    pub tally: Tally,
    /// Its published chapters in their order.
    pub chapters: Vec<ChapterState>,
}

/// How much of a course is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Published lessons.
    pub total_lessons: usize,
    /// How many of them are done.
    pub completed_lessons: usize,
    /// Published lessons, and chapters that have none.
    units: usize,
    /// How many of those are done.
    completed_units: usize,
}

impl Tally {
    pub(crate) fn of(
        outline: &CourseOutline,
        lessons: &HashSet<LessonId>,
        chapters: &HashSet<ChapterId>,
    ) -> Self {
        let mut tally = Self::default();
        for chapter in &outline.chapters {
            let done = chapter
                .lessons
                .iter()
                .filter(|lesson| lessons.contains(&lesson.id));
            let done = done.count();
            tally.total_lessons += chapter.lessons.len();
            tally.completed_lessons += done;
            if chapter.lessons.is_empty() {
                tally.units += 1;
                tally.completed_units += usize::from(chapters.contains(&chapter.id));
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
    /// Since when it is done.
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
    /// Since when it is done.
    pub completed_at: Option<Timestamp>,
    /// How much of its video was watched.
    pub watch: WatchState,
}

/// How much of a video was watched, in short.
#[derive(Clone, Copy, Debug, Default)]
pub struct WatchState {
    /// 0 to 100.
    pub percent: f64,
    /// Seconds.
    pub watched_seconds: u32,
    /// Where to go on.
    pub position: Option<Position>,
}

impl From<&Watch> for WatchState {
    fn from(watch: &Watch) -> Self {
        Self {
            percent: watch.percent,
            watched_seconds: watch.watched_seconds,
            position: watch.position,
        }
    }
}

/// The caller's progress through a course that they are enrolled in, the whole outline at once, in as many statements however
/// large it is.
///
/// # Errors
/// [`kernel::Code::NotFound`] where the caller is not enrolled.
pub async fn course_progress(tx: &Tx, course_id: CourseId) -> Result<CourseProgress> {
    let user_id = tx.user_id()?;
    let enrollment = enrollment::enrollment(tx, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    let chapters_done = store::chapters(tx, user_id, course_id).await?;
    let lessons_done = store::lessons(tx, user_id, course_id).await?;
    let lessons_done: HashMap<LessonId, LessonRow> =
        lessons_done.into_iter().map(|row| (row.lesson_id, row)).collect();
    let watched = store::watch::of_course(tx, user_id, course_id).await?;
    let watched: HashMap<Uuid, WatchState> = watched
        .iter()
        .map(|row| (row.subject.id(), (&row.watch).into()))
        .collect();
    let done = lessons_done.values().filter(|row| row.completed_at.is_some());
    let done = done.map(|row| row.lesson_id).collect();
    let tally = Tally::of(&outline, &done, &chapters_done.keys().copied().collect());
    let state = |chapter: OutlineChapter| ChapterState {
        completed_at: chapters_done.get(&chapter.id).copied(),
        watch: watched.get(&chapter.id.0).copied().unwrap_or_default(),
        chapter_id: chapter.id,
        title: chapter.title,
        lessons: chapter
            .lessons
            .into_iter()
            .map(|lesson| LessonState {
                completed_at: lessons_done.get(&lesson.id).and_then(|row| row.completed_at),
                watch: watched.get(&lesson.id.0).copied().unwrap_or_default(),
                lesson_id: lesson.id,
                title: lesson.title,
            })
            .collect(),
    };
    Ok(CourseProgress {
        course_id,
        is_completed: enrollment.is_completed,
        completed_at: enrollment.completed_at,
        tally,
        chapters: outline.chapters.into_iter().map(state).collect(),
    })
}
