//! Live events: what somebody is told while they look on, and what they missed.
//!
//! An event is a hint, a kind and ids; whoever hears it reads the state again over REST. Each account has a log of its own,
//! numbered 1, 2, 3, …, and whoever tells it something holds the row of its last number until the end of their transaction.
//! So for one reader the order of the numbers is the order of the commits, and no lower number can turn up behind a higher
//! one that was already delivered. One sequence for all (such as the outbox's) would not do: its numbers are given before
//! the commit, and a reader who has seen 7 would never look for the 6 that was committed after it.

mod line;
mod position;
mod streams;
mod ticket;

pub(crate) use line::PAGE;
pub use line::{Beginning, News, Told};
pub use position::Position;
pub use streams::{Capacity, Stream, Streams};
pub use ticket::{Ticket, redeem, ticket};

use std::time::Duration;

use database::Tx;
use kernel::{Result, UserId};
use serde_json::Value;

use crate::store;

/// What somebody is told: that something happened, and where to look.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `message.created`.
    pub kind: &'static str,
    /// Ids and numbers, never content: what may be read is decided when it is read.
    pub data: Value,
}

/// Tells these accounts, each once: writes it into the log of each in the caller's own transaction, and wakes whoever listens,
/// at every server, once it is committed. However many they are, it is as many statements.
///
/// The rows of their numbers are locked until the end of the transaction, in the order of their ids: tell last, and once,
/// so that nobody waits long and no two wait for one another.
///
/// # Errors
/// What the database answers.
pub async fn tell(tx: &Tx, to: &[UserId], event: Event) -> Result<()> {
    let mut to = to.to_vec();
    to.sort_unstable();
    to.dedup();
    if to.is_empty() {
        return Ok(());
    }
    store::live::append(tx, &to, event.kind, &event.data).await?;
    tx.notify(&to).await
}

/// Forgets events that were told more than `age` ago, and tickets that ran out; answers with how many events. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx, age: Duration) -> Result<u64> {
    store::live::sweep_tickets(tx).await?;
    store::live::sweep(tx, tx.now() - age).await
}
