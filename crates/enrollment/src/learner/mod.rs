//! Who learns in a course, for those who teach it.

mod store;

use database::Tx;
use kernel::{Code, CourseId, Cursor, EnrollmentId, Limit, Page, Result, Timestamp, UserId};
use sea_orm::FromQueryResult;

/// Somebody who is enrolled in a course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct EnrolledLearner {
    /// The account.
    pub user_id: UserId,
    /// Unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The enrollment's id.
    pub enrollment_id: EnrollmentId,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// Since when the whole course is done.
    pub completed_at: Option<Timestamp>,
}

/// How many ever enrolled in a course, and how many of them completed it.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct LearnerCount {
    /// Everybody who ever enrolled.
    pub enrolled: i64,
    /// Who completed the course.
    pub completed: i64,
}

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
    Ok(Page::cut(rows, limit, |row| {
        Cursor::at(row.enrolled_at, row.enrollment_id)
    }))
}

/// One learner of a course that the caller may edit.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn learner(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<EnrolledLearner> {
    require_editor(tx, course_id).await?;
    store::one(tx, course_id, user_id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
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
    if courses::course_ref(tx, course_id).await?.staff {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}
