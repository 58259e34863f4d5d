//! A connection pool: one for each role of PostgreSQL, and one for the readers of SQLite.
//!
//! sqlx's pool pings a connection each time it is returned: a round trip for each request, or on SQLite a hop to another thread.
//! Here the next use finds out whether the connection still works.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use kernel::{Actor, Code, Error, Result};
use sqlx::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::mode::Mode;

/// Which runtime role's connection a transaction takes. On SQLite there are no roles and all are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// A request on behalf of its caller.
    App,
    /// Registration, login, tokens and keys: what happens before anybody is known.
    Auth,
    /// The outbox and housekeeping.
    Worker,
}

/// How long a use case waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// With fewer connections in a shard its requests would wait for each other too often.
const MIN_CONNECTIONS_PER_SHARD: u32 = 4;
/// How long a connection is used: the memory that the server keeps for it grows with its age.
const MAX_LIFETIME: Duration = Duration::from_secs(1800);

/// The idle connections, and a permit for each that may be open. Each thread that serves has a shard of its own, so that under load its
/// requests use connections of its own reactor. Where a shard has none left, another shard helps out.
pub(crate) struct Connections<C: Connection>(Arc<[Arc<PoolShard<C>>]>);

impl<C: Connection> Clone for Connections<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Threads are assigned to the shards in turn.
static NEXT_THREAD_INDEX: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static THREAD_INDEX: usize = NEXT_THREAD_INDEX.fetch_add(1, Ordering::Relaxed);
}

struct PoolShard<C: Connection> {
    options: C::Options,
    max_connections: u32,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle<C>>>,
}

struct Idle<C> {
    connection: C,
    opened_at: Instant,
    /// The thread whose reactor polls the socket: a request on that thread is answered without waking another one.
    owner_thread: ThreadId,
    session_context: Option<(Mode, Actor)>,
}

/// A connection in use. When it is dropped it is closed, and the server rolls its transaction back.
pub(crate) struct Borrowed<C: Connection> {
    pub(crate) connection: C,
    /// Whether it was idle in the pool before: then it may have broken meanwhile.
    pub(crate) is_used: bool,
    /// The mode and the caller that the server's session settings were last set to, outside of a transaction.
    pub(crate) session_context: Option<(Mode, Actor)>,
    opened_at: Instant,
    owner_thread: ThreadId,
    shard: Arc<PoolShard<C>>,
    _permit: OwnedSemaphorePermit,
}

impl<C: Connection> Connections<C> {
    /// Opens no connection yet: each is opened when it is first needed.
    pub(crate) fn new(options: &C::Options, max_connections: u32) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shards =
            (max_connections / MIN_CONNECTIONS_PER_SHARD).clamp(1, u32::try_from(cores).unwrap_or(1));
        let shard = |index| {
            let max_connections = max_connections / shards + u32::from(index < max_connections % shards);
            Arc::new(PoolShard {
                options: options.clone(),
                max_connections,
                permits: Arc::new(Semaphore::new(max_connections as usize)),
                idle: Mutex::default(),
            })
        };
        Self((0..shards).map(shard).collect())
    }

    /// A permit of this thread's shard, or of another that has one left; otherwise the next one of this thread's shard.
    async fn permit(&self) -> Result<(Arc<PoolShard<C>>, OwnedSemaphorePermit)> {
        let mut shards = self.0.iter().cycle().skip(THREAD_INDEX.with(|index| *index) % self.0.len());
        let own = shards.next().ok_or(Code::Unavailable)?;
        for shard in std::iter::once(own).chain(shards.take(self.0.len() - 1)) {
            if let Ok(permit) = shard.permits.clone().try_acquire_owned() {
                return Ok((shard.clone(), permit));
            }
        }
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, own.permits.clone().acquire_owned())
            .await
            .map_err(unavailable)?
            .map_err(unavailable)?;
        Ok((own.clone(), permit))
    }

    pub(crate) async fn acquire(&self) -> Result<Borrowed<C>> {
        let (shard, permit) = self.permit().await?;
        if let Some(idle) = shard.take_idle() {
            return Ok(Borrowed {
                connection: idle.connection,
                is_used: true,
                session_context: idle.session_context,
                opened_at: idle.opened_at,
                owner_thread: idle.owner_thread,
                shard: shard.clone(),
                _permit: permit,
            });
        }
        Ok(Borrowed {
            connection: shard.connect().await?,
            is_used: false,
            session_context: None,
            opened_at: Instant::now(),
            owner_thread: thread::current().id(),
            shard: shard.clone(),
            _permit: permit,
        })
    }

    /// Waits for the connections in use, and closes all.
    pub(crate) async fn close(&self) {
        for shard in self.0.iter() {
            let all = shard.permits.acquire_many(shard.max_connections).await;
            shard.permits.close();
            drop(all);
            let idle = std::mem::take(&mut *shard.idle.lock().unwrap_or_else(PoisonError::into_inner));
            for idle in idle {
                // The server cleans up when the socket closes.
                drop(idle.connection.close().await);
            }
        }
    }
}

impl<C: Connection> PoolShard<C> {
    async fn connect(&self) -> Result<C> {
        tokio::time::timeout(ACQUIRE_TIMEOUT, C::connect_with(&self.options))
            .await
            .map_err(unavailable)?
            .map_err(unavailable)
    }

    fn take_idle(&self) -> Option<Idle<C>> {
        let here = thread::current().id();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.opened_at.elapsed() < MAX_LIFETIME);
        match idle.iter().rposition(|idle| idle.owner_thread == here) {
            Some(at) => Some(idle.swap_remove(at)),
            None => idle.pop(),
        }
    }
}

impl<C: Connection> Borrowed<C> {
    /// Replaces a connection that broke while it was idle by a new one.
    pub(crate) async fn reconnect(&mut self) -> Result<()> {
        self.connection = self.shard.connect().await?;
        self.is_used = false;
        self.session_context = None;
        self.opened_at = Instant::now();
        self.owner_thread = thread::current().id();
        Ok(())
    }

    /// Returns a working connection that is in no transaction.
    pub(crate) fn release(self) {
        let idle = Idle {
            connection: self.connection,
            opened_at: self.opened_at,
            owner_thread: self.owner_thread,
            session_context: self.session_context,
        };
        // Before the permit is released, so that whoever gets it finds the connection.
        self.shard.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
    }
}

pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)).caused_by(error)
}

/// A pool of sqlx's with one connection. Its maintenance is left out: it counts up to the number of idle connections, which passes below
/// zero for a moment while one is taken back, and a task that reads it then takes a core for ever (sqlx 0.9).
#[must_use]
pub fn single_connection<DB: sqlx::Database>() -> sqlx::pool::PoolOptions<DB> {
    sqlx::pool::PoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None)
}
