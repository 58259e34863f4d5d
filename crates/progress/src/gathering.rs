//! Heartbeats of many people in one commit.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use database::{Db, Flush, Pool};
use kernel::{Actor, Code, Error, Result, Timestamp, Uuid};

use crate::{
    Claim, Rules,
    store::watch::{self, Stored},
    subject::Facts,
    watch::Watch,
};

/// How many heartbeats one commit carries at most.
pub(crate) const MOST: usize = 1_000;
/// How often a batch is merged anew because another process wrote one of its rows, or because the connection broke.
const ROUNDS: u32 = 5;
/// How many rows are remembered, twice over.
const REMEMBERED: usize = 10_000;

/// A heartbeat of somebody who may watch this.
pub(crate) struct Beat {
    pub(crate) user_id: Uuid,
    pub(crate) facts: Facts,
    pub(crate) claim: Claim,
    /// When the server heard it.
    pub(crate) at: Timestamp,
}

type Key = (Uuid, Uuid);

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
        for _ in 0..ROUNDS {
            self.recall(groups).await?;
            let rows: Vec<Arc<Stored>> = groups
                .iter()
                .filter_map(|group| self.merged(batch, group).map(Arc::new))
                .collect();
            let writing = rows.clone();
            let written = self
                .db
                .run_alone_in(Pool::Worker, Actor::System, move |tx| async move {
                    let rows: Vec<&Stored> = writing.iter().map(AsRef::as_ref).collect();
                    watch::put(&tx, &rows).await
                })
                .await;
            if written
                .as_ref()
                .is_ok_and(|written| *written == rows.len() as u64)
            {
                for row in &rows {
                    self.remember(row.clone());
                }
                return Ok(rows);
            }
            for (key, _) in groups {
                self.young.remove(key);
                self.old.remove(key);
            }
            // Some were written, or perhaps all: they are read and merged once more, which changes nothing in those.
            if let Err(error) = written
                && error.code() != Code::OutcomeUnknown
            {
                return Err(error);
            }
        }
        Err(Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)))
    }

    /// Reads the rows that are not remembered.
    async fn recall(&mut self, groups: &[Group]) -> Result<()> {
        let missing: Vec<Key> = groups
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| !self.young.contains_key(key) && !self.old.contains_key(key))
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

    /// The row as it is with these heartbeats.
    fn merged(&self, batch: &[Beat], (key, beats): &Group) -> Option<Stored> {
        let first = batch.get(*beats.first()?)?;
        let known = self.young.get(key).or_else(|| self.old.get(key));
        let mut row = known.map_or_else(
            || Stored {
                user_id: first.user_id,
                course_id: first.facts.course_id,
                subject: first.facts.subject,
                version: 0,
                watch: Watch::begun(first.at),
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
