use courses::{Attachment, AttachmentOwner};
use database::Tx;
use kernel::{Code, Cursor, Limit, Page, Result, Uuid};

use crate::{Access, access, store};

/// May the caller have what belongs to this course as a whole, and why? Staff, and whoever holds an active grant.
///
/// # Errors
/// [`Code::NotFound`] for a course that is not there for the caller; otherwise see [`crate::decide`].
pub async fn decide_course(tx: &Tx, course_id: Uuid) -> Result<Access> {
    let course = courses::course_ref(tx, course_id).await?;
    if tx.actor().manages(course.author_id) {
        return Ok(Access::Staff);
    }
    let grants = store::grants(tx, tx.user_id()?, course_id).await?;
    access::by_grants(&grants, tx.now())
}

/// What is attached to a course, for whoever may have it.
///
/// # Errors
/// See [`decide_course`].
pub async fn course_attachments(
    tx: &Tx,
    course_id: Uuid,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Attachment>> {
    decide_course(tx, course_id).await?;
    courses::attachments(tx, AttachmentOwner::Course(course_id), after, limit).await
}

/// What is attached to a lesson, for whoever may read the lesson.
///
/// # Errors
/// [`Code::NotFound`], and see [`crate::decide`].
pub async fn lesson_attachments(
    tx: &Tx,
    lesson_id: Uuid,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Attachment>> {
    let placed = courses::placed_lesson(tx, lesson_id).await?;
    crate::decide(tx, &placed).await?;
    let owner = AttachmentOwner::Lesson {
        course_id: placed.lesson.course_id,
        lesson_id,
    };
    courses::attachments(tx, owner, after, limit).await
}

/// An attachment, for whoever may have it. For everybody else it is not there: why they may not have it, the lists say.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn read_attachment(tx: &Tx, id: Uuid) -> Result<Attachment> {
    let attachment = courses::attachment(tx, id).await?;
    let decided = match attachment.lesson_id {
        Some(lesson_id) => {
            let placed = courses::placed_lesson(tx, lesson_id).await?;
            crate::decide(tx, &placed).await
        }
        None => decide_course(tx, attachment.course_id).await,
    };
    match decided {
        Ok(_) => Ok(attachment),
        Err(error) if error.code() == Code::Internal || error.code() == Code::Unavailable => Err(error),
        Err(_) => Err(Code::NotFound.into()),
    }
}
