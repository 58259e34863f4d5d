use courses::{CourseOutline, CourseRef, OutlineChapter};
use database::Tx;
use kernel::{ChapterId, Code, CourseId, GrantId, LessonId, Money, Result, Timestamp, UserId};

use crate::{
    access::{self, Access},
    grant::{Grant, GrantHistory, GrantStatus, Source, within},
    store,
};

/// The reason code for a course that is not there for learners.
const NOT_PUBLISHED: &str = "not_published";

/// Whether somebody may see a course, and everything that this follows from.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The course.
    pub course_id: CourseId,
    /// Who.
    pub user_id: UserId,
    /// At which instant.
    pub at: Timestamp,
    /// For what is not free for everybody.
    pub verdict: Verdict,
    /// Until when; `None` is without end, or without access.
    pub until: Option<Timestamp>,
    /// The grant by which it is, where it is by a grant.
    pub grant_id: Option<GrantId>,
    /// Every grant as it stood then, in the order in which they were made.
    pub grants: Vec<GrantHistory>,
    /// The published lessons in their order.
    pub lessons: Vec<LessonVerdict>,
    /// What would give access now; `None` where it is there.
    pub unlock: Option<Unlock>,
}

/// Whether something may be seen, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may.
    pub allowed: bool,
    /// The reason code, as clients see it.
    pub reason: &'static str,
}

/// Whether a lesson may be read, and why.
#[derive(Clone, Debug)]
pub struct LessonVerdict {
    /// The lesson.
    pub lesson_id: LessonId,
    /// The chapter it stands in.
    pub chapter_id: ChapterId,
    /// Whether it may be read.
    pub verdict: Verdict,
}

/// What would give access to a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// It is free: enrol.
    Enroll,
    /// Buy it, for this.
    Buy(Money),
    /// Only who teaches it can give it back.
    AskTrainer,
    /// Nothing: it is closed for new learners.
    Nothing,
}

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

async fn explanation(
    tx: &Tx,
    user_id: UserId,
    course: &CourseRef,
    staff: bool,
    at: Option<Timestamp>,
) -> Result<Explanation> {
    let until = at.map(within);
    let grants = store::grant::histories(tx, user_id, course.id, until).await?;
    let at = until.unwrap_or(tx.now());
    let stood: Vec<Grant> = grants.iter().map(|history| history.grant.clone()).collect();
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
        grants,
    })
}

/// The decision of [`crate::decide`] for the course as a whole, and the grant by which it is.
fn decide(
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
    let preview = Verdict {
        allowed: true,
        reason: Access::FreePreview.reason(),
    };
    let follows = |is_free: bool| {
        let stays = course.reason == Access::Staff.reason() || course.reason == NOT_PUBLISHED;
        if is_free && !stays { preview } else { course }
    };
    let of_chapter = |chapter: &OutlineChapter| {
        let (chapter_id, verdict) = (chapter.id, follows(chapter.is_free));
        let lessons = chapter.lessons.iter().map(move |lesson| LessonVerdict {
            lesson_id: lesson.id,
            chapter_id,
            verdict,
        });
        lessons.collect::<Vec<_>>()
    };
    outline.chapters.iter().flat_map(of_chapter).collect()
}

fn unlock(course: &CourseRef, grants: &[Grant]) -> Unlock {
    let has = |source: Source| grants.iter().any(|grant| grant.source == source.as_str());
    let suspended = |grant: &Grant| grant.status == GrantStatus::Suspended.as_str();
    match course.price {
        _ if course.is_archived || !course.is_published => Unlock::Nothing,
        // It is bought already, and the dispute is not over.
        _ if grants.iter().any(suspended) => Unlock::AskTrainer,
        Some(price) => Unlock::Buy(price),
        None if has(Source::Free) => Unlock::AskTrainer,
        None => Unlock::Enroll,
    }
}
