//! Live events: what clients receive while they are connected, and what they missed.
//!
//! An event is a hint, a kind and ids, after which the client reads the state again over REST. Each account has a log of its own, with
//! the numbers 1, 2, 3, …, and whoever writes an event holds the row of the account's last number until the end of the transaction. So
//! the numbers of one account are in the order of the commits, and no lower number appears after a higher one was delivered. One
//! sequence for all accounts (such as the outbox's) would not do: its numbers are taken before the commit, and a reader who has seen 7
//! would never look for the 6 that was committed after it.

mod model;
mod position;
mod store;
mod stream_buffer;
mod streams;
mod ticket;

use std::time::Duration;

use database::Tx;
use kernel::{Result, UserId};
use serde_json::Value;

pub use model::{LiveEvent, Ticket};
pub use position::Position;
pub use stream_buffer::{StreamItem, StreamStart};
pub use streams::{Capacity, Stream, Streams};
pub use ticket::{create_ticket, redeem};

/// Publishes an event to these accounts: writes it into the log of each in the caller's transaction, and wakes their streams at every
/// server after the commit. The number of statements does not depend on how many accounts there are. `data` has ids and numbers but
/// no content, because what a reader may see is decided when it is read.
///
/// The rows of the accounts' last numbers are locked until the end of the transaction, in the order of the ids. So publish last, and
/// once in a transaction: nobody waits long, and no two transactions wait for each other.
///
/// # Errors
/// What the database answers.
pub(crate) async fn publish(tx: &Tx, to: &[UserId], kind: &'static str, data: Value) -> Result<()> {
    let mut to = to.to_vec();
    to.sort_unstable();
    to.dedup();
    if to.is_empty() {
        return Ok(());
    }
    store::append(tx, &to, kind, data).await?;
    tx.notify(&to).await
}

/// Deletes events that are older than `age`, and tickets that have expired; answers with the number of events. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx, age: Duration) -> Result<u64> {
    store::sweep_tickets(tx).await?;
    store::sweep(tx, tx.now() - age).await
}
