//! Heartbeats of many people in one commit.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use database::{Db, Flush, Pool};
use kernel::{Actor, Code, Error, Result, Timestamp, UserId, Uuid};

use crate::{
    Claim, Rules,
    store::watch::{self, Stored},
    subject::Facts,
    watch::Watch,
};

/// How many heartbeats one commit carries at most.
pub(crate) const MOST: usize = 1_000;
/// How often a batch is merged anew because another process wrote one of its rows, or because nobody knows whether it was
/// committed.
const ROUNDS: u32 = 5;
/// When to send a heartbeat again whose outcome is unknown.
const AGAIN: Duration = Duration::from_secs(1);
/// How many rows are remembered, twice over.
const REMEMBERED: usize = 10_000;

/// A heartbeat of somebody who may watch this.
pub(crate) struct Beat {
    pub(crate) user_id: UserId,
    pub(crate) facts: Facts,
    pub(crate) claim: Claim,
    /// When the server heard it.
    pub(crate) at: Timestamp,
}

type Key = (UserId, Uuid);

/// Those heartbeats of a batch that belong to one row.
type Group = (Key, Vec<usize>);

/// Merges heartbeats into their rows, and writes all rows of a batch with one statement.
///
/// Rows that were written lately are remembered. Each write names the version that it merged into, so that a row which
/// somebody else has written meanwhile, a second server or a trainer, is read and merged again.
pub(crate) struct Gathering {
    db: Db,
    rules: Rules,
    young: HashMap<Key, Arc<Stored>>,
    old: HashMap<Key, Arc<Stored>>,
}

impl Flush<Beat, Arc<Stored>> for Gathering {
    async fn flush(&mut self, batch: Vec<Beat>) -> Vec<Result<Arc<Stored>>> {
        let mut answers: Vec<Option<Result<Arc<Stored>>>> = batch.iter().map(|_| None).collect();
        // Sorted, so that two servers lock rows in one order.
        let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (index, beat) in batch.iter().enumerate() {
            let key = (beat.user_id, beat.facts.subject.id());
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
                // Something in it cannot be written: by halves until it stands alone.
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
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(unanswered))
            .collect()
    }
}

/// Whether the fault is in a row and not in the database.
fn is_about_one(error: &Error) -> bool {
    matches!(error.code(), Code::NotFound | Code::Internal)
}

/// A refusal after some were tried to be written: then nobody knows whether they are.
fn unsure(error: Error, tried: &[Arc<Stored>]) -> Error {
    if error.code() == Code::Unavailable && !tried.is_empty() {
        return Error::new(Code::OutcomeUnknown)
            .retry_after(AGAIN)
            .caused_by(error);
    }
    error
}

impl Gathering {
    pub(crate) fn new(db: Db, rules: Rules) -> Self {
        Self {
            db,
            rules,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    async fn write(&mut self, batch: &[Beat], groups: &[Group]) -> Result<Vec<Arc<Stored>>> {
        // As they were tried to be written, where some were and others not, or nobody knows.
        let mut tried: Vec<Arc<Stored>> = Vec::new();
        for _ in 0..ROUNDS {
            if let Err(error) = self.recall(groups).await {
                return Err(unsure(error, &tried));
            }
            let mut rows = Vec::with_capacity(groups.len());
            let mut writing = Vec::with_capacity(groups.len());
            for (index, group) in groups.iter().enumerate() {
                match (self.known(&group.0), tried.get(index)) {
                    // It was written.
                    (Some(known), Some(tried)) if known == tried => rows.push(known.clone()),
                    (known, _) => {
                        let row = self.merged(batch, group, known);
                        let row = Arc::new(row.ok_or_else(|| Error::internal("a row without heartbeats"))?);
                        writing.push(row.clone());
                        rows.push(row);
                    }
                }
            }
            let expected = writing.len() as u64;
            let put = move |tx| async move { watch::put(&tx, &writing).await };
            match self.db.execute_autocommit(Pool::Worker, Actor::System, put).await {
                Ok(written) if written == expected => {
                    for row in &rows {
                        self.remember(row.clone());
                    }
                    return Ok(rows);
                }
                Err(error) if error.code() != Code::OutcomeUnknown => {
                    self.forget(groups);
                    return Err(unsure(error, &tried));
                }
                Ok(_) | Err(_) => {
                    self.forget(groups);
                    tried = rows;
                }
            }
        }
        Err(Error::new(Code::OutcomeUnknown).retry_after(AGAIN))
    }

    /// Reads the rows that are not remembered.
    async fn recall(&mut self, groups: &[Group]) -> Result<()> {
        let missing: Vec<Key> = groups
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| self.known(key).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let read = move |tx| async move { watch::find_all(&tx, &missing).await };
        for row in self.db.read_in(Pool::Worker, Actor::System, read).await? {
            self.remember(Arc::new(row));
        }
        Ok(())
    }

    fn known(&self, key: &Key) -> Option<&Arc<Stored>> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn forget(&mut self, groups: &[Group]) {
        for (key, _) in groups {
            self.young.remove(key);
            self.old.remove(key);
        }
    }

    /// The row as it is with these heartbeats.
    fn merged(&self, batch: &[Beat], (_, beats): &Group, known: Option<&Arc<Stored>>) -> Option<Stored> {
        let first = batch.get(*beats.first()?)?;
        let mut row = known.map_or_else(
            || Stored {
                user_id: first.user_id,
                course_id: first.facts.course_id,
                subject: first.facts.subject,
                version: 0,
                watch: Watch::unheard(),
            },
            |known| Stored::clone(known),
        );
        for beat in beats.iter().filter_map(|beat| batch.get(*beat)) {
            row.watch
                .hear(&beat.claim, beat.facts.length, beat.at, &self.rules);
        }
        row.version += 1;
        Some(row)
    }

    fn remember(&mut self, row: Arc<Stored>) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((row.user_id, row.subject.id()), row);
    }
}
