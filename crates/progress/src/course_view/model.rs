//! A course, and what it is to whoever looks at it.

use courses::{Course, OutlineChapter, OutlineLesson};
use enrollment::{CourseViewer, Verdict};
use kernel::{ChapterId, LessonId, Timestamp};

use crate::{Tally, WatchState};

/// A course, and what it is to whoever looks at it.
#[derive(Clone, Debug)]
pub struct CourseView {
    /// The course.
    pub course: Course,
    /// Whether they may see it, until when, and what would give access.
    pub viewer: CourseViewer,
    /// Whether it is on their wishlist.
    pub is_wished: bool,
    /// How much of it they have completed.
    pub tally: Tally,
    /// Where they go on; `None` where nothing is left that they may read.
    pub next: Option<NextStep>,
    /// The chapters in their order.
    pub chapters: Vec<ChapterView>,
}

/// Where somebody goes on: a lesson, or a chapter that has none.
#[derive(Clone, Debug)]
pub struct NextStep {
    /// The chapter.
    pub chapter_id: ChapterId,
    /// The lesson; `None` for a chapter that has none.
    pub lesson_id: Option<LessonId>,
    /// The title of the lesson, or of the chapter.
    pub title: String,
}

/// A chapter, and what it is to whoever looks at it.
#[derive(Clone, Debug)]
pub struct ChapterView {
    /// The chapter, without its lessons.
    pub chapter: OutlineChapter,
    /// Whether they may read it, and why.
    pub verdict: Verdict,
    /// When they completed it; `None` until then.
    pub completed_at: Option<Timestamp>,
    /// How much of its own video they watched.
    pub watch: WatchState,
    /// Its lessons in their order.
    pub lessons: Vec<LessonView>,
}

/// A lesson, and what it is to whoever looks at it.
#[derive(Clone, Debug)]
pub struct LessonView {
    /// The lesson.
    pub lesson: OutlineLesson,
    /// Whether they may read it, and why.
    pub verdict: Verdict,
    /// When they completed it; `None` until then.
    pub completed_at: Option<Timestamp>,
    /// How much of its video they watched.
    pub watch: WatchState,
}
