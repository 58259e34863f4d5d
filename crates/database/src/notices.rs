//! Telling every server of an installation that what everybody may read has changed, that what is remembered of somebody no
//! longer holds, and that there is something new for somebody.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kernel::UserId;
use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener, PgNotification},
};

use crate::db::Shared;

/// The channel of changes that everybody may read.
pub(crate) const CHANNEL: &str = "palestra_public";
/// The channel of accounts of which what is remembered no longer holds.
pub(crate) const FORGET: &str = "palestra_forget";
/// The channel of news for somebody.
pub(crate) const NEWS: &str = "palestra_news";
/// After this silence the server is asked whether it is one.
const ASK: Duration = Duration::from_millis(300);
/// How long nothing has to be certain before it counts as unheard.
const LIMIT: Duration = Duration::from_secs(1);
const LIMIT_MILLIS: u64 = 1000;

/// What a transaction has to say once it is committed.
#[derive(Default)]
pub(crate) struct Notices {
    /// Whether it changed what everybody may read.
    pub(crate) announced: AtomicBool,
    /// Of whom nothing that is remembered holds any more.
    pub(crate) forgotten: Mutex<Vec<UserId>>,
    /// For whom there is something new.
    pub(crate) woken: Mutex<Vec<UserId>>,
}

/// How often what is remembered of an account has become old. Accounts share counters: who shares one only forgets more often.
pub(crate) struct Generations(Box<[AtomicU64]>);

/// Enough that few share.
const COUNTERS: usize = 4096;

impl Default for Generations {
    fn default() -> Self {
        Self((0..COUNTERS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Generations {
    fn counter(&self, account: UserId) -> Option<&AtomicU64> {
        // The end of an id is random; its beginning is the time.
        let [.., a, b] = *account.0.as_bytes();
        self.0.get(usize::from(u16::from_be_bytes([a, b])) % COUNTERS)
    }

    pub(crate) fn of(&self, account: UserId) -> u64 {
        self.counter(account)
            .map_or(0, |counter| counter.load(Ordering::SeqCst))
    }

    fn advance(&self, account: UserId) {
        if let Some(counter) = self.counter(account) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Shared {
    /// What was read before this is old.
    pub(crate) fn advance(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Says in this process what a transaction had to say. Only once it is committed; where nobody knows whether it was, too.
    pub(crate) fn publish(&self, notices: &Notices) {
        if notices.announced.load(Ordering::SeqCst) {
            self.advance();
        }
        let forgotten =
            std::mem::take(&mut *notices.forgotten.lock().unwrap_or_else(PoisonError::into_inner));
        for account in forgotten {
            self.generations.advance(account);
        }
        let woken = std::mem::take(&mut *notices.woken.lock().unwrap_or_else(PoisonError::into_inner));
        if !woken.is_empty() {
            if let Some(speaker) = &self.speaker {
                speaker.say(self.wakeups.notices(&woken));
            }
            self.wakeups.add(woken);
        }
    }

    /// What came over the listener's connection. `None`: it was lost and made again; what was said meanwhile went unheard.
    fn hear(&self, notice: Option<&PgNotification>) {
        match notice {
            Some(notice) if notice.channel() == NEWS => self.wakeups.hear(notice.payload()),
            Some(notice) if notice.channel() == FORGET => match notice.payload().parse() {
                Ok(account) => self.generations.advance(account),
                Err(_) => self.advance(),
            },
            Some(_) => self.advance(),
            None => self.hear_anything(),
        }
    }

    fn hear_anything(&self) {
        self.advance();
        self.wakeups.add_everybody();
    }
}

/// Listens for other servers' notices until the process ends. While the connection is broken everything counts as changed,
/// and everybody looks, once a second.
pub(crate) async fn listen(options: std::sync::Arc<PgConnectOptions>, shared: std::sync::Weak<Shared>) {
    loop {
        if let Err(error) = hear(&options, &shared).await {
            tracing::debug!(%error, "the database's notifications cannot be heard");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        match shared.upgrade() {
            Some(shared) => shared.hear_anything(),
            None => return,
        }
    }
}

async fn hear(options: &PgConnectOptions, shared: &std::sync::Weak<Shared>) -> Result<(), sqlx::Error> {
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(PgConnectOptions::clone(options));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen_all([CHANNEL, FORGET, NEWS]).await?;
    let mut asked = Instant::now();
    // What was said before went unheard; from here on nothing does.
    match shared.upgrade() {
        Some(shared) => {
            shared.hear_anything();
            shared.hearing.confirm(asked);
        }
        None => return Ok(()),
    }
    loop {
        let left = ASK.saturating_sub(asked.elapsed());
        // However much is said, the server is asked in time.
        let heard = if left.is_zero() {
            None
        } else {
            tokio::time::timeout(left, listener.try_recv()).await.ok()
        };
        let Some(shared) = shared.upgrade() else {
            return Ok(());
        };
        if let Some(notice) = heard {
            shared.hear(notice?.as_ref());
            continue;
        }
        // The server's answer comes after every notice that was sent before it: what is silent until then was not said.
        asked = Instant::now();
        tokio::time::timeout(LIMIT, (&mut listener).execute("SELECT 1"))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        while let Some(notice) = listener.next_buffered() {
            shared.hear(Some(&notice));
        }
        shared.hearing.confirm(asked);
    }
}

/// Until when it is certain that everything was heard.
pub(crate) struct Hearing {
    began: Instant,
    /// Milliseconds from the beginning; 0 is never.
    confirmed: AtomicU64,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            confirmed: AtomicU64::new(0),
        }
    }
}

impl Hearing {
    fn confirm(&self, until: Instant) {
        self.confirmed
            .store(self.since_the_beginning(until), Ordering::SeqCst);
    }

    pub(crate) fn is_good(&self) -> bool {
        let confirmed = self.confirmed.load(Ordering::SeqCst);
        confirmed > 0 && self.since_the_beginning(Instant::now()).saturating_sub(confirmed) < LIMIT_MILLIS
    }

    fn since_the_beginning(&self, instant: Instant) -> u64 {
        u64::try_from(instant.duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }
}
