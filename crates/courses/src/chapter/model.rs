//! Chapters of courses.

use kernel::{ChapterId, CourseId, Timestamp};
use sea_orm::{DeriveIntoActiveModel, DerivePartialModel};

use crate::body::{Body, BodyChange};

/// A chapter without its body.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel, DeriveIntoActiveModel)]
#[sea_orm(entity = "entity::chapters::Entity", active_model = "entity::chapters::ActiveModel", exhaustive)]
pub struct Chapter {
    /// The chapter's id.
    pub id: ChapterId,
    /// The course it belongs to.
    pub course_id: CourseId,
    /// The title.
    pub title: String,
    /// A description in plain text.
    pub description: Option<String>,
    /// The position among the chapters of the course; a smaller one comes first.
    pub position: i64,
    /// The length in minutes; `None` where the author gave none.
    pub duration: Option<i64>,
    /// Whether it has text of its own.
    pub has_content: bool,
    /// Whether it has a video of its own.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// Whether it is a free preview, which everybody may read.
    pub is_free: bool,
    /// The version, which grows by one with every change.
    pub version: i64,
    /// When the chapter was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A chapter with what decides whether the caller may read it.
#[derive(Clone, Debug)]
pub struct PlacedChapter {
    /// The chapter.
    pub chapter: Chapter,
    /// Whether the caller may edit it.
    pub staff: bool,
}

/// A chapter to create at the end of its course.
#[derive(Clone, Debug)]
pub struct NewChapter {
    /// See [`Chapter::title`].
    pub title: String,
    /// See [`Chapter::description`].
    pub description: Option<String>,
    /// See [`Chapter::duration`].
    pub duration: Option<i64>,
    /// See [`Chapter::is_free`].
    pub is_free: bool,
    /// What it teaches.
    pub body: Body,
}

/// A change of a chapter: `None` keeps a field, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct ChapterChange {
    /// See [`Chapter::title`].
    pub title: Option<String>,
    /// See [`Chapter::description`].
    pub description: Option<Option<String>>,
    /// See [`Chapter::duration`].
    pub duration: Option<Option<i64>>,
    /// See [`Chapter::is_free`].
    pub is_free: Option<bool>,
    /// What it teaches.
    pub body: BodyChange,
}
