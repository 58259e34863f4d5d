//! The open streams of this server, and the task that fills them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use database::{ChangedAccounts, Db, Pool};
use kernel::{Actor, Code, Error, Result, SessionId, UserId};

use super::{
    model::LiveEvent,
    position::Position,
    store,
    stream_buffer::{StreamBuffer, StreamItem, StreamStart},
};

/// After so long without an event, a reader is sent a sign that the connection is open.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(15);
/// The longest life of a stream. Its client then connects again, perhaps to another server, and with a token that is valid.
const MAX_AGE: Duration = Duration::from_secs(15 * 60);
/// How often the streams are checked for both.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// For how many accounts the log is read at once.
const CHUNK_SIZE: usize = 256;
/// How long the next attempt waits after the log could not be read.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// How many streams may be open at once.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// How many at this server.
    pub total: usize,
    /// How many of one account at this server.
    pub per_account: usize,
}

/// The open streams of this server. Cheap to clone.
///
/// One task fills all buffers: when accounts have new events, it reads the logs of all of them in one statement, and in the same
/// transaction which of their sessions are active. A buffer holds at most a page of events, so that a slow reader delays nobody and
/// costs no more than a fast one.
#[derive(Clone)]
pub struct Streams(Arc<Inner>);

struct Inner {
    db: Db,
    capacity: Capacity,
    buffers: Mutex<HashMap<UserId, Vec<Arc<StreamBuffer>>>>,
    open: AtomicUsize,
    is_stopped: AtomicBool,
}

/// One open stream, which is closed by being dropped.
pub struct Stream {
    buffer: Arc<StreamBuffer>,
    streams: Arc<Inner>,
}

impl Streams {
    /// Starts the task that fills the buffers.
    #[must_use]
    pub fn start(db: &Db, capacity: Capacity) -> Self {
        let inner = Arc::new(Inner {
            db: db.clone(),
            capacity,
            buffers: Mutex::default(),
            open: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
        });
        tokio::spawn(keep_filling(db.clone(), Arc::downgrade(&inner)));
        Self(inner)
    }

    /// Opens a stream of the caller's events from now on, or after the event that the client names in `since`.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`], [`Code::SessionRevoked`]; [`Code::TooManyStreams`] of the caller's, [`Code::Overloaded`]
    /// where the server has no room for more, [`Code::Unavailable`] where the server is about to stop.
    pub async fn open(&self, actor: Actor, since: Option<&str>) -> Result<Stream> {
        let Actor::User { id, session, .. } = actor else {
            return Err(Code::Unauthenticated.into());
        };
        let stream = self.register(id, session)?;
        let work = move |tx| async move {
            identity::verify_session(&tx).await?;
            store::extent(&tx, id).await
        };
        let extent = self.0.db.read(actor, work).await?;
        let (start, after) = match since.map(|since| Position::parse(since, id)) {
            None => (StreamStart::Latest(extent.last), extent.last),
            Some(Some(number)) if extent.reaches(number) => (StreamStart::Resumed, number),
            Some(_) => (StreamStart::Reset(extent.last), extent.last),
        };
        stream.buffer.start(start, after);
        // Events since the log was read found no buffer that took them.
        self.0.db.change_notifications().add([id]);
        Ok(stream)
    }

    fn register(&self, user_id: UserId, session: SessionId) -> Result<Stream> {
        let inner = &self.0;
        let mut buffers = inner.buffers();
        if inner.is_stopped.load(Ordering::SeqCst) {
            return Err(Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)));
        }
        if inner.open.load(Ordering::SeqCst) >= inner.capacity.total {
            return Err(Error::new(Code::Overloaded).retry_after(Duration::from_secs(5)));
        }
        let own = buffers.entry(user_id).or_default();
        if own.len() >= inner.capacity.per_account {
            return Err(Error::new(Code::TooManyStreams).retry_after(Duration::from_secs(60)));
        }
        let buffer = Arc::new(StreamBuffer::new(user_id, session));
        own.push(buffer.clone());
        inner.open.fetch_add(1, Ordering::SeqCst);
        Ok(Stream { buffer, streams: inner.clone() })
    }

    /// How many streams are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.open.load(Ordering::SeqCst)
    }

    /// Ends all streams and opens no more, because the server is about to stop.
    pub fn close(&self) {
        let buffers = self.0.buffers();
        self.0.is_stopped.store(true, Ordering::SeqCst);
        for buffer in buffers.values().flatten() {
            buffer.close();
        }
    }
}

impl Stream {
    /// The next item; `None` at the end of the stream.
    pub fn poll_item(&self, context: &Context<'_>) -> Poll<Option<StreamItem>> {
        match self.buffer.poll(context) {
            Poll::Ready(Some((item, has_more))) => {
                if has_more {
                    self.streams.db.change_notifications().add([self.buffer.user_id]);
                }
                Poll::Ready(Some(item))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    /// What a client names to go on after the event with this number.
    #[must_use]
    pub fn position(&self, number: i64) -> Position {
        Position::new(self.buffer.user_id, number)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut buffers = self.streams.buffers();
        if let Some(own) = buffers.get_mut(&self.buffer.user_id) {
            own.retain(|buffer| !Arc::ptr_eq(buffer, &self.buffer));
            if own.is_empty() {
                buffers.remove(&self.buffer.user_id);
            }
        }
        self.streams.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Fills the buffers until nobody holds the streams any more.
async fn keep_filling(db: Db, streams: Weak<Inner>) {
    let mut check = tokio::time::interval(CHECK_INTERVAL);
    check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let changed = tokio::select! {
            changed = db.change_notifications().next() => Some(changed),
            _ = check.tick() => None,
        };
        let Some(streams) = streams.upgrade() else { return };
        let done = match changed {
            Some(changed) => streams.fill(changed).await,
            None => streams.check().await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "live events cannot be read and are tried again");
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }
}

/// The buffers of an account that take events, and the lowest number after which one does.
type Waiting = (UserId, i64, Vec<Arc<StreamBuffer>>);

impl Inner {
    fn buffers(&self) -> MutexGuard<'_, HashMap<UserId, Vec<Arc<StreamBuffer>>>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the new events of these accounts into their buffers.
    async fn fill(&self, changed: ChangedAccounts) -> Result<()> {
        let waiting = self.waiting(&changed);
        for chunk in waiting.chunks(CHUNK_SIZE) {
            let after: Vec<(UserId, i64)> = chunk.iter().map(|(user, after, _)| (*user, *after)).collect();
            let sessions = sessions_of(chunk.iter().flat_map(|(.., buffers)| buffers));
            let work = move |tx| async move {
                let events = store::list(&tx, &after).await?;
                Ok((events, identity::active_sessions(&tx, &sessions).await?))
            };
            let read = self.db.read_in(Pool::Worker, Actor::System, work).await;
            let (events, living) = read.inspect_err(|_| {
                // Nothing was read: all of them are tried again.
                self.db.change_notifications().add(waiting.iter().map(|(user, ..)| *user));
            })?;
            let mut by_reader: HashMap<UserId, Vec<LiveEvent>> = HashMap::new();
            for event in events {
                by_reader.entry(event.user_id).or_default().push(event);
            }
            for (user, _, buffers) in chunk {
                let events = by_reader.get(user).map_or(&[][..], Vec::as_slice);
                for buffer in buffers {
                    if living.contains(&buffer.session) {
                        buffer.fill(events);
                    } else {
                        buffer.close();
                    }
                }
            }
        }
        Ok(())
    }

    fn waiting(&self, changed: &ChangedAccounts) -> Vec<Waiting> {
        let buffers = self.buffers();
        let of_one = |(user, buffers): (&UserId, &Vec<Arc<StreamBuffer>>)| -> Option<Waiting> {
            let waiting: Vec<_> = buffers
                .iter()
                .filter_map(|buffer| buffer.wants_after().map(|after| (after, buffer.clone())))
                .collect();
            let first = waiting.iter().map(|(after, _)| *after).min()?;
            Some((*user, first, waiting.into_iter().map(|(_, buffer)| buffer).collect()))
        };
        if changed.everybody {
            buffers.iter().filter_map(of_one).collect()
        } else {
            let known = changed.accounts.iter().filter_map(|user| buffers.get_key_value(user));
            known.filter_map(of_one).collect()
        }
    }

    /// Ends old streams and streams whose session is not active any more, and keeps silent ones alive.
    async fn check(&self) -> Result<()> {
        let mut silent = Vec::new();
        for buffer in self.buffers().values().flatten() {
            if buffer.is_older(MAX_AGE) {
                buffer.close();
            } else if buffer.is_silent(KEEP_ALIVE_AFTER) {
                silent.push(buffer.clone());
            }
        }
        for chunk in silent.chunks(CHUNK_SIZE) {
            let sessions = sessions_of(chunk);
            let work = move |tx| async move { identity::active_sessions(&tx, &sessions).await };
            let living = self.db.read_in(Pool::Worker, Actor::System, work).await?;
            for buffer in chunk {
                if living.contains(&buffer.session) {
                    buffer.keep_alive();
                } else {
                    buffer.close();
                }
            }
        }
        Ok(())
    }
}

fn sessions_of<'a>(buffers: impl IntoIterator<Item = &'a Arc<StreamBuffer>>) -> Vec<SessionId> {
    buffers.into_iter().map(|buffer| buffer.session).collect()
}
