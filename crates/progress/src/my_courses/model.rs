//! The courses of a learner, and where to resume them.

use courses::Course;
use enrollment::{Enrollment, Verdict};
use kernel::{ChapterId, CourseId, LessonId, Timestamp};

use crate::{NextStep, Tally, WatchState};

/// A course that the caller is enrolled in, and how far they are.
#[derive(Clone, Debug)]
pub struct MyCourse {
    /// The enrollment.
    pub enrollment: Enrollment,
    /// The course.
    pub course: Course,
    /// Whether they may see it now, and why.
    pub verdict: Verdict,
    /// Where they go on; `None` where nothing is left that they may read, and while the course is not published.
    pub next: Option<NextStep>,
    /// How much of it is completed.
    pub tally: Tally,
    /// When they last watched or completed something in it; `None` before the first time.
    pub last_active_at: Option<Timestamp>,
}

/// Where to resume a course.
#[derive(Clone, Debug)]
pub struct ResumePoint {
    /// The course.
    pub course_id: CourseId,
    /// Its title.
    pub title: String,
    /// Its slug.
    pub slug: String,
    /// The address of its picture; `None` where it has none.
    pub picture_url: Option<String>,
    /// How much of it is completed.
    pub tally: Tally,
    /// When the caller last watched or completed something in it.
    pub last_active_at: Timestamp,
    /// The chapter.
    pub chapter_id: ChapterId,
    /// The chapter's title.
    pub chapter_title: String,
    /// The lesson in it; `None` for a chapter that has none.
    pub lesson_id: Option<LessonId>,
    /// The lesson's title; `None` where there is no lesson.
    pub lesson_title: Option<String>,
    /// How much of its video was watched.
    pub watch: WatchState,
}
