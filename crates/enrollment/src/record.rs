use courses::CourseRef;
use database::{Tx, outbox};
use kernel::{Code, CourseId, Cursor, EnrollmentId, Limit, Page, Result, Timestamp, UserId};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{
    access,
    grant::{GrantStatus, Source},
    ledger::{self, NewGrant},
    store,
};

/// The learning record of one user in one course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Enrollment {
    /// The enrollment's id.
    pub id: EnrollmentId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which course.
    pub course_id: CourseId,
    /// When it began.
    pub enrolled_at: Timestamp,
    /// The latest end among active grants; `None` is without end, or without access.
    pub expires_at: Option<Timestamp>,
    /// Whether the whole course is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
}

/// Enrols the caller in a free course. Whoever has access already gets the record that is there; the flag tells whether the
/// access is new.
///
/// # Errors
/// [`Code::NotFound`], [`Code::CourseNotFree`]; [`Code::GrantRevoked`] or [`Code::GrantExpired`] where the caller enrolled
/// before and has lost that access: the trainer can give it back.
pub async fn enroll(tx: &Tx, course_id: CourseId) -> Result<(Enrollment, bool)> {
    let user_id = tx.user_id()?;
    let course = courses::course_ref(tx, course_id).await?;
    let grants = store::grant::of_user(tx, user_id, course_id).await?;
    if access::by_grants(&grants, tx.now()).is_ok()
        && let Some(existing) = store::enrollment(tx, user_id, course_id).await?
    {
        return Ok((existing, false));
    }
    open_to_all(&course)?;
    let new = NewGrant {
        id: tx.new_id(),
        user_id,
        course_id,
        source: Source::Free,
        source_id: String::new(),
        status: GrantStatus::Active,
        starts_at: tx.now(),
        ends_at: None,
        reason: None,
    };
    let made = ledger::begin(tx, new).await?;
    if made.is_none() {
        let source = Source::Free.as_str();
        let given = store::grant::by_source(tx, (user_id, course_id), source, "").await?;
        let given = given.ok_or(Code::NotGranted)?;
        // Another request may have begun after this one, and been faster.
        let at = tx.now().max(given.starts_at);
        access::by_grants(&[given], at)?;
    }
    begin(tx, user_id, course_id).await?;
    // What somebody has, they wish for no more.
    courses::unwish_for(tx, user_id, course_id).await?;
    Ok((enrollment(tx, course_id).await?, made.is_some()))
}

/// The record begins with the first grant, whatever its source.
pub(crate) async fn begin(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    if store::insert_enrollment(tx, user_id, course_id).await? {
        let payload = json!({ "userId": user_id, "courseId": course_id });
        outbox::send(tx, "enrollment.created", payload).await?;
    }
    Ok(())
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
pub async fn enrollment(tx: &Tx, course_id: CourseId) -> Result<Enrollment> {
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
pub async fn complete(tx: &Tx, course_id: CourseId) -> Result<bool> {
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
