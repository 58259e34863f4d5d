use std::collections::{HashMap, HashSet};

use courses::CourseOutline;
use database::{Tx, audit, outbox};
use enrollment::EnrolledLearner;
use kernel::{Code, CourseId, Cursor, LessonId, Limit, Page, Result, Timestamp, UserId};
use serde_json::json;

use crate::{
    Tally, completion,
    mine::Doings,
    store::{self, report::Done},
};

/// The outbox message that has the worker look what has become complete for one learner.
pub const DERIVE: &str = "progress.derive";

/// A learner of a course and how far they are.
#[derive(Clone, Debug)]
pub struct LearnerProgress {
    /// Who.
    pub learner: EnrolledLearner,
    /// How far.
    pub tally: Tally,
    /// How much they watched.
    pub watched_seconds: i64,
    /// When they last did something in it.
    pub last_active_at: Option<Timestamp>,
}

/// The learners of a course with their progress, for its editors: the latest enrollment first; those whose name or username
/// contains `search`. As many statements however long the page is.
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
    let mut done: HashMap<UserId, Vec<Done>> = HashMap::new();
    for row in store::report::done(tx, &ids, &[course_id]).await? {
        done.entry(row.user_id).or_default().push(row);
    }
    let activity = store::report::activity(tx, course_id, &ids).await?;
    let activity: HashMap<UserId, _> = activity.into_iter().map(|row| (row.user_id, row)).collect();
    let with = |learner: EnrolledLearner| {
        let of = done.remove(&learner.user_id).unwrap_or_default();
        let active = activity.get(&learner.user_id);
        LearnerProgress {
            tally: Doings::of(&of).tally(outline),
            watched_seconds: active.map_or(0, |row| row.watched_seconds),
            last_active_at: active.and_then(|row| row.last_active_at),
            learner,
        }
    };
    Ok(learners.into_iter().map(with).collect())
}

/// Completes a lesson, or everything in a course, for a learner who need not do it. What follows for the course is derived by
/// the worker. Doing it again changes nothing.
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
    completion::line_up(tx, user_id, course_id).await?;
    let lessons = outline
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.lessons)
        .map(|lesson| lesson.id);
    let waived: HashSet<LessonId> = lessons
        .filter(|id| lesson_id.is_none_or(|only| only == *id))
        .collect();
    if lesson_id.is_some() && waived.is_empty() {
        return Err(Code::NotFound.into());
    }
    for lesson in waived {
        completion::complete_lesson(tx, user_id, course_id, lesson).await?;
    }
    if lesson_id.is_none() {
        for chapter in outline
            .chapters
            .iter()
            .filter(|chapter| chapter.lessons.is_empty())
        {
            completion::complete_chapter(tx, user_id, course_id, chapter.id).await?;
        }
    }
    let detail = json!({ "userId": user_id, "lessonId": lesson_id });
    audit::record(tx, "progress.waived", course_id, detail).await?;
    outbox::send(tx, DERIVE, json!({ "userId": user_id, "courseId": course_id })).await?;
    one(tx, course_id, &outline, learner).await
}

/// Takes back what a learner has done of a lesson, or of everything in a course: marks, what was watched, positions. That the
/// course was once completed stays.
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
    completion::line_up(tx, user_id, course_id).await?;
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
    store::watch::reset(tx, user_id, course_id, lesson_id).await?;
    store::report::unmark_lessons(tx, user_id, course_id, lesson_id).await?;
    store::report::unmark_chapters(tx, user_id, course_id, chapter_id).await?;
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
