//! Everything that has to happen outside the database, written in the transaction that causes it, and done by the
//! worker afterwards: at least once, in about the order of writing. Consumers must bear a repetition.

use std::{str::FromStr, time::Duration};

use kernel::{Result, Timestamp};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::{MapDbErr, Tx};

/// How often a message is tried before it is put aside for a person to look at.
pub const ATTEMPTS: i64 = 12;
/// How long a worker may hold a message before another takes it over.
const LEASE: Duration = Duration::from_secs(60);

/// A message taken from the outbox.
#[derive(Clone, Debug)]
pub struct Message {
    /// Grows with every message.
    pub id: i64,
    /// What it is about, such as `mail.verify_email` or `course.published`.
    pub kind: String,
    /// Ids, never values: whoever acts reads the state as it is then.
    pub payload: Value,
    /// How often it was taken, this time included.
    pub attempts: i64,
}

impl Message {
    /// An id from the payload.
    #[must_use]
    pub fn id_of<I: FromStr>(&self, name: &str) -> Option<I> {
        self.payload.get(name)?.as_str()?.parse().ok()
    }
}

/// Writes a message.
///
/// # Errors
/// What the database answers.
pub async fn send(tx: &Tx, kind: &str, payload: Value) -> Result<()> {
    let sql = "INSERT INTO outbox (kind, payload, created_at, available_at, attempts) VALUES (?, ?, ?, ?, 0)";
    let values = [kind.into(), payload.into(), tx.now().into(), tx.now().into()];
    tx.change(sql, values).await.map(drop)
}

/// Writes messages of one kind, each to be taken no earlier than its instant: what is not to be done before a time.
///
/// # Errors
/// What the database answers.
pub async fn schedule(tx: &Tx, kind: &str, messages: Vec<(Value, Timestamp)>) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?, ?, ?, 0)"; messages.len()].join(", ");
    let sql = format!("INSERT INTO outbox (kind, payload, created_at, available_at, attempts) VALUES {rows}");
    let values: Vec<sea_orm::Value> = messages
        .into_iter()
        .flat_map(|(payload, at)| [kind.into(), payload.into(), tx.now().into(), at.into()])
        .collect();
    tx.change(&sql, values).await.map(drop)
}

/// Takes up to `limit` messages that are due, for a minute.
///
/// # Errors
/// What the database answers.
pub async fn claim(tx: &Tx, limit: u64) -> Result<Vec<Message>> {
    let skip = if tx.is_postgres() {
        "FOR UPDATE SKIP LOCKED"
    } else {
        ""
    };
    let sql = format!(
        "UPDATE outbox SET leased_until = ?, attempts = attempts + 1 WHERE id IN (\
         SELECT id FROM outbox WHERE done_at IS NULL AND failed_at IS NULL AND available_at <= ? \
         AND (leased_until IS NULL OR leased_until <= ?) ORDER BY available_at, id LIMIT {limit} {skip}) \
         RETURNING id, kind, payload, attempts"
    );
    let values = [(tx.now() + LEASE).into(), tx.now().into(), tx.now().into()];
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let mut messages = rows
        .iter()
        .map(|row| {
            Ok(Message {
                id: row.try_get("", "id")?,
                kind: row.try_get("", "kind")?,
                payload: row.try_get("", "payload")?,
                attempts: row.try_get("", "attempts")?,
            })
        })
        .collect::<Result<Vec<_>, sea_orm::DbErr>>()
        .map_db_err()?;
    messages.sort_by_key(|message| message.id);
    Ok(messages)
}

/// Marks a message as done, unless its lease ran out and another worker has taken it over.
///
/// # Errors
/// What the database answers.
pub async fn done(tx: &Tx, message: &Message) -> Result<()> {
    let sql = "UPDATE outbox SET done_at = ?, leased_until = NULL, last_error = NULL \
               WHERE id = ? AND attempts = ? AND done_at IS NULL";
    tx.change(sql, [tx.now().into(), message.id.into(), message.attempts.into()])
        .await
        .map(drop)
}

/// Puts a message back for later: after 2, 4, 8, … seconds, twelve times in a bit more than an hour; then it is put aside.
///
/// # Errors
/// What the database answers.
pub async fn failed(tx: &Tx, message: &Message, error: &str) -> Result<()> {
    let wait = Duration::from_secs(1 << message.attempts.clamp(1, 11));
    let aside = (message.attempts >= ATTEMPTS).then(|| tx.now());
    let sql = "UPDATE outbox SET available_at = ?, leased_until = NULL, failed_at = ?, last_error = ? \
               WHERE id = ? AND attempts = ? AND done_at IS NULL";
    let values = [
        (tx.now() + wait).into(),
        aside.into(),
        error.into(),
        message.id.into(),
        message.attempts.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// How many wait, and how many were put aside.
///
/// # Errors
/// What the database answers.
pub async fn backlog(tx: &Tx) -> Result<(i64, i64)> {
    let sql = "SELECT count(*) AS waiting, count(failed_at) AS aside FROM outbox WHERE done_at IS NULL";
    let row = tx.query_one_raw(tx.statement(sql, [])).await.map_db_err()?;
    let Some(row) = row else { return Ok((0, 0)) };
    let (all, aside) = (
        row.try_get::<i64>("", "waiting").map_db_err()?,
        row.try_get::<i64>("", "aside").map_db_err()?,
    );
    Ok((all - aside, aside))
}

/// Removes messages done more than `age` ago; answers with how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx, age: Duration) -> Result<u64> {
    let sql = "DELETE FROM outbox WHERE done_at < ?";
    tx.change(sql, [(tx.now() - age).into()]).await
}
