//! Attachments of courses and lessons.

mod model;
mod store;

use database::{Tx, audit};
use kernel::{AttachmentId, Code, CourseId, Cursor, LessonId, Limit, Page, Result};
use media::FilePurpose;
use serde_json::json;

use crate::{course, lesson, permission};

pub use model::{Attachment, AttachmentOwner, NewAttachment, Source};

/// Attaches a file or a link to a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] for a file that cannot be used, and for a name in which
/// nothing can be seen.
pub async fn attach_to_course(tx: &Tx, course_id: CourseId, new: NewAttachment) -> Result<Attachment> {
    permission::lock_editable(tx, course_id).await?;
    attach(tx, course_id, None, new).await
}

/// Attaches a file or a link to a lesson.
///
/// # Errors
/// See [`attach_to_course`].
pub async fn attach_to_lesson(tx: &Tx, lesson_id: LessonId, new: NewAttachment) -> Result<Attachment> {
    let course_id = lesson::lock_editable(tx, lesson_id).await?.course_id;
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
        name: kernel::visible_line(&new.name, "/name")?,
        file_id: file.as_ref().map(|file| file.id),
        url,
        size_bytes: file.as_ref().map(|file| file.size_bytes),
        content_type: file.map(|file| file.content_type),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, attachment.clone()).await?;
    Ok(attachment)
}

/// Renames an attachment if `matches` accepts its present version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::ValidationFailed`] for a name in which nothing can be seen.
pub async fn rename_attachment(
    tx: &Tx,
    id: AttachmentId,
    matches: impl Fn(i64) -> bool,
    name: Option<String>,
) -> Result<Attachment> {
    let before = lock_editable(tx, id).await?;
    if !matches(before.version()) {
        return Err(Code::PreconditionFailed.into());
    }
    let after = Attachment {
        name: name.map_or(Ok(before.name), |name| kernel::visible_line(&name, "/name"))?,
        updated_at: tx.now(),
        ..before
    };
    store::rename(tx, id, after.name.clone()).await?;
    Ok(after)
}

/// Removes an attachment. Its file is deleted once nothing else refers to it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn remove_attachment(tx: &Tx, id: AttachmentId) -> Result<()> {
    let before = lock_editable(tx, id).await?;
    store::delete(tx, id).await?;
    if tx.actor().is_admin() {
        let author_id = course::by_id(tx, before.course_id).await?.author.id;
        if tx.user_id().ok() != Some(author_id) {
            let detail = json!({ "courseId": before.course_id, "authorId": author_id });
            audit::record(tx, "attachment.deleted", id, detail).await?;
        }
    }
    Ok(())
}

/// An attachment that the caller may change, its course locked. For everybody else it does not exist: whether they may see it is not
/// decided here.
async fn lock_editable(tx: &Tx, id: AttachmentId) -> Result<Attachment> {
    let before = attachment(tx, id).await?;
    if let Err(error) = permission::lock_editable(tx, before.course_id).await {
        let hidden = error.code() == Code::Forbidden;
        return Err(if hidden { Code::NotFound.into() } else { error });
    }
    // Read again under the lock.
    attachment(tx, id).await
}

/// The attachments of a course or a lesson, oldest first, without a check: whoever calls this has decided that the reader may have
/// them.
///
/// # Errors
/// What the database answers.
pub async fn attachments(
    tx: &Tx,
    owner: AttachmentOwner,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Attachment>> {
    let rows = store::list(tx, owner, after, limit).await?;
    Ok(Page::cut(rows, limit, |attachment| Cursor::at(attachment.created_at, attachment.id)))
}

/// An attachment, without a check: `enrollment` decides who may have it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn attachment(tx: &Tx, id: AttachmentId) -> Result<Attachment> {
    store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}
