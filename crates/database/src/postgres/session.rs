//! One borrowed connection for one use case, introduced to the row-level policies.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use kernel::{Actor, Code, Error, Result, Timestamp};
use sea_orm::RuntimeErr;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Postgres};
use tokio::sync::Mutex;

use crate::{
    asking::Asking,
    pool::{Borrowed, Connections, unavailable},
};

/// Whether a use case may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each statement stands for itself, and the server refuses one that writes.
    Read,
    /// One statement, and what it writes is committed with it.
    WriteAlone,
    /// One transaction.
    Write,
}

/// A connection that knows who asks.
pub(crate) struct Session {
    borrowed: Mutex<Borrowed<PgConnection>>,
    mode: Mode,
    actor: Actor,
    now: Timestamp,
    /// Whether a reader asked nothing yet of a connection that waited: it may have broken meanwhile.
    unproven: AtomicBool,
    /// Whether the one statement of [`Mode::WriteAlone`] was asked.
    spent: AtomicBool,
    /// Set when the connection itself failed, rather than a statement.
    broken: AtomicBool,
}

impl Session {
    /// Takes a connection, tells the policies who asks and what time it is, and begins where there is a transaction: one round
    /// trip. What is read without a name and what the server writes of itself do not depend on the time: a connection that last
    /// did the same need not be told again.
    pub(super) async fn open(
        connections: &Connections<PgConnection>,
        mode: Mode,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Self> {
        let mut borrowed = connections.take().await?;
        let is_timeless = matches!(
            (mode, actor),
            (Mode::Read, Actor::Anonymous) | (Mode::WriteAlone, Actor::System)
        );
        let is_known = is_timeless && borrowed.told == Some((mode, actor));
        if !is_known {
            introduce(&mut borrowed, mode, actor, now).await?;
        }
        Ok(Self {
            borrowed: Mutex::new(borrowed),
            mode,
            actor,
            now,
            unproven: AtomicBool::new(is_known && mode == Mode::Read),
            spent: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        })
    }

    /// Commits what was written; without a transaction there is nothing to end.
    pub(super) async fn commit(self) -> Result<()> {
        let (mode, broken) = (self.mode, self.broken.into_inner());
        let mut borrowed = self.borrowed.into_inner();
        if mode == Mode::Write {
            let committed = borrowed.connection.execute("COMMIT").await;
            committed.map_err(unknown)?;
        }
        if !broken {
            borrowed.put_back();
        } else if mode == Mode::WriteAlone {
            return Err(Code::OutcomeUnknown.into());
        }
        Ok(())
    }

    /// Undoes what was written, and answers with why. A connection that cannot is closed, which undoes it too; a statement
    /// alone may have been committed by then.
    pub(super) async fn rollback(self, error: Error) -> Error {
        let (mode, broken) = (self.mode, self.broken.into_inner());
        let mut borrowed = self.borrowed.into_inner();
        if broken {
            return match mode {
                Mode::WriteAlone => unknown(error),
                Mode::Read | Mode::Write => error,
            };
        }
        if mode != Mode::Write || borrowed.connection.execute("ROLLBACK").await.is_ok() {
            borrowed.put_back();
        }
        error
    }
}

impl Asking<Postgres> for Session {
    /// Asks the server. Where the connection turns out to have broken while it waited, a read is asked again on another one.
    async fn ask<T: Send>(
        &self,
        how: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, std::result::Result<T, sqlx::Error>>
        + Send
        + Sync,
    ) -> std::result::Result<T, RuntimeErr> {
        if self.mode == Mode::WriteAlone && self.spent.swap(true, Ordering::Relaxed) {
            return Err(RuntimeErr::Internal(
                "a second statement, of one that goes alone".to_owned(),
            ));
        }
        let mut borrowed = self.borrowed.lock().await;
        let mut answer = how(&mut borrowed.connection).await;
        if self.unproven.swap(false, Ordering::Relaxed)
            && answer.as_ref().is_err_and(is_lost)
            && borrowed.renew().await.is_ok()
            && introduce(&mut borrowed, self.mode, self.actor, self.now)
                .await
                .is_ok()
        {
            answer = how(&mut borrowed.connection).await;
        }
        answer.map_err(|error| {
            if is_lost(&error) {
                self.broken.store(true, Ordering::Relaxed);
            }
            RuntimeErr::SqlxError(error.into())
        })
    }
}

fn unknown(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Code::OutcomeUnknown).caused_by(error)
}

/// Whether the connection failed, rather than a statement. `57P01` to `57P03` are the server's last words on it.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P0")),
        // It was never sent.
        sqlx::Error::Encode(_) => false,
        _ => true,
    }
}

/// Says who asks; on another connection where the server went away while this one waited.
async fn introduce(
    borrowed: &mut Borrowed<PgConnection>,
    mode: Mode,
    actor: Actor,
    now: Timestamp,
) -> Result<()> {
    let mut told = tell(&mut borrowed.connection, mode, actor, now).await;
    if told.is_err() && borrowed.is_used {
        borrowed.renew().await?;
        told = tell(&mut borrowed.connection, mode, actor, now).await;
    }
    told.map_err(unavailable)?;
    if mode != Mode::Write {
        borrowed.told = Some((mode, actor));
    }
    Ok(())
}

/// Nothing of the last use case is undone here: only a connection whose end the server has confirmed goes back to the others.
async fn tell(
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
        // Stays until it is told otherwise; a transaction overlays it.
        Mode::Read | Mode::WriteAlone => {
            let sql = "SELECT set_config('app.uid', $1, false), set_config('app.role', $2, false), \
                       set_config('app.now', $3, false), set_config('default_transaction_read_only', $4, false)";
            let read_only = if mode == Mode::Read { "on" } else { "off" };
            let values = sqlx::query(sql).bind(id).bind(role).bind(now).bind(read_only);
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
