use std::collections::HashSet;

use courses::{CourseOutline, OutlineChapter};
use database::{Tx, outbox};
use kernel::{ChapterId, Code, CourseId, LessonId, Result, Timestamp, UserId};
use serde_json::json;

use crate::{
    Progress, Rules, Subject,
    progress::{self, Mark},
    store,
    subject::{self, Facts},
};

impl Facts {
    /// Whether so much of it counts as seen: enough of the shortest video that it may be.
    pub(crate) fn is_seen(&self, percent: f64, rules: &Rules) -> bool {
        let enough = f64::from(rules.completion_percent) * f64::from(self.shortest);
        self.length
            .is_some_and(|length| percent * f64::from(length) >= enough)
            && self.has_video
    }
}

pub(crate) async fn mark(tx: &Tx, subject: Subject) -> Result<Option<Mark>> {
    let user_id = tx.user_id()?;
    match subject {
        Subject::Lesson(id) => store::lesson_mark(tx, user_id, id).await,
        Subject::Chapter(id) => store::chapter_mark(tx, user_id, id).await,
    }
}

pub(crate) async fn completed_at(tx: &Tx, subject: Subject) -> Result<Option<Timestamp>> {
    Ok(mark(tx, subject).await?.and_then(|mark| mark.completed_at))
}

/// Marks a lesson or a chapter as done that is not completed by watching: it has no video, or one whose length nobody knows.
/// Completes what becomes complete by it; doing it again changes nothing.
///
/// # Errors
/// [`Code::CompletedByWatching`], [`Code::CompletedByLessons`], [`Code::NotFound`], [`Code::Unauthenticated`], and why it may
/// not be read.
pub async fn complete(tx: &Tx, subject: Subject) -> Result<Progress> {
    let facts = subject::facts(tx, subject).await?;
    if facts.completed_by_watching() {
        return Err(Code::CompletedByWatching.into());
    }
    if !finish(tx, &facts).await? {
        return Err(Code::CompletedByLessons.into());
    }
    progress::of(tx, &facts).await
}

/// Completes what was watched; answers since when it is complete. A chapter with lessons is complete when they are.
pub(crate) async fn by_watching(tx: &Tx, facts: Facts) -> Result<Option<Timestamp>> {
    finish(tx, &facts).await?;
    completed_at(tx, facts.subject).await
}

/// Answers whether this is what completes the subject: its lessons complete a chapter that has some.
async fn finish(tx: &Tx, facts: &Facts) -> Result<bool> {
    let (user_id, course_id) = (tx.user_id()?, facts.course_id);
    // Two last lessons at once: the second has to see the first, or neither would complete the course.
    line_up(tx, user_id, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    match facts.subject {
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
    derive_from(tx, user_id, course_id, &outline).await?;
    Ok(true)
}

/// Whoever completes something of this user and course stands in one line.
pub(crate) async fn line_up(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    tx.advisory_lock(&format!("progress:{user_id}:{course_id}")).await
}

pub(crate) async fn complete_lesson(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    lesson_id: LessonId,
) -> Result<bool> {
    let first = store::complete_lesson(tx, user_id, course_id, lesson_id).await?;
    if first {
        let payload = json!({ "userId": user_id, "courseId": course_id, "lessonId": lesson_id });
        outbox::send(tx, "lesson.completed", payload).await?;
        tx.invalidate_account_cache(user_id).await?;
    }
    Ok(first)
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

/// Completes what has become complete: chapters, and the course once somebody is enrolled. Asked after every mark and
/// after enrolling, since a preview counts, and an author may have taken the last missing lesson away. Answers whether anything
/// has.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn derive(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let user_id = tx.user_id()?;
    line_up(tx, user_id, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    derive_from(tx, user_id, course_id, &outline).await
}

async fn derive_from(tx: &Tx, user_id: UserId, course_id: CourseId, outline: &CourseOutline) -> Result<bool> {
    let lessons = store::completed_lessons(tx, user_id, course_id).await?;
    let known = store::chapters(tx, user_id, course_id).await?;
    let mut any = false;
    for chapter in &outline.chapters {
        if is_complete(chapter, &lessons) && !known.contains_key(&chapter.id) {
            complete_chapter(tx, user_id, course_id, chapter.id).await?;
            any = true;
        }
    }
    let is_done = |chapter: &OutlineChapter| {
        if chapter.lessons.is_empty() {
            known.contains_key(&chapter.id)
        } else {
            is_complete(chapter, &lessons)
        }
    };
    if !outline.chapters.is_empty() && outline.chapters.iter().all(is_done) {
        any |= enrollment::complete(tx, course_id).await?;
    }
    Ok(any)
}

fn is_complete(chapter: &OutlineChapter, lessons: &HashSet<LessonId>) -> bool {
    !chapter.lessons.is_empty() && chapter.lessons.iter().all(|lesson| lessons.contains(&lesson.id))
}
