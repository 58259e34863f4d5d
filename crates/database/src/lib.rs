//! The way to the database: one transaction a use case, shielded from cancellation, on SQLite or PostgreSQL.
//!
//! [`Db`] is all that the other crates hold. A use case never sees a connection: it receives a [`Tx`], which
//! knows who asks and what time it is, and it is committed exactly when the use case answered `Ok`; a single statement may go without
//! ([`Db::execute_autocommit`]).
//!
//! What the two databases do differently stands in [`mod@postgres`] and [`mod@sqlite`].

pub mod audit;
mod caller;
mod change_notifications;
mod db;
mod error;
mod group_commit;
pub mod idempotency;
pub mod inbox;
mod invalidation;
pub mod json_rows;
mod mode;
pub mod outbox;
mod pool;
pub mod postgres;
mod raw_executor;
mod redis;
mod schema;
mod select;
mod shared;
mod sql;
pub mod sqlite;
mod transaction;
mod work;

pub use change_notifications::{ChangeNotifications, ChangedAccounts};
pub use db::{Db, Setup};
pub use error::{MapDbErr, constraint, from_db};
pub use group_commit::{Flush, GroupCommit};
pub use pool::{Pool, single_connection};
pub use postgres::Column;
pub use redis::Relay;
pub use schema::{SchemaError, check, migrate};
pub use select::{NewestFirst, OldestFirst, literal};
pub use transaction::{Row, Rows, Tx};
