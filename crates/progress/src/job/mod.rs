//! Jobs: work on a course that takes longer than a request.

mod model;
mod store;

use database::{Db, Pool, Tx, outbox};
use kernel::{Actor, Code, CourseId, Cursor, Limit, Page, Result, UserId};
use serde_json::json;

pub use self::model::Job;
use crate::completion::{may_have_become_complete, recompute_completion_for, store as marks};
pub use entity::enums::{JobKind, JobStatus};

/// The outbox message that makes the worker go on with the job of a course ([`work_on`]).
pub const RECOUNT: &str = "progress.recount";
/// How many learners are looked at in one transaction.
const BATCH_SIZE: u64 = 100;
/// How many batches are worked off for one message: it ends long before its lease does, and another message goes on.
const BATCHES_PER_MESSAGE: u32 = 10;

/// Starts a job that completes what an edit of the outline has made complete, where anybody has completed anything in the course.
/// For the worker, on [`courses::OUTLINE_CHANGED`].
///
/// # Errors
/// What the database answers.
pub async fn recount(tx: &Tx, course_id: CourseId, requested_by: Option<UserId>) -> Result<()> {
    if store::has_learners(tx, course_id).await? && store::insert(tx, course_id, requested_by).await? {
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
    let rows = store::page(tx, course_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |job| Cursor::at(job.created_at, job.id)))
}

/// Goes on with the oldest job of a course that has not ended: ten batches of a hundred learners, from where it was interrupted.
/// An interruption repeats one batch, which does no harm. For the worker, on [`RECOUNT`].
///
/// # Errors
/// What the database answers.
pub async fn work_on(db: &Db, course_id: CourseId) -> Result<()> {
    for _ in 0..BATCHES_PER_MESSAGE {
        let take = move |tx| async move { next_batch(&tx, course_id).await };
        let Some(batch) = db.run_in(Pool::Worker, Actor::System, take).await? else {
            return Ok(());
        };
        let mut changed = 0;
        for user_id in &batch.due {
            changed += i64::from(recompute_completion_for(db, *user_id, course_id).await?);
        }
        let end = move |tx| async move { end_batch(&tx, &batch, changed).await };
        db.run_in(Pool::Worker, Actor::System, end).await?;
    }
    let payload = json!({ "courseId": course_id });
    let again = |tx| async move { outbox::send(&tx, RECOUNT, payload).await };
    db.run_in(Pool::Worker, Actor::System, again).await
}

/// The next learners whom a job looks at.
struct Batch {
    job: Job,
    learners: Vec<UserId>,
    /// Those for whom something may have become complete.
    due: Vec<UserId>,
}

async fn next_batch(tx: &Tx, course_id: CourseId) -> Result<Option<Batch>> {
    let Some(job) = store::begin(tx, course_id).await? else {
        return Ok(None);
    };
    let outline = courses::outline(tx, course_id).await?;
    let learners = store::learners(tx, course_id, job.reached_id, BATCH_SIZE).await?;
    let completed = marks::completed_by(tx, &learners, course_id).await?;
    let is_due = |user: &&UserId| {
        let completed = completed.get(*user);
        completed.is_some_and(|completed| may_have_become_complete(&outline, completed))
    };
    let due = learners.iter().filter(is_due).copied().collect();
    Ok(Some(Batch { job, learners, due }))
}

/// A job ends where no learner is left.
async fn end_batch(tx: &Tx, batch: &Batch, changed: i64) -> Result<()> {
    match batch.learners.last() {
        Some(reached) => {
            let looked_at = i64::try_from(batch.learners.len()).unwrap_or(i64::MAX);
            store::advance(tx, batch.job.id, *reached, looked_at, changed).await
        }
        None => store::finish(tx, batch.job.id).await,
    }
}
