use std::collections::HashSet;

use courses::{CourseOutline, OutlineChapter};
use database::{Tx, outbox};
use kernel::{Code, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::store;

/// What somebody has seen of a lesson.
#[derive(Clone, Debug, FromQueryResult)]
pub struct LessonProgress {
    /// The lesson.
    pub lesson_id: Uuid,
    /// Whether it is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
    /// 0 to 100; never falls.
    pub watch_time_percent: f64,
    /// When anything last changed.
    pub updated_at: Option<Timestamp>,
}

/// What the caller has seen of a lesson that they may read.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Unauthenticated`], and why the lesson may not be read.
pub async fn lesson_progress(tx: &Tx, lesson_id: Uuid) -> Result<LessonProgress> {
    let user_id = tx.user_id()?;
    enrollment::lesson_access(tx, lesson_id).await?;
    let untouched = LessonProgress {
        lesson_id,
        is_completed: false,
        completed_at: None,
        watch_time_percent: 0.0,
        updated_at: None,
    };
    Ok(store::lesson(tx, user_id, lesson_id).await?.unwrap_or(untouched))
}

/// Marks a lesson without a video as done, and what becomes complete by it. Doing it again changes nothing.
///
/// # Errors
/// [`Code::CompletedByWatching`], [`Code::NotFound`], [`Code::Unauthenticated`], and why the lesson may not be read.
pub async fn complete_lesson(tx: &Tx, lesson_id: Uuid) -> Result<LessonProgress> {
    let user_id = tx.user_id()?;
    let (lesson, _) = enrollment::lesson_access(tx, lesson_id).await?;
    if lesson.has_video {
        return Err(Code::CompletedByWatching.into());
    }
    let course_id = lesson.course_id;
    // Two last lessons at once: the second has to see the first, or neither would complete the course.
    tx.serialise(&format!("progress:{user_id}:{course_id}")).await?;
    if store::complete_lesson(tx, user_id, course_id, lesson_id).await? {
        let payload = json!({ "userId": user_id, "courseId": course_id, "lessonId": lesson_id });
        outbox::send(tx, "lesson.completed", payload).await?;
    }
    derive(tx, course_id).await?;
    lesson_progress(tx, lesson_id).await
}

/// Completes what has become complete: chapters, and the course once somebody is enrolled. Asked after every mark and
/// after enrolling, since a preview counts, and an author may have taken the last missing lesson away.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn derive(tx: &Tx, course_id: Uuid) -> Result<()> {
    let user_id = tx.user_id()?;
    let outline = courses::outline(tx, course_id).await?;
    let lessons = store::completed_lessons(tx, user_id, course_id).await?;
    for chapter in outline
        .chapters
        .iter()
        .filter(|chapter| is_complete(chapter, &lessons))
    {
        if store::complete_chapter(tx, user_id, course_id, chapter.id).await? {
            let payload = json!({ "userId": user_id, "courseId": course_id, "chapterId": chapter.id });
            outbox::send(tx, "chapter.completed", payload).await?;
        }
    }
    if is_course_complete(&outline, &lessons) {
        enrollment::complete(tx, course_id).await?;
    }
    Ok(())
}

fn is_complete(chapter: &OutlineChapter, lessons: &HashSet<Uuid>) -> bool {
    !chapter.lessons.is_empty() && chapter.lessons.iter().all(|lesson| lessons.contains(&lesson.id))
}

/// All lessons, and at least one. A chapter without lessons has nothing that could be marked.
fn is_course_complete(outline: &CourseOutline, done: &HashSet<Uuid>) -> bool {
    let mut lessons = outline
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.lessons)
        .peekable();
    lessons.peek().is_some() && lessons.all(|lesson| done.contains(&lesson.id))
}
