//! The one decision about who may read what, and why.

mod model;

use database::Tx;
use entity::enums::GrantStatus;
use kernel::{ChapterId, Code, CourseId, Error, LessonId, Result, Timestamp, UserId};

pub use self::model::{Access, AccessScope, ReadableChapter, ReadableCourses, ReadableLesson};
use crate::grant::{model::Grant, store as grants};

/// May the caller see this, and why? The one decision, for every reader. In this order: staff; a free chapter; an active
/// grant; otherwise the reason of the refusal.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in, [`Code::NotGranted`], [`Code::GrantExpired`],
/// [`Code::GrantRefunded`], [`Code::GrantRevoked`], [`Code::GrantSuspended`].
pub async fn decide(tx: &Tx, scope: AccessScope) -> Result<Access> {
    if scope.staff {
        return Ok(Access::Staff);
    }
    if scope.is_free {
        return Ok(Access::FreePreview);
    }
    let grants = grants::of_user(tx, tx.user_id()?, scope.course_id).await?;
    by_grants(&grants, tx.now())
}

/// Decides about what belongs to a course as a whole.
///
/// # Errors
/// [`Code::NotFound`], and see [`decide`].
pub async fn course_access(tx: &Tx, course_id: CourseId) -> Result<Access> {
    let course = courses::course_ref(tx, course_id).await?;
    let scope = AccessScope { course_id, is_free: false, staff: course.staff };
    decide(tx, scope).await
}

/// Decides about a lesson, without reading what it teaches.
///
/// # Errors
/// [`Code::NotFound`], and see [`decide`].
pub async fn lesson_access(tx: &Tx, id: LessonId) -> Result<(courses::Lesson, Access)> {
    let placed = courses::placed_lesson(tx, id).await?;
    let scope =
        AccessScope { course_id: placed.lesson.course_id, is_free: placed.is_free, staff: placed.staff };
    Ok((placed.lesson, decide(tx, scope).await?))
}

/// A lesson with its body, if the caller may see it.
///
/// # Errors
/// [`Code::NotFound`], and see [`decide`].
pub async fn read_lesson(tx: &Tx, id: LessonId) -> Result<ReadableLesson> {
    let (lesson, access) = lesson_access(tx, id).await?;
    let (lesson, body) = courses::described_lesson(tx, lesson).await?;
    Ok(ReadableLesson { lesson, body, access })
}

/// A chapter with its body, if the caller may see it.
///
/// # Errors
/// [`Code::NotFound`], and see [`decide`].
pub async fn read_chapter(tx: &Tx, id: ChapterId) -> Result<ReadableChapter> {
    let placed = courses::placed_chapter(tx, id).await?;
    let chapter = placed.chapter;
    let scope = AccessScope { course_id: chapter.course_id, is_free: chapter.is_free, staff: placed.staff };
    let access = decide(tx, scope).await?;
    let body = courses::chapter_body(tx, id).await?;
    Ok(ReadableChapter { chapter, body, access })
}

/// Whether the caller has an active grant for a course.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn has_access(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let grants = grants::of_user(tx, tx.user_id()?, course_id).await?;
    Ok(by_grants(&grants, tx.now()).is_ok())
}

/// Whether somebody has an active grant for a course that does not end: they need no other.
///
/// # Errors
/// What the database answers.
pub async fn has_lasting_access(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let grants = grants::of_user(tx, user_id, course_id).await?;
    Ok(grants.iter().any(|grant| grant.ends_at.is_none() && grant.is_active(tx.now())))
}

/// The courses that the caller may read: those that [`course_access`] would open. Two statements, however many there are.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn readable_courses(tx: &Tx) -> Result<ReadableCourses> {
    if tx.actor().is_admin() {
        return Ok(ReadableCourses::All);
    }
    let granted = grants::active_courses(tx, tx.user_id()?).await?;
    let readable = courses::visible_courses(tx, &granted).await?;
    Ok(ReadableCourses::These(readable))
}

/// Some of those who have an active grant for a course, in the order of their ids, after `after`: for notices to all of them. For
/// the worker.
///
/// # Errors
/// What the database answers.
pub async fn holders(tx: &Tx, course_id: CourseId, after: Option<UserId>, limit: u64) -> Result<Vec<UserId>> {
    grants::holders(tx, course_id, after, limit).await
}

/// Any active grant gives access. Where there is none, the one that ended last explains the refusal.
pub(crate) fn by_grants(grants: &[Grant], at: Timestamp) -> Result<Access> {
    let active = grants.iter().filter(|grant| grant.is_active(at));
    // The one without end outlasts every other.
    if let Some(grant) = active.max_by_key(|grant| (grant.ends_at.is_none(), grant.ends_at, grant.id)) {
        return Ok(Access::Granted { grant_id: grant.id, until: grant.ends_at });
    }
    let ended = grants.iter().filter(|grant| grant.ended_at(at).is_some());
    let last = ended.max_by_key(|grant| (grant.ended_at(at), grant.created_at, grant.id));
    Err(Error::new(last.map_or(Code::NotGranted, refusal)))
}

/// Why a grant that has ended gives no access any more.
fn refusal(grant: &Grant) -> Code {
    match grant.status {
        GrantStatus::Active => Code::GrantExpired,
        GrantStatus::Suspended => Code::GrantSuspended,
        GrantStatus::Refunded => Code::GrantRefunded,
        GrantStatus::Revoked | GrantStatus::Ended => Code::GrantRevoked,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};
    use entity::enums::GrantSource;
    use kernel::{GrantId, Uuid};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn instant(days: i64) -> Timestamp {
        DateTime::from_timestamp(NOW, 0).unwrap() + Duration::days(days)
    }

    /// In this status since `since` days, from 30 days ago until `ends` days.
    fn grant(status: GrantStatus, since: i64, ends: Option<i64>) -> Grant {
        Grant {
            id: GrantId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            course_id: CourseId(Uuid::nil()),
            source: GrantSource::Manual,
            source_id: String::new(),
            status,
            starts_at: instant(-30),
            ends_at: ends.map(instant),
            status_reason: None,
            status_changed_at: instant(since),
            created_at: instant(-30),
        }
    }

    #[test]
    fn any_active_grant_opens_and_the_longest_says_until_when() {
        let grants = [
            grant(GrantStatus::Refunded, -1, None),
            grant(GrantStatus::Active, -30, Some(3)),
            grant(GrantStatus::Active, -30, Some(5)),
        ];
        let until = |grants: &[Grant]| match by_grants(grants, instant(0)).unwrap() {
            Access::Granted { until, .. } => until,
            other => panic!("{other:?}"),
        };
        assert_eq!(until(&grants), Some(instant(5)));
        let endless = [grants[1].clone(), grant(GrantStatus::Active, -30, None)];
        assert_eq!(until(&endless), None);
    }

    #[test]
    fn the_one_that_ended_last_explains_a_refusal() {
        let code = |grants: &[Grant]| by_grants(grants, instant(0)).unwrap_err().code();
        let expired = grant(GrantStatus::Active, -30, Some(-2));
        let refunded = grant(GrantStatus::Refunded, -1, None);
        let revoked = grant(GrantStatus::Revoked, -3, None);
        assert_eq!(code(&[]), Code::NotGranted);
        assert_eq!(code(&[expired.clone(), revoked.clone()]), Code::GrantExpired);
        assert_eq!(code(&[refunded, expired, revoked.clone()]), Code::GrantRefunded);
        assert_eq!(code(&[revoked]), Code::GrantRevoked);
        assert_eq!(code(&[grant(GrantStatus::Ended, -1, None)]), Code::GrantRevoked);
        assert_eq!(code(&[grant(GrantStatus::Suspended, -1, None)]), Code::GrantSuspended);
        // An end is the first instant without access; what has not begun explains nothing.
        assert_eq!(code(&[grant(GrantStatus::Active, -30, Some(0))]), Code::GrantExpired);
        let mut upcoming = grant(GrantStatus::Active, -30, None);
        upcoming.starts_at = instant(1);
        assert_eq!(code(&[upcoming]), Code::NotGranted);
    }
}
