//! The learners of a course and their progress, for the editors of the course.

mod model;
mod store;

use std::collections::{HashMap, HashSet};

use courses::CourseOutline;
use database::{Tx, audit, outbox};
use enrollment::EnrolledLearner;
use kernel::{Code, CourseId, Cursor, LessonId, Limit, Page, Result, UserId};
use serde_json::json;

pub use self::model::LearnerProgress;
use crate::{
    Tally,
    completion::{self, store as marks},
    reading,
    watch::store as watches,
};

/// The learners of a course with their progress, for its editors: the latest enrollment first; those whose name or username
/// contains `search`. The number of statements does not depend on the length of the page.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn learners(
    tx: &Tx,
    course_id: CourseId,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<LearnerProgress>> {
    let page = enrollment::learners(tx, course_id, search, after, limit).await?;
    let outline = courses::outline(tx, course_id).await?;
    let next = page.next;
    let data = with_progress(tx, course_id, &outline, page.data).await?;
    Ok(Page { data, next })
}

async fn with_progress(
    tx: &Tx,
    course_id: CourseId,
    outline: &CourseOutline,
    learners: Vec<EnrolledLearner>,
) -> Result<Vec<LearnerProgress>> {
    let ids: Vec<UserId> = learners.iter().map(|learner| learner.user_id).collect();
    let mut completed = marks::completed_by(tx, &ids, course_id).await?;
    let activity = store::activity(tx, course_id, &ids).await?;
    let activity: HashMap<UserId, _> = activity.into_iter().map(|row| (row.user_id, row)).collect();
    let with = |learner: EnrolledLearner| {
        let completed = completed.remove(&learner.user_id).unwrap_or_default();
        let active = activity.get(&learner.user_id);
        LearnerProgress {
            tally: Tally::of(outline, &completed),
            watched_seconds: active.map_or(0, |row| row.watched_seconds),
            last_active_at: active.and_then(|row| row.last_active_at),
            learner,
        }
    };
    Ok(learners.into_iter().map(with).collect())
}

/// Completes a lesson, or everything in a course, for a learner who need not do it. What becomes complete by it, the worker
/// completes. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], also for a lesson of another course; [`Code::Forbidden`].
pub async fn waive(
    tx: &Tx,
    course_id: CourseId,
    user_id: UserId,
    lesson_id: Option<LessonId>,
) -> Result<LearnerProgress> {
    let learner = enrollment::learner(tx, course_id, user_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    completion::lock_progress(tx, user_id, course_id).await?;
    let lessons = outline.chapters.iter().flat_map(|chapter| &chapter.lessons).map(|lesson| lesson.id);
    let waived: HashSet<LessonId> = lessons.filter(|id| lesson_id.is_none_or(|only| only == *id)).collect();
    if lesson_id.is_some() && waived.is_empty() {
        return Err(Code::NotFound.into());
    }
    for lesson in waived {
        completion::complete_lesson(tx, user_id, course_id, lesson).await?;
    }
    if lesson_id.is_none() {
        for chapter in outline.chapters.iter().filter(|chapter| chapter.lessons.is_empty()) {
            completion::complete_chapter(tx, user_id, course_id, chapter.id).await?;
        }
    }
    let detail = json!({ "userId": user_id, "lessonId": lesson_id });
    audit::record(tx, "progress.waived", course_id, detail).await?;
    outbox::send(tx, completion::RECOMPUTE, json!({ "userId": user_id, "courseId": course_id })).await?;
    one(tx, course_id, &outline, learner).await
}

/// Takes back what a learner has done of a lesson, or of everything in a course: marks, what was watched, positions. The
/// completion of the course stays.
///
/// # Errors
/// [`Code::NotFound`], also for a lesson of another course; [`Code::Forbidden`].
pub async fn reset(
    tx: &Tx,
    course_id: CourseId,
    user_id: UserId,
    lesson_id: Option<LessonId>,
) -> Result<LearnerProgress> {
    let learner = enrollment::learner(tx, course_id, user_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    completion::lock_progress(tx, user_id, course_id).await?;
    let chapter_id = match lesson_id {
        None => None,
        Some(id) => {
            let lesson = courses::placed_lesson(tx, id).await?.lesson;
            if lesson.course_id != course_id {
                return Err(Code::NotFound.into());
            }
            Some(lesson.chapter_id)
        }
    };
    watches::reset(tx, user_id, course_id, lesson_id).await?;
    if lesson_id.is_none() {
        reading::reset(tx, user_id, course_id).await?;
    }
    marks::unmark_lessons(tx, user_id, course_id, lesson_id).await?;
    marks::unmark_chapters(tx, user_id, course_id, chapter_id).await?;
    tx.invalidate_account_cache(user_id).await?;
    let detail = json!({ "userId": user_id, "lessonId": lesson_id });
    audit::record(tx, "progress.reset", course_id, detail).await?;
    one(tx, course_id, &outline, learner).await
}

async fn one(
    tx: &Tx,
    course_id: CourseId,
    outline: &CourseOutline,
    learner: EnrolledLearner,
) -> Result<LearnerProgress> {
    let found = with_progress(tx, course_id, outline, vec![learner]).await?;
    found.into_iter().next().ok_or_else(|| Code::NotFound.into())
}
