//! The outline of a course: its chapters and lessons without what they teach.

use kernel::{ChapterId, LessonId};

/// The chapters of a course, with their lessons.
#[derive(Clone, Debug, Default)]
pub struct CourseOutline {
    /// The chapters in their order.
    pub chapters: Vec<OutlineChapter>,
}

/// A chapter without its body.
#[derive(Clone, Debug)]
pub struct OutlineChapter {
    /// The chapter's id.
    pub id: ChapterId,
    /// The title.
    pub title: String,
    /// A description in plain text.
    pub description: Option<String>,
    /// The position among the chapters of the course; a smaller one comes first.
    pub position: i64,
    /// The length in minutes; `None` where the author gave none.
    pub duration: Option<i64>,
    /// Whether it is a free preview, which everybody may read.
    pub is_free: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// Whether it has text or a video of its own.
    pub has_body: bool,
    /// The lessons in their order.
    pub lessons: Vec<OutlineLesson>,
}

/// A lesson without its body.
#[derive(Clone, Debug)]
pub struct OutlineLesson {
    /// The lesson's id.
    pub id: LessonId,
    /// The title.
    pub title: String,
    /// The position among the lessons of the chapter; a smaller one comes first.
    pub position: i64,
    /// The length in minutes; `None` where the author gave none.
    pub duration: Option<i64>,
    /// Whether it has a video.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
}
