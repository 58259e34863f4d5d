//! Connections that wait for the next request: of one role to PostgreSQL, of the readers to SQLite.
//!
//! sqlx's own pool asks whether a connection is alive each time it comes back: a round trip for each request, or on SQLite a
//! turn of another thread, for what the next one finds out by itself.

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

use crate::postgres::Mode;

/// How long somebody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Fewer than this on a shelf would wait for one another too often.
const FEW: u32 = 4;
/// How old a connection grows: what the server keeps for it grows with it.
const LIFETIME: Duration = Duration::from_secs(1800);

/// Connections that are open and idle, and places for as many as may be open: a shelf of them for each thread that serves, so
/// that under load its requests wait for connections which its own reactor hears. Where a shelf is empty, another one helps.
pub(crate) struct Connections<C: Connection>(Arc<[Arc<Shelf<C>>]>);

impl<C: Connection> Clone for Connections<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Threads come to one shelf after the other.
static NEXT: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static PLACE: usize = NEXT.fetch_add(1, Ordering::Relaxed);
}

struct Shelf<C: Connection> {
    options: C::Options,
    most: u32,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Idle<C>>>,
}

struct Idle<C> {
    connection: C,
    made: Instant,
    /// The thread whose reactor hears this connection: its own requests are answered without waking another thread.
    home: ThreadId,
    told: Option<(Mode, Actor)>,
}

/// A connection in use. Dropped, it is closed, and the server rolls back what it was in the middle of.
pub(crate) struct Borrowed<C: Connection> {
    pub(crate) connection: C,
    /// Whether it waited here before: then it may have broken meanwhile.
    pub(crate) is_used: bool,
    /// For what and for whom it last worked outside of a transaction, as the server was told.
    pub(crate) told: Option<(Mode, Actor)>,
    made: Instant,
    home: ThreadId,
    shelf: Arc<Shelf<C>>,
    _place: OwnedSemaphorePermit,
}

impl<C: Connection> Connections<C> {
    /// None is made before it is needed.
    pub(crate) fn new(options: &C::Options, most: u32) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shelves = (most / FEW).clamp(1, u32::try_from(cores).unwrap_or(1));
        let shelf = |index| {
            let most = most / shelves + u32::from(index < most % shelves);
            Arc::new(Shelf {
                options: options.clone(),
                most,
                places: Arc::new(Semaphore::new(most as usize)),
                idle: Mutex::default(),
            })
        };
        Self((0..shelves).map(shelf).collect())
    }

    /// A place on this thread's shelf, or on another that has one; where none has, in line for one of this thread's.
    async fn place(&self) -> Result<(Arc<Shelf<C>>, OwnedSemaphorePermit)> {
        let mut shelves = self
            .0
            .iter()
            .cycle()
            .skip(PLACE.with(|place| *place) % self.0.len());
        let own = shelves.next().ok_or(Code::Unavailable)?;
        for shelf in std::iter::once(own).chain(shelves.take(self.0.len() - 1)) {
            if let Ok(place) = shelf.places.clone().try_acquire_owned() {
                return Ok((shelf.clone(), place));
            }
        }
        let place = tokio::time::timeout(PATIENCE, own.places.clone().acquire_owned())
            .await
            .map_err(unavailable)?
            .map_err(unavailable)?;
        Ok((own.clone(), place))
    }

    pub(crate) async fn take(&self) -> Result<Borrowed<C>> {
        let (shelf, place) = self.place().await?;
        if let Some(idle) = shelf.pick() {
            return Ok(Borrowed {
                connection: idle.connection,
                is_used: true,
                told: idle.told,
                made: idle.made,
                home: idle.home,
                shelf: shelf.clone(),
                _place: place,
            });
        }
        Ok(Borrowed {
            connection: shelf.connect().await?,
            is_used: false,
            told: None,
            made: Instant::now(),
            home: thread::current().id(),
            shelf: shelf.clone(),
            _place: place,
        })
    }

    /// Waits for those in use, and closes all.
    pub(crate) async fn close(&self) {
        for shelf in self.0.iter() {
            let all = shelf.places.acquire_many(shelf.most).await;
            shelf.places.close();
            drop(all);
            let idle = std::mem::take(&mut *shelf.idle.lock().unwrap_or_else(PoisonError::into_inner));
            for idle in idle {
                // The server sees to what is left when the socket goes.
                drop(idle.connection.close().await);
            }
        }
    }
}

impl<C: Connection> Shelf<C> {
    async fn connect(&self) -> Result<C> {
        tokio::time::timeout(PATIENCE, C::connect_with(&self.options))
            .await
            .map_err(unavailable)?
            .map_err(unavailable)
    }

    fn pick(&self) -> Option<Idle<C>> {
        let here = thread::current().id();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.made.elapsed() < LIFETIME);
        match idle.iter().rposition(|idle| idle.home == here) {
            Some(at) => Some(idle.swap_remove(at)),
            None => idle.pop(),
        }
    }
}

impl<C: Connection> Borrowed<C> {
    /// A new connection in the place of one that broke while it waited.
    pub(crate) async fn renew(&mut self) -> Result<()> {
        self.connection = self.shelf.connect().await?;
        self.is_used = false;
        self.told = None;
        self.made = Instant::now();
        self.home = thread::current().id();
        Ok(())
    }

    /// Gives back a connection that is sound and in no transaction.
    pub(crate) fn put_back(self) {
        let idle = Idle {
            connection: self.connection,
            made: self.made,
            home: self.home,
            told: self.told,
        };
        // Before the place is free, so that whoever gets it finds the connection.
        self.shelf
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(idle);
    }
}

pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Code::Unavailable)
        .retry_after(Duration::from_secs(1))
        .caused_by(error)
}
