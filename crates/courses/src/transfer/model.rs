//! The document of a course. It holds what an author wrote, and nothing that only one installation knows, such as ids, uploaded
//! pictures and uploaded videos.

use entity::enums::{ContentFormat, Level};
use kernel::{FieldError, Money, Warning};

/// A course as one document.
#[derive(Clone, Debug, Default)]
pub struct CourseDocument {
    /// See [`crate::Course::title`].
    pub title: String,
    /// See [`crate::Course::description`].
    pub description: String,
    /// See [`crate::Course::content`].
    pub content: Option<String>,
    /// See [`crate::Course::content_format`].
    pub content_format: ContentFormat,
    /// See [`crate::Course::picture_url`].
    pub image_url: Option<String>,
    /// See [`crate::Course::preview_video_url`].
    pub preview_video_url: Option<String>,
    /// See [`crate::Course::duration`].
    pub duration: Option<i64>,
    /// See [`crate::Course::difficulty`].
    pub difficulty: Level,
    /// See [`crate::Course::price`].
    pub price: Option<Money>,
    /// See [`crate::Course::discount_price`].
    pub discount_price: Option<Money>,
    /// The slugs of the categories it is in.
    pub categories: Vec<String>,
    /// Its chapters in their order.
    pub chapters: Vec<ChapterDocument>,
}

/// A chapter of a [`CourseDocument`].
#[derive(Clone, Debug, Default)]
pub struct ChapterDocument {
    /// See [`crate::Chapter::title`].
    pub title: String,
    /// See [`crate::Chapter::description`].
    pub description: Option<String>,
    /// See [`crate::Body::content`].
    pub content: Option<String>,
    /// See [`crate::Body::content_format`].
    pub content_format: ContentFormat,
    /// See [`crate::Body::video_url`].
    pub video_url: Option<String>,
    /// See [`crate::Chapter::duration`].
    pub duration: Option<i64>,
    /// See [`crate::Chapter::is_free`].
    pub is_free: bool,
    /// See [`crate::Chapter::is_published`].
    pub is_published: bool,
    /// Its lessons in their order.
    pub lessons: Vec<LessonDocument>,
}

/// A lesson of a [`ChapterDocument`].
#[derive(Clone, Debug, Default)]
pub struct LessonDocument {
    /// See [`crate::Lesson::title`].
    pub title: String,
    /// See [`crate::Lesson::description`].
    pub description: Option<String>,
    /// See [`crate::Body::content`].
    pub content: Option<String>,
    /// See [`crate::Body::content_format`].
    pub content_format: ContentFormat,
    /// See [`crate::Body::video_url`].
    pub video_url: Option<String>,
    /// See [`crate::Lesson::duration`].
    pub duration: Option<i64>,
    /// See [`crate::Lesson::is_published`].
    pub is_published: bool,
}

/// An exported course.
#[derive(Clone, Debug)]
pub struct CourseExport {
    /// The course's slug, for the name of the document.
    pub slug: String,
    /// The document.
    pub document: CourseDocument,
}

/// What an import would create, or why it would be refused.
#[derive(Clone, Debug)]
pub struct ImportCheck {
    /// Everything that prevents the import; empty where nothing does.
    pub problems: Vec<FieldError>,
    /// What the import would leave out of the texts.
    pub warnings: Vec<Warning>,
    /// The number of chapters in the document.
    pub chapters: usize,
    /// The number of lessons in the document.
    pub lessons: usize,
    /// The slugs in the document that no category has.
    pub unknown_categories: Vec<String>,
}
