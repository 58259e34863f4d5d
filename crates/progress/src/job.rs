//! Work on a course that takes longer than a request.

use std::collections::{HashMap, HashSet};

use courses::CourseOutline;
use database::{Db, Pool, Tx, outbox};
use kernel::{
    Actor, ChapterId, Code, CourseId, Cursor, JobId, LessonId, Limit, Page, Result, Role, SessionId,
    Timestamp, UserId, Uuid,
};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{completion, store, store::report::Done};

/// The outbox message that has the worker go on with the job of a course.
pub const RECOUNT: &str = "progress.recount";
/// How many learners are looked at in one transaction.
const BATCH: u64 = 100;
/// How many batches one message is worth: it ends long before its lease does, and the next one goes on.
const BATCHES: u32 = 10;

/// A job, as its course's editors see it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// What it does: `RECOUNT_PROGRESS`.
    pub kind: String,
    /// `QUEUED`, `RUNNING` or `DONE`.
    pub status: String,
    /// Whose edit caused it.
    pub requested_by: Option<UserId>,
    /// How many learners were looked at.
    pub done_count: i64,
    /// For how many of them something became complete.
    pub changed_count: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Behind whom to go on.
    pub(crate) reached_id: Option<UserId>,
}

/// Has the worker look what has become complete by an edit of the outline, where anybody has done anything in the course.
///
/// # Errors
/// What the database answers.
pub async fn recount(tx: &Tx, course_id: CourseId) -> Result<()> {
    if store::job::has_learners(tx, course_id).await? && store::job::insert(tx, course_id).await? {
        outbox::send(tx, RECOUNT, json!({ "courseId": course_id })).await?;
    }
    Ok(())
}

/// The jobs of a course that the caller may edit, newest first.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn jobs(tx: &Tx, course_id: CourseId, after: Option<Cursor>, limit: Limit) -> Result<Page<Job>> {
    if !courses::course_ref(tx, course_id).await?.staff {
        return Err(Code::Forbidden.into());
    }
    let rows = store::job::page(tx, course_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |job| Cursor::at(job.created_at, job.id)))
}

/// Goes on with the oldest job of a course that is not done: ten times a hundred learners, behind those who were looked at
/// before. Whoever is interrupted loses one batch, which does no harm twice. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn work_on(db: &Db, course_id: CourseId) -> Result<()> {
    for _ in 0..BATCHES {
        let take = move |tx| async move { begin(&tx, course_id).await };
        let Some((job, batch)) = db.run_in(Pool::Worker, Actor::System, take).await? else {
            return Ok(());
        };
        let mut changed = 0;
        for user_id in &batch.due {
            changed += i64::from(derive_for(db, *user_id, course_id).await?);
        }
        let end = move |tx| async move { store::job::reach(&tx, job.id, &batch, changed).await };
        db.run_in(Pool::Worker, Actor::System, end).await?;
    }
    let payload = json!({ "courseId": course_id });
    let again = |tx| async move { outbox::send(&tx, RECOUNT, payload).await };
    db.run_in(Pool::Worker, Actor::System, again).await
}

/// Completes what has become complete for one learner, as themselves: nobody else may write that. Answers whether anything has. For
/// the worker.
///
/// # Errors
/// What the database answers.
pub async fn derive_for(db: &Db, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let learner = Actor::User {
        id: user_id,
        role: Role::User,
        session: SessionId(Uuid::nil()),
    };
    let work = move |tx| async move { completion::derive(&tx, course_id).await };
    db.run(learner, work).await
}

/// Some learners that were looked at.
pub(crate) struct Batch {
    pub(crate) looked_at: usize,
    /// For whom something may have become complete.
    pub(crate) due: Vec<UserId>,
    /// The last one; `None` where there was nobody.
    pub(crate) last: Option<UserId>,
}

async fn begin(tx: &Tx, course_id: CourseId) -> Result<Option<(Job, Batch)>> {
    let Some(job) = store::job::begin(tx, course_id).await? else {
        return Ok(None);
    };
    let outline = courses::outline(tx, course_id).await?;
    let users = store::job::learners(tx, course_id, job.reached_id, BATCH).await?;
    let mut done: HashMap<UserId, Vec<Done>> = HashMap::new();
    for row in store::report::done(tx, &users, &[course_id]).await? {
        done.entry(row.user_id).or_default().push(row);
    }
    let is_due = |user: &&UserId| done.get(*user).is_some_and(|done| is_due(&outline, done));
    let batch = Batch {
        looked_at: users.len(),
        due: users.iter().filter(is_due).copied().collect(),
        last: users.last().copied(),
    };
    Ok(Some((job, batch)))
}

/// Whether a chapter has become complete, or the whole course may have.
fn is_due(outline: &CourseOutline, done: &[Done]) -> bool {
    let lessons: HashSet<LessonId> = done.iter().filter_map(|done| done.lesson_id).collect();
    let chapters: HashSet<ChapterId> = done.iter().filter_map(|done| done.chapter_id).collect();
    let mut whole = !outline.chapters.is_empty();
    for chapter in &outline.chapters {
        let all = chapter.lessons.iter().all(|lesson| lessons.contains(&lesson.id));
        let complete = if chapter.lessons.is_empty() {
            chapters.contains(&chapter.id)
        } else {
            all
        };
        if complete && !chapters.contains(&chapter.id) {
            return true;
        }
        whole &= complete;
    }
    whole
}
