use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use database::{Db, Pool, Woken};
use kernel::{Actor, Code, Error, Result, SessionId, UserId};

use super::{
    Beginning, News, Position,
    line::{Line, Told},
};
use crate::store;

/// After so long without a word a reader is told that somebody is still there.
const BEAT: Duration = Duration::from_secs(15);
/// A stream ends after so long: its reader comes back, perhaps to another server, and with a token that is good.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How often the streams are looked through for those.
const LOOK: Duration = Duration::from_secs(1);
/// For how many accounts the log is read at once.
const CHUNK: usize = 256;
/// How long the log is left alone after it could not be read.
const PAUSE: Duration = Duration::from_millis(500);

/// How many streams may be open at once.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// At this server.
    pub in_all: usize,
    /// Of one account's, at this server.
    pub of_one: usize,
}

/// The open streams of this server. Cheap to clone.
///
/// One task fills all of them: when somebody is woken, it reads the log for everybody who is, in one statement, and asks in the
/// same transaction whether their sessions still live. What a stream holds is a page of events at most, and small when it is
/// idle: a reader who does not read holds up nobody, and costs no more than one who does.
#[derive(Clone)]
pub struct Streams(Arc<Inner>);

struct Inner {
    db: Db,
    capacity: Capacity,
    lines: Mutex<HashMap<UserId, Vec<Arc<Line>>>>,
    open: AtomicUsize,
    stopped: AtomicBool,
}

/// One open stream. It is given up by being dropped.
pub struct Stream {
    line: Arc<Line>,
    streams: Arc<Inner>,
}

impl Streams {
    /// Begins to fill what will be opened.
    #[must_use]
    pub fn start(db: &Db, capacity: Capacity) -> Self {
        let inner = Arc::new(Inner {
            db: db.clone(),
            capacity,
            lines: Mutex::default(),
            open: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        tokio::spawn(keep_filling(db.clone(), Arc::downgrade(&inner)));
        Self(inner)
    }

    /// Opens a stream of what the caller is told from now on, or from behind the event that they name.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`], [`Code::SessionRevoked`]; [`Code::TooManyStreams`] of the caller's, [`Code::Overloaded`]
    /// where no more can be open, [`Code::Unavailable`] where the server is about to stop.
    pub async fn open(&self, actor: Actor, since: Option<&str>) -> Result<Stream> {
        let Actor::User { id, session, .. } = actor else {
            return Err(Code::Unauthenticated.into());
        };
        let stream = self.enter(id, session)?;
        let work = move |tx| async move {
            identity::verify_session(&tx).await?;
            store::live::extent(&tx, id).await
        };
        let extent = self.0.db.read(actor, work).await?;
        let (beginning, after) = match since.map(|since| Position::read(since, id)) {
            None => (Beginning::Now(extent.last), extent.last),
            Some(Some(number)) if extent.reaches(number) => (Beginning::Resumed, number),
            Some(_) => (Beginning::Reset(extent.last), extent.last),
        };
        stream.line.begin(beginning, after);
        // What came between the look at the log and this had nobody to go to.
        self.0.db.wakeups().add([id]);
        Ok(stream)
    }

    fn enter(&self, user_id: UserId, session: SessionId) -> Result<Stream> {
        let inner = &self.0;
        let mut lines = inner.lines();
        if inner.stopped.load(Ordering::SeqCst) {
            return Err(Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)));
        }
        if inner.open.load(Ordering::SeqCst) >= inner.capacity.in_all {
            return Err(Error::new(Code::Overloaded).retry_after(Duration::from_secs(5)));
        }
        let own = lines.entry(user_id).or_default();
        if own.len() >= inner.capacity.of_one {
            return Err(Error::new(Code::TooManyStreams).retry_after(Duration::from_secs(60)));
        }
        let line = Arc::new(Line::new(user_id, session));
        own.push(line.clone());
        inner.open.fetch_add(1, Ordering::SeqCst);
        Ok(Stream {
            line,
            streams: inner.clone(),
        })
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.open.load(Ordering::SeqCst)
    }

    /// Ends every stream, and opens no more: the server is about to stop.
    pub fn close(&self) {
        let lines = self.0.lines();
        self.0.stopped.store(true, Ordering::SeqCst);
        for line in lines.values().flatten() {
            line.close();
        }
    }
}

impl Stream {
    /// What there is for its reader; the end once it was closed.
    pub fn poll_news(&self, context: &Context<'_>) -> Poll<Option<News>> {
        match self.line.poll(context) {
            Poll::Ready(Some((news, more))) => {
                if more {
                    self.streams.db.wakeups().add([self.line.user_id]);
                }
                Poll::Ready(Some(news))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    /// What a client names to go on behind this event.
    #[must_use]
    pub fn position(&self, number: i64) -> Position {
        Position::of(self.line.user_id, number)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut lines = self.streams.lines();
        if let Some(own) = lines.get_mut(&self.line.user_id) {
            own.retain(|line| !Arc::ptr_eq(line, &self.line));
            if own.is_empty() {
                lines.remove(&self.line.user_id);
            }
        }
        self.streams.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Until nobody holds the streams any more.
async fn keep_filling(db: Db, streams: Weak<Inner>) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let woken = tokio::select! {
            woken = db.wakeups().next() => Some(woken),
            _ = look.tick() => None,
        };
        let Some(streams) = streams.upgrade() else { return };
        let done = match woken {
            Some(woken) => streams.fill(woken).await,
            None => streams.look_through().await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "live events cannot be read and are tried again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Somebody's lines that want more, and behind which event.
type Asking = (UserId, i64, Vec<Arc<Line>>);

impl Inner {
    fn lines(&self) -> MutexGuard<'_, HashMap<UserId, Vec<Arc<Line>>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands everybody who was woken what their log has for them.
    async fn fill(&self, woken: Woken) -> Result<()> {
        let asking = self.asking(&woken);
        for chunk in asking.chunks(CHUNK) {
            let asked: Vec<(UserId, i64)> = chunk.iter().map(|(user, after, _)| (*user, *after)).collect();
            let sessions = sessions_of(chunk.iter().flat_map(|(.., lines)| lines));
            let work = move |tx| async move {
                let events = store::live::events(&tx, &asked).await?;
                Ok((events, identity::active_sessions(&tx, &sessions).await?))
            };
            let read = self.db.read_in(Pool::Worker, Actor::System, work).await;
            let (events, living) = read.inspect_err(|_| {
                // Nothing was handed over: they are asked for again.
                self.db.wakeups().add(asking.iter().map(|(user, ..)| *user));
            })?;
            let mut by_reader: HashMap<UserId, Vec<Told>> = HashMap::new();
            for told in events {
                by_reader.entry(told.user_id).or_default().push(told);
            }
            for (user, _, lines) in chunk {
                let events = by_reader.get(user).map_or(&[][..], Vec::as_slice);
                for line in lines {
                    if living.contains(&line.session) {
                        line.fill(events);
                    } else {
                        line.close();
                    }
                }
            }
        }
        Ok(())
    }

    fn asking(&self, woken: &Woken) -> Vec<Asking> {
        let lines = self.lines();
        let of_one = |(user, lines): (&UserId, &Vec<Arc<Line>>)| -> Option<Asking> {
            let wanting: Vec<_> = lines
                .iter()
                .filter_map(|line| line.wants().map(|after| (after, line.clone())))
                .collect();
            let first = wanting.iter().map(|(after, _)| *after).min()?;
            Some((*user, first, wanting.into_iter().map(|(_, line)| line).collect()))
        };
        if woken.everybody {
            lines.iter().filter_map(of_one).collect()
        } else {
            let known = woken.accounts.iter().filter_map(|user| lines.get_key_value(user));
            known.filter_map(of_one).collect()
        }
    }

    /// Ends what is old or whose session does not live any more, and says to whoever heard nothing for long that somebody is
    /// still there.
    async fn look_through(&self) -> Result<()> {
        let mut silent = Vec::new();
        for line in self.lines().values().flatten() {
            if line.is_older(LONGEST) {
                line.close();
            } else if line.is_silent(BEAT) {
                silent.push(line.clone());
            }
        }
        for chunk in silent.chunks(CHUNK) {
            let sessions = sessions_of(chunk);
            let work = move |tx| async move { identity::active_sessions(&tx, &sessions).await };
            let living = self.db.read_in(Pool::Worker, Actor::System, work).await?;
            for line in chunk {
                if living.contains(&line.session) {
                    line.beat();
                } else {
                    line.close();
                }
            }
        }
        Ok(())
    }
}

fn sessions_of<'a>(lines: impl IntoIterator<Item = &'a Arc<Line>>) -> Vec<SessionId> {
    lines.into_iter().map(|line| line.session).collect()
}
