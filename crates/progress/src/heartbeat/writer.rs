//! Writes the heartbeats of many people in one commit.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use database::{Db, Flush, Pool};
use kernel::{Actor, Code, Error, Result, Timestamp, UserId, Uuid};

use crate::{
    Claim, Rules,
    subject::WatchTarget,
    watch::{
        Watch,
        store::{self, WatchRecord},
    },
};

/// How many heartbeats one commit carries at most.
pub(crate) const MAX_BATCH: usize = 1_000;
/// How often a batch is merged again because another process wrote one of its rows, or because the outcome of the commit is
/// unknown.
const MAX_ATTEMPTS: u32 = 5;
/// When a client may send a heartbeat again whose outcome is unknown.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How many rows each of the two generations of the cache holds.
const GENERATION_SIZE: usize = 10_000;

/// A heartbeat of somebody who may watch this.
pub(crate) struct Beat {
    pub(crate) user_id: UserId,
    pub(crate) target: WatchTarget,
    pub(crate) claim: Claim,
    /// When the server received it.
    pub(crate) at: Timestamp,
}

type Key = (UserId, Uuid);

/// Those heartbeats of a batch that belong to one row.
type Group = (Key, Vec<usize>);

/// Merges heartbeats into their rows, and writes all rows of a batch with one statement.
///
/// The rows that were written last are cached. Each write names the version that it was merged into, so that a row that a second
/// server or a trainer has written meanwhile is read and merged again.
pub(crate) struct HeartbeatWriter {
    db: Db,
    rules: Rules,
    recent: HashMap<Key, Arc<WatchRecord>>,
    older: HashMap<Key, Arc<WatchRecord>>,
}

impl Flush<Beat, Arc<WatchRecord>> for HeartbeatWriter {
    async fn flush(&mut self, batch: Vec<Beat>) -> Vec<Result<Arc<WatchRecord>>> {
        let mut answers: Vec<Option<Result<Arc<WatchRecord>>>> = batch.iter().map(|_| None).collect();
        // Sorted, so that two servers lock rows in one order.
        let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (index, beat) in batch.iter().enumerate() {
            let key = (beat.user_id, beat.target.subject.id());
            groups.entry(key).or_default().push(index);
        }
        let mut parts: Vec<Vec<Group>> = vec![groups.into_iter().collect()];
        while let Some(mut part) = parts.pop() {
            match self.write(&batch, &part).await {
                Ok(rows) => {
                    for ((_, beats), row) in part.iter().zip(rows) {
                        for beat in beats {
                            if let Some(answer) = answers.get_mut(*beat) {
                                *answer = Some(Ok(row.clone()));
                            }
                        }
                    }
                }
                // One of the rows cannot be written: the batch is halved until that row is alone.
                Err(error) if part.len() > 1 && is_about_one(&error) => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                }
                Err(error) => {
                    tracing::debug!(%error, rows = part.len(), "heartbeats cannot be written");
                    let again = || match error.wait() {
                        Some(wait) => Error::new(error.code()).retry_after(wait),
                        None => Error::new(error.code()),
                    };
                    for beat in part.iter().flat_map(|(_, beats)| beats) {
                        if let Some(answer) = answers.get_mut(*beat) {
                            *answer = Some(Err(again()));
                        }
                    }
                }
            }
        }
        let unanswered = || Err(Error::internal("a heartbeat was forgotten"));
        answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect()
    }
}

/// Whether the fault is in a row and not in the database.
fn is_about_one(error: &Error) -> bool {
    matches!(error.code(), Code::NotFound | Code::Internal)
}

/// An error after an attempt to write: then it is unknown whether the rows were written.
fn after_attempt(error: Error, attempted: &[Arc<WatchRecord>]) -> Error {
    if error.code() == Code::Unavailable && !attempted.is_empty() {
        return Error::new(Code::OutcomeUnknown).retry_after(RETRY_AFTER).caused_by(error);
    }
    error
}

impl HeartbeatWriter {
    pub(crate) fn new(db: Db, rules: Rules) -> Self {
        Self { db, rules, recent: HashMap::new(), older: HashMap::new() }
    }

    async fn write(&mut self, batch: &[Beat], groups: &[Group]) -> Result<Vec<Arc<WatchRecord>>> {
        // The rows of the last attempt, where some of them were written and others not, or where that is unknown.
        let mut attempted: Vec<Arc<WatchRecord>> = Vec::new();
        for _ in 0..MAX_ATTEMPTS {
            if let Err(error) = self.load(groups).await {
                return Err(after_attempt(error, &attempted));
            }
            let mut rows = Vec::with_capacity(groups.len());
            let mut writing = Vec::with_capacity(groups.len());
            for (index, group) in groups.iter().enumerate() {
                match (self.cached(&group.0), attempted.get(index)) {
                    // It was written.
                    (Some(cached), Some(attempted)) if cached == attempted => rows.push(cached.clone()),
                    (cached, _) => {
                        let row = self.merged(batch, group, cached);
                        let row = Arc::new(row.ok_or_else(|| Error::internal("a row without heartbeats"))?);
                        writing.push(row.clone());
                        rows.push(row);
                    }
                }
            }
            let expected = writing.len() as u64;
            let put = move |tx| async move { store::put(&tx, &writing).await };
            match self.db.execute_autocommit(Pool::Worker, Actor::System, put).await {
                Ok(written) if written == expected => {
                    for row in &rows {
                        self.cache(row.clone());
                    }
                    return Ok(rows);
                }
                Err(error) if error.code() != Code::OutcomeUnknown => {
                    self.forget(groups);
                    return Err(after_attempt(error, &attempted));
                }
                Ok(_) | Err(_) => {
                    self.forget(groups);
                    attempted = rows;
                }
            }
        }
        Err(Error::new(Code::OutcomeUnknown).retry_after(RETRY_AFTER))
    }

    /// Reads the rows that are not cached.
    async fn load(&mut self, groups: &[Group]) -> Result<()> {
        let missing: Vec<Key> =
            groups.iter().map(|(key, _)| *key).filter(|key| self.cached(key).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let read = move |tx| async move { store::find_all(&tx, &missing).await };
        for row in self.db.read_in(Pool::Worker, Actor::System, read).await? {
            self.cache(Arc::new(row));
        }
        Ok(())
    }

    fn cached(&self, key: &Key) -> Option<&Arc<WatchRecord>> {
        self.recent.get(key).or_else(|| self.older.get(key))
    }

    fn forget(&mut self, groups: &[Group]) {
        for (key, _) in groups {
            self.recent.remove(key);
            self.older.remove(key);
        }
    }

    /// The row as it is with these heartbeats.
    fn merged(
        &self,
        batch: &[Beat],
        (_, beats): &Group,
        cached: Option<&Arc<WatchRecord>>,
    ) -> Option<WatchRecord> {
        let first = batch.get(*beats.first()?)?;
        let mut row = cached.map_or_else(
            || WatchRecord {
                user_id: first.user_id,
                course_id: first.target.course_id,
                subject: first.target.subject,
                version: 0,
                watch: Watch::new(),
            },
            |cached| WatchRecord::clone(cached),
        );
        for beat in beats.iter().filter_map(|beat| batch.get(*beat)) {
            row.watch.record(&beat.claim, beat.target.length, beat.at, &self.rules);
        }
        row.version += 1;
        Some(row)
    }

    fn cache(&mut self, row: Arc<WatchRecord>) {
        if self.recent.len() >= GENERATION_SIZE {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert((row.user_id, row.subject.id()), row);
    }
}
