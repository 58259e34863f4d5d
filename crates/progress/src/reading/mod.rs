//! That somebody reads: it counts for their day, though it completes nothing.

mod model;
mod store;

use std::sync::Arc;

use database::{Db, Flush, GroupCommit, Pool, Tx};
use enrollment::{Access, ReadableChapter, ReadableLesson};
use kernel::{Actor, Code, CourseId, Result, UserId};
use quick_cache::sync::Cache;

use self::model::Reading;
pub(crate) use self::store::quarters_of;

/// How many people and courses the log remembers, so that a page that is opened again writes nothing.
const CACHE_SIZE: usize = 20_000;
/// How many readings one commit carries at most.
const MAX_BATCH: usize = 500;

type Known = Arc<Cache<(UserId, CourseId), i64>>;

/// Notes who reads, behind their answers: nobody waits for it, and nobody is refused because of it. There is one of it in a process.
pub struct ReadingLog {
    db: Db,
    known: Known,
    group_commit: GroupCommit<Option<Reading>, ()>,
}

impl ReadingLog {
    /// Starts the writer. At most `queue_capacity` readings wait for it; more are not noted.
    #[must_use]
    pub fn start(db: &Db, queue_capacity: usize) -> Self {
        let known = Known::new(Cache::new(CACHE_SIZE));
        let writer = ReadingWriter { db: db.clone(), known: known.clone() };
        Self { db: db.clone(), known, group_commit: GroupCommit::start(writer, MAX_BATCH, queue_capacity) }
    }

    /// Notes that the caller was shown the text of a lesson. Who may edit it works on it.
    pub fn note_lesson(&self, actor: Actor, shown: &ReadableLesson) {
        if shown.access != Access::Staff && shown.body.content.is_some() {
            self.note(actor, shown.lesson.course_id);
        }
    }

    /// Notes that the caller was shown the text of a chapter. Who may edit it works on it.
    pub fn note_chapter(&self, actor: Actor, shown: &ReadableChapter) {
        if shown.access != Access::Staff && shown.body.content.is_some() {
            self.note(actor, shown.chapter.course_id);
        }
    }

    /// Notes that the caller reads in a course now: once in a quarter of an hour.
    fn note(&self, actor: Actor, course_id: CourseId) {
        let Some(user_id) = actor.user_id() else {
            return;
        };
        let reading = Reading { user_id, course_id, at: self.db.environment().now() };
        let key = (user_id, course_id);
        if self.known.get(&key) != Some(reading.quarter()) {
            self.known.insert(key, reading.quarter());
            if self.group_commit.post(Some(reading)).is_err() {
                self.known.remove(&key);
            }
        }
    }

    /// Waits until what was noted before is written: whoever asks for their day sees what they just read.
    pub async fn settle(&self) {
        // Where the queue is full nothing can be waited for.
        drop(self.group_commit.submit(None).await);
    }
}

struct ReadingWriter {
    db: Db,
    known: Known,
}

impl Flush<Option<Reading>, ()> for ReadingWriter {
    async fn flush(&mut self, batch: Vec<Option<Reading>>) -> Vec<Result<()>> {
        let readings: Vec<Reading> = batch.iter().copied().flatten().collect();
        if !readings.is_empty() && self.write(readings.clone()).await.is_err() {
            // One of them may be of a course that is gone.
            for reading in readings {
                if let Err(error) = self.write(vec![reading]).await {
                    tracing::debug!(%error, "a reading cannot be noted");
                    self.known.remove(&(reading.user_id, reading.course_id));
                }
            }
        }
        batch.iter().map(|_| Ok(())).collect()
    }
}

impl ReadingWriter {
    async fn write(&self, readings: Vec<Reading>) -> Result<()> {
        let put = move |tx: Tx| async move { store::put(&tx, &readings).await };
        self.db.execute_autocommit(Pool::Worker, Actor::System, put).await
    }
}

/// Takes back that somebody read in a course.
pub(crate) async fn reset(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    store::delete(tx, user_id, course_id).await
}

/// Notes that the caller learns in a course without watching, in the transaction of what they do.
pub(crate) async fn note(tx: &Tx, course_id: CourseId) -> Result<()> {
    let user_id = tx.actor().user_id().ok_or(Code::Unauthenticated)?;
    store::put(tx, &[Reading { user_id, course_id, at: tx.now() }]).await
}
