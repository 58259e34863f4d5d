//! One borrowed connection for one use case, introduced to the row-level policies.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use kernel::{Actor, Code, Error, Result, Timestamp};
use sea_orm::{DbErr, ExecResult, QueryResult, RuntimeErr, Statement, sea_query::Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Postgres, query::Query};
use tokio::sync::Mutex;

use super::pool::{Borrowed, Connections, unavailable};

/// Whether a use case may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each statement stands for itself, and the server refuses one that writes.
    Read,
    /// One transaction.
    Write,
}

/// A connection that knows who asks.
pub(crate) struct Session {
    borrowed: Mutex<Borrowed>,
    mode: Mode,
    /// Set when the connection itself failed, rather than a statement.
    broken: AtomicBool,
}

impl Session {
    /// Takes a connection, tells the policies who asks and what time it is, and begins where it writes: one round trip.
    pub(super) async fn open(
        connections: &Connections,
        mode: Mode,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Self> {
        loop {
            let mut borrowed = connections.take().await?;
            match introduce(&mut borrowed.connection, mode, actor, now).await {
                Ok(()) => {
                    return Ok(Self {
                        borrowed: Mutex::new(borrowed),
                        mode,
                        broken: AtomicBool::new(false),
                    });
                }
                // The server went away while it waited. Each turn closes one that waited, so that this ends.
                Err(_) if borrowed.is_used => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
    }

    /// Commits what was written; a read has nothing to end.
    pub(super) async fn commit(self) -> Result<()> {
        let (mode, broken) = (self.mode, self.broken.into_inner());
        let mut borrowed = self.borrowed.into_inner();
        if mode == Mode::Write {
            borrowed
                .connection
                .execute("COMMIT")
                .await
                .map_err(|error| Error::new(Code::OutcomeUnknown).caused_by(error))?;
        }
        if !broken {
            borrowed.put_back();
        }
        Ok(())
    }

    /// Undoes what was written. A connection that cannot is closed, which undoes it too.
    pub(super) async fn rollback(self) {
        let (mode, broken) = (self.mode, self.broken.into_inner());
        let mut borrowed = self.borrowed.into_inner();
        if !broken && (mode == Mode::Read || borrowed.connection.execute("ROLLBACK").await.is_ok()) {
            borrowed.put_back();
        }
    }

    fn heard<T>(&self, answer: std::result::Result<T, sqlx::Error>) -> std::result::Result<T, RuntimeErr> {
        answer.map_err(|error| {
            if !matches!(error, sqlx::Error::Database(_)) {
                self.broken.store(true, Ordering::Relaxed);
            }
            RuntimeErr::SqlxError(error.into())
        })
    }
}

/// Nothing of the last use case is undone here: only a connection whose end the server has confirmed goes back to the others.
async fn introduce(
    connection: &mut PgConnection,
    mode: Mode,
    actor: Actor,
    now: Timestamp,
) -> std::result::Result<(), sqlx::Error> {
    let (id, role) = match actor {
        Actor::Anonymous => (String::new(), ""),
        Actor::System => (String::new(), "SYSTEM"),
        Actor::User { id, role, .. } => (id.to_string(), role.as_str()),
    };
    let now = now.to_rfc3339();
    match mode {
        // Overwritten by the next use case, whichever it is.
        Mode::Read => {
            let sql = "SELECT set_config('app.uid', $1, false), set_config('app.role', $2, false),                        set_config('app.now', $3, false), set_config('default_transaction_read_only', 'on', false)";
            let values = sqlx::query(sql).bind(id).bind(role).bind(now);
            connection.execute(values).await?;
        }
        // One text, since a prepared statement takes no second one; put into it are an id, one of our own words and a time:
        // nothing that somebody wrote.
        Mode::Write => {
            let sql = format!(
                "BEGIN READ WRITE; SELECT set_config('app.uid', '{id}', true), set_config('app.role', '{role}', true), \
                 set_config('app.now', '{now}', true)"
            );
            connection.execute(AssertSqlSafe(sql)).await?;
        }
    }
    Ok(())
}

fn query(sql: String, values: Option<Values>) -> Query<'static, Postgres, SqlxValues> {
    let values = values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
}

type Asked<'a, T> = BoxFuture<'a, std::result::Result<T, DbErr>>;

/// What sea-orm asks of a connection.
impl Session {
    pub(crate) fn execute_raw(&self, statement: Statement) -> Asked<'_, ExecResult> {
        Box::pin(async move {
            let mut borrowed = self.borrowed.lock().await;
            let query = query(statement.sql, statement.values);
            let answer = borrowed.connection.execute(query).await;
            self.heard(answer).map(Into::into).map_err(DbErr::Exec)
        })
    }

    pub(crate) fn execute_unprepared<'a>(&'a self, sql: &'a str) -> Asked<'a, ExecResult> {
        Box::pin(async move {
            let mut borrowed = self.borrowed.lock().await;
            let answer = borrowed.connection.execute(AssertSqlSafe(sql)).await;
            self.heard(answer).map(Into::into).map_err(DbErr::Exec)
        })
    }

    pub(crate) fn query_one_raw(&self, statement: Statement) -> Asked<'_, Option<QueryResult>> {
        Box::pin(async move {
            let mut borrowed = self.borrowed.lock().await;
            let query = query(statement.sql, statement.values);
            let answer = borrowed.connection.fetch_optional(query).await;
            self.heard(answer)
                .map(|row| row.map(Into::into))
                .map_err(DbErr::Query)
        })
    }

    pub(crate) fn query_all_raw(&self, statement: Statement) -> Asked<'_, Vec<QueryResult>> {
        Box::pin(async move {
            let mut borrowed = self.borrowed.lock().await;
            let query = query(statement.sql, statement.values);
            let answer = borrowed.connection.fetch_all(query).await;
            self.heard(answer)
                .map(|rows| rows.into_iter().map(Into::into).collect())
                .map_err(DbErr::Query)
        })
    }
}
