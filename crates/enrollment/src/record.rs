use courses::CourseRef;
use database::{Tx, outbox};
use kernel::{Code, Cursor, Limit, Page, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::store;

/// The learning record of one user in one course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Enrollment {
    /// The enrollment's id.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// In which course.
    pub course_id: Uuid,
    /// When it began.
    pub enrolled_at: Timestamp,
    /// The latest end among active grants; `None` is without end, or without access.
    pub expires_at: Option<Timestamp>,
    /// Whether the whole course is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
}

/// Enrols the caller in a free course. Doing it again answers with the same record; the flag tells whether it is new.
///
/// # Errors
/// [`Code::NotFound`], [`Code::CourseNotFree`].
pub async fn enroll(tx: &Tx, course_id: Uuid) -> Result<(Enrollment, bool)> {
    let user_id = tx.user_id()?;
    let course = courses::course_ref(tx, course_id).await?;
    if let Some(existing) = store::enrollment(tx, user_id, course_id).await? {
        return Ok((existing, false));
    }
    open_to_all(&course)?;
    store::insert_free_grant(tx, user_id, course_id).await?;
    let new = store::insert_enrollment(tx, user_id, course_id).await?;
    // What somebody has, they wish for no more.
    courses::unwish(tx, course_id).await?;
    let enrollment = enrollment(tx, course_id).await?;
    if new {
        outbox::send(
            tx,
            "enrollment.created",
            json!({ "userId": user_id, "courseId": course_id }),
        )
        .await?;
    }
    Ok((enrollment, new))
}

fn open_to_all(course: &CourseRef) -> Result<()> {
    match course {
        // An author looks at a draft; nobody can enrol in it.
        CourseRef {
            is_published: false, ..
        }
        | CourseRef {
            is_archived: true, ..
        } => Err(Code::NotFound.into()),
        CourseRef { is_free: false, .. } => Err(Code::CourseNotFree.into()),
        _ => Ok(()),
    }
}

/// The caller's record in this course.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn enrollment(tx: &Tx, course_id: Uuid) -> Result<Enrollment> {
    store::enrollment(tx, tx.user_id()?, course_id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// The caller's records, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_enrollments(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Enrollment>> {
    let rows = store::enrollments(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |enrollment| {
        Cursor::at(enrollment.enrolled_at, enrollment.id)
    }))
}

/// Writes that the whole course is done, once; answers whether this was the time.
///
/// # Errors
/// What the database answers.
pub async fn complete(tx: &Tx, course_id: Uuid) -> Result<bool> {
    let user_id = tx.user_id()?;
    let first = store::complete(tx, user_id, course_id).await?;
    if first {
        outbox::send(
            tx,
            "course.completed",
            json!({ "userId": user_id, "courseId": course_id }),
        )
        .await?;
    }
    Ok(first)
}
