//! Enrollments: who learns in which course, from the first grant on, for good.

mod model;
mod store;

use courses::CourseRef;
use database::{Tx, outbox};
use entity::enums::{GrantSource, GrantStatus};
use kernel::{Code, CourseId, Cursor, Limit, Page, Result, UserId};
use serde_json::json;

pub use self::model::{Enrollment, EnrollmentFilter};
use crate::{
    access,
    grant::{self, model::NewGrant, store as grants},
};

/// Enrols the caller in a free course. Whoever has access already gets the enrollment that is there; the flag tells whether the
/// access is new.
///
/// # Errors
/// [`Code::NotFound`], [`Code::CourseNotFree`]; [`Code::GrantRevoked`] or [`Code::GrantExpired`] where the caller enrolled
/// before and has lost that access: the trainer can give it back.
pub async fn enroll(tx: &Tx, course_id: CourseId) -> Result<(Enrollment, bool)> {
    let user_id = tx.user_id()?;
    let course = courses::course_ref(tx, course_id).await?;
    let grants = grants::of_user(tx, user_id, course_id).await?;
    if access::by_grants(&grants, tx.now()).is_ok()
        && let Some(existing) = store::find(tx, user_id, course_id).await?
    {
        return Ok((existing, false));
    }
    open_to_all(&course)?;
    let new = NewGrant {
        id: tx.new_id(),
        user_id,
        course_id,
        source: GrantSource::Free,
        source_id: String::new(),
        status: GrantStatus::Active,
        starts_at: tx.now(),
        ends_at: None,
        reason: None,
    };
    let made = grant::create(tx, new).await?;
    if made.is_none() {
        let given = grants::by_source(tx, user_id, course_id, GrantSource::Free, "").await?;
        let given = given.ok_or(Code::NotGranted)?;
        // Another request may have begun after this one, and been faster.
        let at = tx.now().max(given.starts_at);
        access::by_grants(&[given], at)?;
    }
    let is_first = begin(tx, user_id, course_id).await?;
    if made.is_some() && !is_first {
        grant::announce_extension(tx, user_id, course_id).await?;
    }
    // What somebody has, they wish for no more.
    courses::unwish_for(tx, user_id, course_id).await?;
    Ok((enrollment(tx, course_id).await?, made.is_some()))
}

/// Begins the learning record with the first grant, whatever its source. Its event makes the worker count the learner, and
/// complete what they learnt in a free preview. Answers whether it began now.
pub(crate) async fn begin(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let is_first = store::insert(tx, user_id, course_id).await?;
    if is_first {
        let payload = json!({ "userId": user_id, "courseId": course_id });
        outbox::send(tx, "enrollment.created", payload).await?;
    }
    Ok(is_first)
}

fn open_to_all(course: &CourseRef) -> Result<()> {
    match course {
        // An author looks at a draft; nobody can enrol in it.
        CourseRef { is_published: false, .. } | CourseRef { is_archived: true, .. } => {
            Err(Code::NotFound.into())
        }
        CourseRef { is_free: false, .. } => Err(Code::CourseNotFree.into()),
        _ => Ok(()),
    }
}

/// The caller's enrollment in this course.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn enrollment(tx: &Tx, course_id: CourseId) -> Result<Enrollment> {
    store::find(tx, tx.user_id()?, course_id).await?.ok_or_else(|| Code::NotFound.into())
}

/// The caller's enrollments, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_enrollments(
    tx: &Tx,
    filter: EnrollmentFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Enrollment>> {
    let rows = store::page(tx, tx.user_id()?, filter, after, limit).await?;
    Ok(Page::cut(rows, limit, |enrollment| Cursor::at(enrollment.enrolled_at, enrollment.id)))
}

/// Marks the whole course as completed by the caller; answers whether this did it.
///
/// # Errors
/// What the database answers.
pub async fn complete(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let user_id = tx.user_id()?;
    let first = store::complete(tx, user_id, course_id).await?;
    if first {
        outbox::send(tx, "course.completed", json!({ "userId": user_id, "courseId": course_id })).await?;
    }
    Ok(first)
}

/// Counts who ever enrolled in a course, for the catalogue. The worker's, after each enrollment: counting again is right however
/// often and in whatever order it is done.
///
/// # Errors
/// What the database answers.
pub async fn count_learners(tx: &Tx, course_id: CourseId) -> Result<()> {
    let learners = store::learner_count(tx, course_id).await?;
    courses::set_popularity(tx, course_id, learners).await
}
