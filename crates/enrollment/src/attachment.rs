//! Attachments of courses and lessons, for whoever may have them.

use courses::{Attachment, AttachmentOwner};
use database::Tx;
use kernel::{AttachmentId, Code, CourseId, Cursor, LessonId, Limit, Page, Result};

use crate::access;

/// What is attached to a course, for whoever may have it.
///
/// # Errors
/// See [`crate::course_access`].
pub async fn course_attachments(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Attachment>> {
    access::course_access(tx, course_id).await?;
    courses::attachments(tx, AttachmentOwner::Course(course_id), after, limit).await
}

/// What is attached to a lesson, for whoever may read the lesson.
///
/// # Errors
/// [`Code::NotFound`], and see [`crate::decide`].
pub async fn lesson_attachments(
    tx: &Tx,
    lesson_id: LessonId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Attachment>> {
    let (lesson, _) = access::lesson_access(tx, lesson_id).await?;
    let owner = AttachmentOwner::Lesson { course_id: lesson.course_id, lesson_id };
    courses::attachments(tx, owner, after, limit).await
}

/// An attachment, for whoever may have it. For everybody else it is not there: why they may not have it, the lists say.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn read_attachment(tx: &Tx, id: AttachmentId) -> Result<Attachment> {
    let attachment = courses::attachment(tx, id).await?;
    let decided = match attachment.lesson_id {
        Some(lesson_id) => access::lesson_access(tx, lesson_id).await.map(drop),
        None => access::course_access(tx, attachment.course_id).await.map(drop),
    };
    match decided {
        Ok(_) => Ok(attachment),
        Err(error) if error.code() == Code::Internal || error.code() == Code::Unavailable => Err(error),
        Err(_) => Err(Code::NotFound.into()),
    }
}
