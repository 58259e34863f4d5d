//! Who learns in a course, for those who teach it.

mod model;
mod store;

use database::Tx;
use kernel::{Code, CourseId, Cursor, Limit, Page, Result, UserId};

pub use self::model::{EnrolledLearner, LearnerCount};

/// The learners of a course that the caller may edit, newest first; those whose name or username contains `search`.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn learners(
    tx: &Tx,
    course_id: CourseId,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<EnrolledLearner>> {
    require_editor(tx, course_id).await?;
    let rows = store::page(tx, course_id, search, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.enrolled_at, row.enrollment_id)))
}

/// One learner of a course that the caller may edit.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn learner(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<EnrolledLearner> {
    require_editor(tx, course_id).await?;
    store::one(tx, course_id, user_id).await?.ok_or_else(|| Code::NotFound.into())
}

/// How many learn in a course that the caller may edit.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn learner_count(tx: &Tx, course_id: CourseId) -> Result<LearnerCount> {
    require_editor(tx, course_id).await?;
    store::count(tx, course_id).await
}

async fn require_editor(tx: &Tx, course_id: CourseId) -> Result<()> {
    if courses::course_ref(tx, course_id).await?.staff { Ok(()) } else { Err(Code::Forbidden.into()) }
}
