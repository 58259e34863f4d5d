//! Attachments of courses and lessons.

use kernel::{AttachmentId, CourseId, FileId, LessonId, Timestamp};
use sea_orm::{DeriveIntoActiveModel, DerivePartialModel};

/// A download of a course or a lesson: an uploaded file, or a link elsewhere.
#[derive(Clone, Debug, DerivePartialModel, DeriveIntoActiveModel)]
#[sea_orm(
    entity = "entity::attachments::Entity",
    active_model = "entity::attachments::ActiveModel",
    exhaustive
)]
pub struct Attachment {
    /// The attachment's id.
    pub id: AttachmentId,
    /// The course it belongs to.
    pub course_id: CourseId,
    /// The lesson it belongs to; `None` where it belongs to the course as a whole.
    pub lesson_id: Option<LessonId>,
    /// The name to show.
    pub name: String,
    /// The uploaded file; `None` for a link.
    pub file_id: Option<FileId>,
    /// The link; `None` for a file. Only a download reveals it.
    pub url: Option<String>,
    /// The media type of the file.
    pub content_type: Option<String>,
    /// The size of the file in bytes.
    pub size_bytes: Option<i64>,
    /// When the attachment was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Attachment {
    /// The version that `If-Match` names.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.updated_at.timestamp_micros()
    }
}

/// What something is attached to.
#[derive(Clone, Copy, Debug)]
pub enum AttachmentOwner {
    /// A course as a whole.
    Course(CourseId),
    /// A lesson of a course.
    Lesson {
        /// The course.
        course_id: CourseId,
        /// The lesson.
        lesson_id: LessonId,
    },
}

/// What an attachment consists of.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file that the caller has uploaded.
    File(FileId),
    /// A link elsewhere.
    Url(String),
}

/// An attachment to create.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// See [`Attachment::name`].
    pub name: String,
    /// What it consists of.
    pub source: Source,
}
