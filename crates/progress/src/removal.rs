use database::Tx;
use kernel::{ChapterId, Code, LessonId, Result};

use crate::{Subject, job::recount, store};

/// Deletes a lesson, unless somebody has learnt from it: learning records outlive an author's edit.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_lesson(tx: &Tx, id: LessonId) -> Result<()> {
    // Who may not edit it hears that first; under its lock nobody begins to learn from it.
    courses::require_editor_of_lesson(tx, id).await?;
    if store::lesson_has_learners(tx, id).await? || store::watch::is_watched(tx, Subject::Lesson(id)).await? {
        return Err(Code::CourseHasLearners.into());
    }
    let course_id = courses::placed_lesson(tx, id).await?.lesson.course_id;
    courses::delete_lesson(tx, id).await?;
    recount(tx, course_id).await
}

/// Deletes a chapter with its lessons, unless somebody has learnt from it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_chapter(tx: &Tx, id: ChapterId) -> Result<()> {
    courses::require_editor_of_chapter(tx, id).await?;
    if store::chapter_has_learners(tx, id).await?
        || store::watch::is_watched(tx, Subject::Chapter(id)).await?
    {
        return Err(Code::CourseHasLearners.into());
    }
    let course_id = courses::placed_chapter(tx, id).await?.chapter.course_id;
    courses::delete_chapter(tx, id).await?;
    recount(tx, course_id).await
}
