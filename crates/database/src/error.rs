//! The errors of the database as errors of the kernel.

use std::time::Duration;

use kernel::{Code, Error};
use sea_orm::{DbErr, RuntimeErr};

/// The name of the constraint that refused a statement: `uq_…`, `fk_…` or `ck_…`.
///
/// PostgreSQL reports the name. SQLite reports `table.column, table.column` for a unique constraint, from which the
/// name follows by the rule of the migration; for a foreign key it reports nothing, which reads `fk`.
#[must_use]
pub fn constraint(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let database = error.as_database_error()?;
    if let Some(name) = database.constraint() {
        return Some(name.to_owned());
    }
    let message = database.message();
    if let Some(columns) = message.split("UNIQUE constraint failed: ").nth(1) {
        let mut parts = columns.split(", ").filter_map(|column| column.split_once('.'));
        let (table, first) = parts.next()?;
        let rest: String = parts.map(|(_, column)| format!("_{column}")).collect();
        return Some(format!("uq_{table}_{first}{rest}"));
    }
    if let Some(name) = message.split("CHECK constraint failed: ").nth(1) {
        return Some(name.to_owned());
    }
    message.contains("FOREIGN KEY constraint failed").then(|| "fk".to_owned())
}

/// What a failed statement means to the caller when no use case has said something better.
#[must_use]
pub fn from_db(error: DbErr) -> Error {
    match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
            Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)).caused_by(error)
        }
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            let lost = matches!(
                cause.as_ref(),
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            );
            // Serialisation failures, deadlocks, lock and statement timeouts, a server that is shutting down or full, a full disk;
            // SQLite's busy, locked and full.
            let again = cause.as_database_error().and_then(|db| db.code()).is_some_and(|code| {
                matches!(
                    code.as_ref(),
                    "40001"
                        | "40P01"
                        | "55P03"
                        | "57014"
                        | "53100"
                        | "53200"
                        | "53300"
                        | "57P01"
                        | "57P03"
                        | "5"
                        | "6"
                        | "13"
                        | "517"
                )
            });
            if lost || again {
                Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)).caused_by(error)
            } else {
                Error::internal(error)
            }
        }
        _ => Error::internal(error),
    }
}

/// Turns a database's error into the kernel's.
pub trait MapDbErr<T> {
    /// Any failure as [`from_db`] reads it.
    ///
    /// # Errors
    /// See [`from_db`].
    fn map_db_err(self) -> kernel::Result<T>;

    /// Like [`MapDbErr::map_db_err`], but the refusal of this one constraint is this answer.
    ///
    /// # Errors
    /// `answer` where the constraint refused, otherwise see [`from_db`].
    fn or_refused(self, name: &str, answer: impl FnOnce() -> Error) -> kernel::Result<T>;
}

impl<T> MapDbErr<T> for Result<T, DbErr> {
    fn map_db_err(self) -> kernel::Result<T> {
        self.map_err(from_db)
    }

    fn or_refused(self, name: &str, answer: impl FnOnce() -> Error) -> kernel::Result<T> {
        self.map_err(
            |error| {
                if constraint(&error).as_deref() == Some(name) { answer() } else { from_db(error) }
            },
        )
    }
}
