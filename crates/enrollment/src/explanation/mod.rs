//! Explains whether somebody may see a course, now or at any instant.

mod model;

use std::collections::HashMap;

use courses::{CourseOutline, CourseRef, OutlineChapter};
use database::Tx;
use entity::enums::{GrantSource, GrantStatus};
use kernel::{Code, CourseId, GrantId, Result, Timestamp, UserId};

pub use self::model::{Explanation, LessonVerdict, Unlock, Verdict};
use crate::{
    access::{self, Access},
    grant::{
        model::{Grant, storable},
        store as grants,
    },
};

/// The reason code for a course that is not published.
const NOT_PUBLISHED: &str = "not_published";

/// Whether the caller may see a course, and why.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Unauthenticated`] where nobody has logged in.
pub async fn explain(tx: &Tx, course_id: CourseId) -> Result<Explanation> {
    let user_id = tx.user_id()?;
    let course = courses::course_ref(tx, course_id).await?;
    let staff = course.staff;
    explanation(tx, user_id, &course, staff, None).await
}

/// Whether somebody could see a course at an instant, or can now. An admin's. Grants are as they stood then, or, for an
/// instant to come, as they stand now; the course and who teaches it are as they are now.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn explain_at(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    at: Option<Timestamp>,
) -> Result<Explanation> {
    if !tx.actor().is_admin() {
        return Err(Code::Forbidden.into());
    }
    let course = courses::course_ref(tx, course_id).await?;
    let user = identity::user(tx, user_id).await?;
    let staff = courses::is_staff(tx, &course, user.id).await?;
    explanation(tx, user_id, &course, staff, at).await
}

/// Whether the caller may see each of these courses, and why; in two statements, however many there are.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn verdicts(tx: &Tx, ids: &[CourseId]) -> Result<HashMap<CourseId, Verdict>> {
    let user_id = tx.user_id()?;
    let courses = courses::course_refs(tx, ids).await?;
    let mut grants_of: HashMap<CourseId, Vec<Grant>> = HashMap::new();
    for grant in grants::of_user_among(tx, user_id, ids).await? {
        grants_of.entry(grant.course_id).or_default().push(grant);
    }
    let mut verdict = |course: &CourseRef| {
        let grants = grants_of.remove(&course.id).unwrap_or_default();
        (course.id, decide(course, course.staff, &grants, tx.now()).0)
    };
    Ok(courses.iter().map(&mut verdict).collect())
}

async fn explanation(
    tx: &Tx,
    user_id: UserId,
    course: &CourseRef,
    staff: bool,
    at: Option<Timestamp>,
) -> Result<Explanation> {
    let until = at.map(storable);
    let histories = grants::histories(tx, user_id, course.id, until).await?;
    let at = until.unwrap_or(tx.now());
    let stood: Vec<Grant> = histories.iter().map(|history| history.grant.clone()).collect();
    let (verdict, by) = decide(course, staff, &stood, at);
    let outline = courses::outline(tx, course.id).await?;
    Ok(Explanation {
        course_id: course.id,
        user_id,
        at,
        verdict,
        until: by.and_then(|(_, until)| until),
        grant_id: by.map(|(grant_id, _)| grant_id),
        lessons: lessons(&outline, verdict),
        unlock: (!verdict.allowed).then(|| unlock(course, &stood)),
        grants: histories,
    })
}

/// The decision of [`crate::decide`] for the course as a whole, and the grant by which it is.
pub(crate) fn decide(
    course: &CourseRef,
    staff: bool,
    grants: &[Grant],
    at: Timestamp,
) -> (Verdict, Option<(GrantId, Option<Timestamp>)>) {
    let verdict = |allowed, reason| Verdict { allowed, reason };
    if staff {
        return (verdict(true, Access::Staff.reason()), None);
    }
    if !course.is_published {
        return (verdict(false, NOT_PUBLISHED), None);
    }
    match access::by_grants(grants, at) {
        Ok(access) => {
            let by = match &access {
                Access::Granted { grant_id, until } => Some((*grant_id, *until)),
                Access::Staff | Access::FreePreview => None,
            };
            (verdict(true, access.reason()), by)
        }
        Err(error) => (verdict(false, error.code().as_str()), None),
    }
}

/// Lessons follow the course, but for those that everybody may read.
fn lessons(outline: &CourseOutline, course: Verdict) -> Vec<LessonVerdict> {
    let lessons_of = |chapter: &OutlineChapter| {
        let (chapter_id, verdict) = (chapter.id, of_chapter(course, chapter.is_free));
        let lessons = chapter.lessons.iter().map(move |lesson| LessonVerdict {
            lesson_id: lesson.id,
            chapter_id,
            verdict,
        });
        lessons.collect::<Vec<_>>()
    };
    outline.chapters.iter().flat_map(lessons_of).collect()
}

/// The decision about a chapter and its lessons, which follows the one about the course.
pub(crate) fn of_chapter(course: Verdict, is_free: bool) -> Verdict {
    let stays = course.reason == Access::Staff.reason() || course.reason == NOT_PUBLISHED;
    if is_free && !stays { Verdict { allowed: true, reason: Access::FreePreview.reason() } } else { course }
}

/// What would give access to a course, with these grants, none of which does.
pub(crate) fn unlock(course: &CourseRef, grants: &[Grant]) -> Unlock {
    let has = |source: GrantSource| grants.iter().any(|grant| grant.source == source);
    let suspended = |grant: &Grant| grant.status == GrantStatus::Suspended;
    match course.price {
        _ if course.is_archived || !course.is_published => Unlock::Nothing,
        // It is bought already, and the dispute is not over.
        _ if grants.iter().any(suspended) => Unlock::AskTrainer,
        Some(price) => Unlock::Buy(price),
        None if has(GrantSource::Free) => Unlock::AskTrainer,
        None => Unlock::Enroll,
    }
}
