//! Completion of lessons, chapters and courses.

pub(crate) mod model;
pub(crate) mod store;

use std::collections::{HashMap, HashSet};

use courses::{CourseOutline, OutlineChapter};
use database::{Db, Tx, outbox};
use enrollment::Enrollment;
use kernel::{Actor, ChapterId, Code, CourseId, LessonId, Result, Role, SessionId, Timestamp, UserId, Uuid};
use serde_json::json;

use self::model::Completed;
use crate::{
    Progress, Rules, Subject,
    progress::progress_of,
    reading,
    subject::{WatchTarget, watch_target},
    watch::store as watches,
};

/// The outbox message that makes the worker call [`recompute_completion_for`] for one learner of a course.
pub const RECOMPUTE: &str = "progress.derive";

/// When the caller completed a lesson or a chapter.
pub(crate) async fn completed_at(tx: &Tx, subject: Subject) -> Result<Option<Timestamp>> {
    let mark = store::mark(tx, tx.user_id()?, subject).await?;
    Ok(mark.and_then(|mark| mark.completed_at))
}

/// Enrols the caller in a free course. What they learnt in a free preview counts at once, so that the answer shows it already;
/// for every other way into a course, `enrollment.created` makes the worker do the same. The flag tells whether the access is
/// new.
///
/// # Errors
/// Those of [`enrollment::enroll`].
pub async fn enroll(tx: &Tx, course_id: CourseId) -> Result<(Enrollment, bool)> {
    let (enrollment, is_new) = enrollment::enroll(tx, course_id).await?;
    if is_new && recompute_completion(tx, course_id).await? {
        return Ok((enrollment::enrollment(tx, course_id).await?, true));
    }
    Ok((enrollment, is_new))
}

/// Marks a lesson or a chapter as done that is not completed by watching: it has no video, or one whose length nobody knows, or one
/// that has ended before the minutes of its author were over. Completes what becomes complete by it; doing it again changes nothing
/// but the day's activity.
///
/// # Errors
/// [`Code::CompletedByWatching`], [`Code::CompletedByLessons`], [`Code::NotFound`], [`Code::Unauthenticated`], and why it may
/// not be read.
pub async fn complete(tx: &Tx, subject: Subject, rules: &Rules) -> Result<Progress> {
    let target = watch_target(tx, subject).await?;
    if target.completed_by_watching() {
        let watched = watches::find(tx, tx.user_id()?, subject).await?;
        if !watched.is_some_and(|record| target.may_have_ended(record.watch.percent, rules)) {
            return Err(Code::CompletedByWatching.into());
        }
    }
    if !complete_target(tx, &target).await? {
        return Err(Code::CompletedByLessons.into());
    }
    reading::note(tx, target.course_id).await?;
    progress_of(tx, &target).await
}

/// Completes what was watched; answers when it was completed. A chapter with lessons is complete when they are.
pub(crate) async fn complete_by_watching(tx: &Tx, target: WatchTarget) -> Result<Option<Timestamp>> {
    complete_target(tx, &target).await?;
    completed_at(tx, target.subject).await
}

/// Answers false where this does not complete the target: a chapter that has lessons is completed by them.
async fn complete_target(tx: &Tx, target: &WatchTarget) -> Result<bool> {
    let (user_id, course_id) = (tx.user_id()?, target.course_id);
    // Two last lessons at once: the second has to see the first, or neither would complete the course.
    lock_progress(tx, user_id, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    match target.subject {
        Subject::Lesson(lesson_id) => {
            complete_lesson(tx, user_id, course_id, lesson_id).await?;
        }
        Subject::Chapter(chapter_id) => {
            let mut chapters = outline.chapters.iter();
            if chapters.any(|chapter| chapter.id == chapter_id && !chapter.lessons.is_empty()) {
                return Ok(false);
            }
            complete_chapter(tx, user_id, course_id, chapter_id).await?;
        }
    }
    complete_what_follows(tx, user_id, course_id, &outline).await?;
    Ok(true)
}

/// Whoever completes something of this user and course waits for whoever else does, until the transaction ends.
pub(crate) async fn lock_progress(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    tx.advisory_lock(&format!("progress:{user_id}:{course_id}")).await
}

pub(crate) async fn complete_lesson(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    lesson_id: LessonId,
) -> Result<()> {
    if store::complete_lesson(tx, user_id, course_id, lesson_id).await? {
        let payload = json!({ "userId": user_id, "courseId": course_id, "lessonId": lesson_id });
        outbox::send(tx, "lesson.completed", payload).await?;
        tx.invalidate_account_cache(user_id).await?;
    }
    Ok(())
}

pub(crate) async fn complete_chapter(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    chapter_id: ChapterId,
) -> Result<()> {
    if store::complete_chapter(tx, user_id, course_id, chapter_id).await? {
        let payload = json!({ "userId": user_id, "courseId": course_id, "chapterId": chapter_id });
        outbox::send(tx, "chapter.completed", payload).await?;
        tx.invalidate_account_cache(user_id).await?;
    }
    Ok(())
}

/// Completes the chapters of a course that have become complete for the caller, and the course once they are enrolled: after a
/// mark, after enrolling, since a preview counts, and after an edit that removed the last missing lesson. Answers whether
/// anything was completed.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn recompute_completion(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let user_id = tx.user_id()?;
    lock_progress(tx, user_id, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    complete_what_follows(tx, user_id, course_id, &outline).await
}

/// Calls [`recompute_completion`] as the learner: by the policies of PostgreSQL nobody else writes that. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn recompute_completion_for(db: &Db, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let learner = Actor::User { id: user_id, role: Role::User, session: SessionId(Uuid::nil()) };
    let work = move |tx| async move { recompute_completion(&tx, course_id).await };
    db.run(learner, work).await
}

async fn complete_what_follows(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    outline: &CourseOutline,
) -> Result<bool> {
    let lessons = store::lessons(tx, user_id, course_id).await?;
    let chapters = store::chapters(tx, user_id, course_id).await?;
    let completed = Completed { lessons: keys(lessons), chapters: keys(chapters) };
    let mut any = false;
    for chapter in &outline.chapters {
        if is_due(chapter, &completed) {
            complete_chapter(tx, user_id, course_id, chapter.id).await?;
            any = true;
        }
    }
    if is_course_complete(outline, &completed) {
        any |= enrollment::complete(tx, course_id).await?;
    }
    Ok(any)
}

fn keys<K: Eq + std::hash::Hash, V>(map: HashMap<K, V>) -> HashSet<K> {
    map.into_keys().collect()
}

/// Whether a chapter or the course may have become complete for somebody.
pub(crate) fn may_have_become_complete(outline: &CourseOutline, completed: &Completed) -> bool {
    let mut chapters = outline.chapters.iter();
    chapters.any(|chapter| is_due(chapter, completed)) || is_course_complete(outline, completed)
}

/// Whether all lessons of a chapter are completed, and the chapter has no mark yet.
fn is_due(chapter: &OutlineChapter, completed: &Completed) -> bool {
    !chapter.lessons.is_empty()
        && is_chapter_complete(chapter, completed)
        && !completed.chapters.contains(&chapter.id)
}

/// Whether all published chapters are complete; a course that has none is not.
fn is_course_complete(outline: &CourseOutline, completed: &Completed) -> bool {
    let mut chapters = outline.chapters.iter();
    !outline.chapters.is_empty() && chapters.all(|chapter| is_chapter_complete(chapter, completed))
}

/// A chapter with lessons is complete when they are, any other by its own mark.
fn is_chapter_complete(chapter: &OutlineChapter, completed: &Completed) -> bool {
    if chapter.lessons.is_empty() {
        return completed.chapters.contains(&chapter.id);
    }
    let mut lessons = chapter.lessons.iter();
    lessons.all(|lesson| completed.lessons.contains(&lesson.id))
}
