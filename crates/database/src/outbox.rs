//! Everything that has to happen outside the database, written in the transaction that causes it, and done by the
//! worker afterwards: at least once, in about the order of writing. Consumers must bear a repetition.

use std::{str::FromStr, time::Duration};

use entity::outbox;
use kernel::{Result, Timestamp};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, Set};
use serde_json::Value;

use crate::{MapDbErr, Tx, values};

/// How often a message is tried before it is put aside for a person to look at.
pub const ATTEMPTS: i64 = 12;
/// How long a worker may hold a message before another takes it over.
const LEASE: Duration = Duration::from_secs(60);

/// A message taken from the outbox.
#[derive(Clone, Debug, FromQueryResult)]
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
    schedule(tx, kind, vec![(payload, tx.now())]).await
}

/// Writes messages of one kind, each to be handled no earlier than its instant.
///
/// # Errors
/// What the database answers.
pub async fn schedule(tx: &Tx, kind: &str, messages: Vec<(Value, Timestamp)>) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let row = |(payload, available_at)| outbox::ActiveModel {
        kind: Set(kind.to_owned()),
        payload: Set(payload),
        created_at: Set(tx.now()),
        available_at: Set(available_at),
        attempts: Set(0),
        ..Default::default()
    };
    let insert = outbox::Entity::insert_many(messages.into_iter().map(row)).exec_without_returning(tx);
    insert.await.map_db_err().map(drop)
}

/// Which messages a lane of the worker takes, by their kinds.
#[derive(Clone, Copy, Debug)]
pub enum Kinds {
    /// All.
    Any,
    /// Those whose kind begins with one of these.
    Of(&'static [&'static str]),
    /// All others.
    Except(&'static [&'static str]),
}

impl Kinds {
    /// The condition on the column `kind`. What the kinds begin with stands in the code, so that nobody's text becomes part of it.
    fn condition(self) -> String {
        let begins = |with: &[&str]| {
            let each: Vec<String> = with.iter().map(|prefix| format!("kind LIKE '{prefix}%'")).collect();
            each.join(" OR ")
        };
        match self {
            Self::Any => String::new(),
            Self::Of(prefixes) => format!(" AND ({})", begins(prefixes)),
            Self::Except(prefixes) => format!(" AND NOT ({})", begins(prefixes)),
        }
    }
}

/// Takes up to `limit` messages of these kinds that are due, for a minute.
///
/// # Errors
/// What the database answers.
pub async fn claim(tx: &Tx, kinds: Kinds, limit: u64) -> Result<Vec<Message>> {
    let condition = kinds.condition();
    let skip = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    // Text: the builder cannot update what a locking subquery selects.
    let sql = format!(
        "UPDATE outbox SET leased_until = :lease, attempts = attempts + 1 WHERE id IN (\
         SELECT id FROM outbox WHERE done_at IS NULL AND failed_at IS NULL AND available_at <= :now \
         AND (leased_until IS NULL OR leased_until <= :now){condition} ORDER BY available_at, id LIMIT {limit} {skip}) \
         RETURNING id, kind, payload, attempts"
    );
    let values = values! { lease: tx.now() + LEASE, now: tx.now() };
    let mut messages: Vec<Message> = tx.fetch_all(&sql, values).await?;
    messages.sort_by_key(|message| message.id);
    Ok(messages)
}

/// Marks a message as done, unless its lease ran out and another worker has taken it over.
///
/// # Errors
/// What the database answers.
pub async fn done(tx: &Tx, message: &Message) -> Result<()> {
    let done = outbox::ActiveModel {
        done_at: Set(Some(tx.now())),
        leased_until: Set(None),
        last_error: Set(None),
        ..Default::default()
    };
    update_claimed(tx, message, done).await
}

/// Puts a message back for later: after 2, 4, 8, … seconds, twelve times in a little more than an hour; then it is put aside.
///
/// # Errors
/// What the database answers.
pub async fn failed(tx: &Tx, message: &Message, error: &str) -> Result<()> {
    let delay = Duration::from_secs(1 << message.attempts.clamp(1, 11));
    let failed = outbox::ActiveModel {
        available_at: Set(tx.now() + delay),
        leased_until: Set(None),
        failed_at: Set((message.attempts >= ATTEMPTS).then(|| tx.now())),
        last_error: Set(Some(error.to_owned())),
        ..Default::default()
    };
    update_claimed(tx, message, failed).await
}

/// Puts a message aside at once: trying again cannot help.
///
/// # Errors
/// What the database answers.
pub async fn refused(tx: &Tx, message: &Message, error: &str) -> Result<()> {
    let refused = outbox::ActiveModel {
        leased_until: Set(None),
        failed_at: Set(Some(tx.now())),
        last_error: Set(Some(error.to_owned())),
        ..Default::default()
    };
    update_claimed(tx, message, refused).await
}

/// The number of attempts tells whether the message is still ours.
async fn update_claimed(tx: &Tx, message: &Message, change: outbox::ActiveModel) -> Result<()> {
    outbox::Entity::update_many()
        .set(change)
        .filter(outbox::COLUMN.id.eq(message.id))
        .filter(outbox::COLUMN.attempts.eq(message.attempts))
        .filter(outbox::COLUMN.done_at.is_null())
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// How many messages wait, and how many were put aside.
///
/// # Errors
/// What the database answers.
pub async fn backlog(tx: &Tx) -> Result<(i64, i64)> {
    #[derive(FromQueryResult)]
    struct Backlog {
        unfinished: i64,
        aside: i64,
    }
    // Text: two counts in one statement.
    let sql = "SELECT count(*) AS unfinished, count(failed_at) AS aside FROM outbox WHERE done_at IS NULL";
    let backlog = tx.fetch_optional::<Backlog>(sql, values! {}).await?;
    Ok(backlog.map_or((0, 0), |backlog| (backlog.unfinished - backlog.aside, backlog.aside)))
}

/// Removes messages done more than `age` ago; answers how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx, age: Duration) -> Result<u64> {
    let done = outbox::Entity::delete_many().filter(outbox::COLUMN.done_at.lt(tx.now() - age)).exec(tx).await;
    Ok(done.map_db_err()?.rows_affected)
}
