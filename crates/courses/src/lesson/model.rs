//! Lessons of chapters.

use entity::lesson_bodies;
use kernel::{ChapterId, CourseId, LessonId, Timestamp};
use sea_orm::DerivePartialModel;

use crate::body::{Body, BodyChange};

/// A lesson without its body.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "entity::lessons::Entity")]
pub struct Lesson {
    /// The lesson's id.
    pub id: LessonId,
    /// The course it belongs to.
    pub course_id: CourseId,
    /// The chapter it belongs to.
    pub chapter_id: ChapterId,
    /// The title.
    pub title: String,
    /// A description in plain text. It stands beside the body, and is `None` for whoever may not read that.
    #[sea_orm(from_expr = "lesson_bodies::Column::Description")]
    pub description: Option<String>,
    /// The position among the lessons of the chapter; a smaller one comes first.
    pub position: i64,
    /// The length in minutes; `None` where the author gave none.
    pub duration: Option<i64>,
    /// Whether it has text.
    pub has_content: bool,
    /// Whether it has a video.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// The version, which grows by one with every change.
    pub version: i64,
    /// When the lesson was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A lesson with what decides whether the caller may read it.
#[derive(Clone, Debug)]
pub struct PlacedLesson {
    /// The lesson, without its description.
    pub lesson: Lesson,
    /// Whether its chapter is a free preview.
    pub is_free: bool,
    /// Whether the caller may edit it.
    pub staff: bool,
}

/// A lesson to create at the end of its chapter.
#[derive(Clone, Debug)]
pub struct NewLesson {
    /// See [`Lesson::title`].
    pub title: String,
    /// See [`Lesson::description`].
    pub description: Option<String>,
    /// See [`Lesson::duration`].
    pub duration: Option<i64>,
    /// What it teaches.
    pub body: Body,
}

/// A change of a lesson: `None` keeps a field, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct LessonChange {
    /// See [`Lesson::title`].
    pub title: Option<String>,
    /// See [`Lesson::description`].
    pub description: Option<Option<String>>,
    /// See [`Lesson::duration`].
    pub duration: Option<Option<i64>>,
    /// What it teaches.
    pub body: BodyChange,
}
