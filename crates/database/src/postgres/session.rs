//! A connection of the pool for one use case, with the session settings that the row-level policies read.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use kernel::{Actor, Code, Error, Result, Timestamp};
use sea_orm::{DbErr, RuntimeErr};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Postgres};
use tokio::sync::Mutex;

use crate::{
    from_db,
    mode::Mode,
    pool::{Borrowed, Connections, unavailable},
    raw_executor::RawExecutor,
};

/// A connection whose session knows who asks.
pub(crate) struct Session {
    borrowed: Mutex<Borrowed<PgConnection>>,
    mode: Mode,
    actor: Actor,
    now: Timestamp,
    /// Whether a connection that was idle has not answered yet in this use case: it may have broken meanwhile.
    is_unverified: AtomicBool,
    /// Whether the one statement of [`Mode::Autocommit`] was run.
    is_used_up: AtomicBool,
    /// Set when the connection itself failed, rather than a statement.
    broken: AtomicBool,
}

impl Session {
    /// Acquires a connection, sets who asks and what time it is, and begins the transaction if there is one: one round trip. Anonymous
    /// reads and the server's own autocommitted writes do not depend on the time, so that a connection which last did the same is
    /// used without setting anything.
    pub(super) async fn open(
        connections: &Connections<PgConnection>,
        mode: Mode,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Self> {
        let mut borrowed = connections.acquire().await?;
        let is_timeless =
            matches!((mode, actor), (Mode::Read, Actor::Anonymous) | (Mode::Autocommit, Actor::System));
        let is_known = is_timeless && borrowed.session_context == Some((mode, actor));
        if !is_known {
            set_session_context(&mut borrowed, mode, actor, now).await?;
        }
        Ok(Self {
            borrowed: Mutex::new(borrowed),
            mode,
            actor,
            now,
            is_unverified: AtomicBool::new(is_known && mode == Mode::Read),
            is_used_up: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        })
    }

    /// Commits the transaction, if there is one.
    pub(super) async fn commit(self) -> Result<()> {
        let (mode, broken) = (self.mode, self.broken.into_inner());
        let mut borrowed = self.borrowed.into_inner();
        if mode == Mode::Write {
            let committed = borrowed.connection.execute("COMMIT").await;
            committed.map_err(not_committed)?;
        }
        if !broken {
            borrowed.release();
        } else if mode == Mode::Autocommit {
            return Err(Code::OutcomeUnknown.into());
        }
        Ok(())
    }

    /// Rolls the transaction back and returns the error that caused it. A connection that cannot roll back is closed, which rolls back too;
    /// an autocommitted statement may have been committed by then.
    pub(super) async fn rollback(self, error: Error) -> Error {
        let (mode, broken) = (self.mode, self.broken.into_inner());
        let mut borrowed = self.borrowed.into_inner();
        if broken {
            return match mode {
                Mode::Autocommit => unknown(error),
                Mode::Read | Mode::Write => error,
            };
        }
        if mode != Mode::Write || borrowed.connection.execute("ROLLBACK").await.is_ok() {
            borrowed.release();
        }
        error
    }
}

impl RawExecutor<Postgres> for Session {
    /// Runs a statement. Where the connection turns out to have broken while it was idle, a read is retried once on a new one.
    async fn with_connection<T: Send>(
        &self,
        run: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, std::result::Result<T, sqlx::Error>>
        + Send
        + Sync,
    ) -> std::result::Result<T, RuntimeErr> {
        if self.mode == Mode::Autocommit && self.is_used_up.swap(true, Ordering::Relaxed) {
            return Err(RuntimeErr::Internal("a second statement in a use case of one statement".to_owned()));
        }
        let mut borrowed = self.borrowed.lock().await;
        let mut answer = run(&mut borrowed.connection).await;
        if self.is_unverified.swap(false, Ordering::Relaxed)
            && answer.as_ref().is_err_and(is_lost)
            && borrowed.reconnect().await.is_ok()
            && set_session_context(&mut borrowed, self.mode, self.actor, self.now).await.is_ok()
        {
            answer = run(&mut borrowed.connection).await;
        }
        answer.map_err(|error| {
            if is_lost(&error) {
                self.broken.store(true, Ordering::Relaxed);
            }
            RuntimeErr::SqlxError(error.into())
        })
    }
}

/// What a failed commit means. Where the server itself refused it, nothing was changed; where the connection broke, nobody knows.
fn not_committed(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(_) if !is_lost(&error) => {
            from_db(DbErr::Exec(RuntimeErr::SqlxError(error.into())))
        }
        error => unknown(error),
    }
}

fn unknown(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Code::OutcomeUnknown).caused_by(error)
}

/// Whether the connection failed, rather than the statement. `57P01` to `57P03` are what a server says before it closes a connection.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P0")),
        // It was never sent.
        sqlx::Error::Encode(_) => false,
        _ => true,
    }
}

/// Sets who asks and what time it is; retries once on a new connection where this one broke while it was idle.
async fn set_session_context(
    borrowed: &mut Borrowed<PgConnection>,
    mode: Mode,
    actor: Actor,
    now: Timestamp,
) -> Result<()> {
    let mut sent = send_session_context(&mut borrowed.connection, mode, actor, now).await;
    if sent.is_err() && borrowed.is_used {
        borrowed.reconnect().await?;
        sent = send_session_context(&mut borrowed.connection, mode, actor, now).await;
    }
    sent.map_err(unavailable)?;
    if mode != Mode::Write {
        borrowed.session_context = Some((mode, actor));
    }
    Ok(())
}

/// Nothing of the last use case has to be reset: a connection is returned to the pool only after the server has confirmed its end.
async fn send_session_context(
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
        // For the session, until it is set again; a transaction overrides it for itself.
        Mode::Read | Mode::Autocommit => {
            // Text: the builder has no session settings.
            let sql = "SELECT set_config('app.uid', $1, false), set_config('app.role', $2, false), \
                       set_config('app.now', $3, false), set_config('default_transaction_read_only', $4, false)";
            let read_only = if mode == Mode::Read { "on" } else { "off" };
            let values = sqlx::query(sql).bind(id).bind(role).bind(now).bind(read_only);
            connection.execute(values).await?;
        }
        // Text: one simple query, since a prepared statement cannot contain a second one. What is interpolated is an id, a constant and a time,
        // never what somebody wrote.
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
