use database::{Tx, audit};
use kernel::{AttachmentId, Code, CourseId, Cursor, FileId, LessonId, Limit, Page, Result, Timestamp, Uuid};
use media::FilePurpose;
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{course, lesson, store::attachment as rows};

/// Something to take along: a file of ours, or a link elsewhere.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Attachment {
    /// The attachment's id.
    pub id: AttachmentId,
    /// The course it belongs to.
    pub course_id: CourseId,
    /// The lesson, where it belongs to one.
    pub lesson_id: Option<LessonId>,
    /// Its name.
    pub name: String,
    /// The file, where it is one of ours.
    pub file_id: Option<FileId>,
    /// The link, where it is elsewhere. Only for a download.
    pub url: Option<String>,
    /// The file's type.
    pub content_type: Option<String>,
    /// The file's bytes.
    pub size_bytes: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Attachment {
    /// What `If-Match` names.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.updated_at.timestamp_micros()
    }
}

/// To what something is attached.
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

impl AttachmentOwner {
    pub(crate) fn course_id(self) -> CourseId {
        match self {
            Self::Course(course_id) | Self::Lesson { course_id, .. } => course_id,
        }
    }
}

/// What an attachment is made of.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file that the caller has sent.
    File(FileId),
    /// A link elsewhere.
    Url(String),
}

/// An attachment to be made.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// See [`Attachment::name`].
    pub name: String,
    /// See [`Source`].
    pub source: Source,
}

/// Attaches something to a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] for a file that cannot be used.
pub async fn attach_to_course(tx: &Tx, course_id: CourseId, new: NewAttachment) -> Result<Attachment> {
    course::managed(tx, course_id).await?;
    attach(tx, course_id, None, new).await
}

/// Attaches something to a lesson.
///
/// # Errors
/// See [`attach_to_course`].
pub async fn attach_to_lesson(tx: &Tx, lesson_id: LessonId, new: NewAttachment) -> Result<Attachment> {
    let course_id = lesson::managed(tx, lesson_id).await?.course_id;
    attach(tx, course_id, Some(lesson_id), new).await
}

async fn attach(
    tx: &Tx,
    course_id: CourseId,
    lesson_id: Option<LessonId>,
    new: NewAttachment,
) -> Result<Attachment> {
    let (file, url) = match new.source {
        Source::File(id) => {
            let file = media::ready_file(tx, id, FilePurpose::Attachment, "/fileId").await?;
            (Some(file), None)
        }
        Source::Url(url) => (None, Some(url)),
    };
    let attachment = Attachment {
        id: tx.new_id(),
        course_id,
        lesson_id,
        name: new.name.trim().to_owned(),
        file_id: file.as_ref().map(|file| file.id),
        url,
        size_bytes: file.as_ref().map(|file| file.size_bytes),
        content_type: file.map(|file| file.content_type),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    rows::insert(tx, &attachment).await?;
    Ok(attachment)
}

/// Gives an attachment another name, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`].
pub async fn rename_attachment(
    tx: &Tx,
    id: AttachmentId,
    matches: impl Fn(i64) -> bool,
    name: Option<String>,
) -> Result<Attachment> {
    let before = managed_attachment(tx, id).await?;
    if !matches(before.version()) {
        return Err(Code::PreconditionFailed.into());
    }
    let after = Attachment {
        name: name.map_or(before.name, |name| name.trim().to_owned()),
        updated_at: tx.now(),
        ..before
    };
    rows::rename(tx, id, &after.name).await?;
    Ok(after)
}

/// Takes an attachment away. Its file goes with it, once nothing else refers to it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn remove_attachment(tx: &Tx, id: AttachmentId) -> Result<()> {
    let before = managed_attachment(tx, id).await?;
    rows::delete(tx, id).await?;
    if tx.actor().is_admin() {
        let author_id = course::by_id(tx, before.course_id).await?.author.id;
        if tx.user_id().ok() != Some(author_id) {
            let detail = json!({ "courseId": before.course_id, "authorId": author_id });
            audit::record(tx, "attachment.deleted", id, detail).await?;
        }
    }
    Ok(())
}

/// An attachment that the caller may change, its course locked. For everybody else it is not there: who may see one is
/// not decided here.
async fn managed_attachment(tx: &Tx, id: AttachmentId) -> Result<Attachment> {
    let before = attachment(tx, id).await?;
    if let Err(error) = course::managed(tx, before.course_id).await {
        let hidden = error.code() == Code::Forbidden;
        return Err(if hidden { Code::NotFound.into() } else { error });
    }
    // What stands there once the course is locked.
    attachment(tx, id).await
}

/// What is attached, oldest first. The caller has decided that the reader may have it.
///
/// # Errors
/// What the database answers.
pub async fn attachments(
    tx: &Tx,
    owner: AttachmentOwner,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Attachment>> {
    let rows = rows::list(tx, owner, after, limit).await?;
    Ok(Page::cut(rows, limit, |attachment| {
        Cursor::at(attachment.created_at, attachment.id)
    }))
}

/// An attachment, whoever asks: what the decision about access begins with.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn attachment(tx: &Tx, id: AttachmentId) -> Result<Attachment> {
    rows::one(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}
