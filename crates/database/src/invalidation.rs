//! Cache invalidation in every server of an installation: of public answers, and of what is cached about one account. The change
//! notifications of accounts travel the same way.

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

/// The channel for changes of what is public.
pub(crate) const PUBLIC_CHANNEL: &str = "palestra_public";
/// The channel for accounts whose cached data is outdated.
pub(crate) const ACCOUNT_CHANNEL: &str = "palestra_forget";
/// The channel for accounts with something new.
pub(crate) const NOTIFICATION_CHANNEL: &str = "palestra_news";
/// After this long without a notification the server is pinged, and after this long without a write the file of SQLite is looked at.
pub(crate) const PING_AFTER: Duration = Duration::from_millis(300);
/// After this long without a confirmed ping, notifications may have been missed.
const STALE_AFTER: Duration = Duration::from_secs(1);
const STALE_AFTER_MILLIS: u64 = 1000;

/// What is published once a transaction is committed.
#[derive(Default)]
pub(crate) struct PendingNotifications {
    /// Whether it changed what is public.
    pub(crate) public_cache_changed: AtomicBool,
    /// The accounts whose cached data is outdated.
    pub(crate) invalidated_accounts: Mutex<Vec<UserId>>,
    /// The accounts with something new.
    pub(crate) notified_accounts: Mutex<Vec<UserId>>,
}

/// How often the cached data of an account was invalidated. Accounts share counters, which only means some more invalidations.
pub(crate) struct Generations {
    by_account: Box<[AtomicU64]>,
    /// How often that of all accounts was.
    of_all: AtomicU64,
}

/// Enough that few share.
const COUNTERS: usize = 4096;

impl Default for Generations {
    fn default() -> Self {
        let by_account = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { by_account, of_all: AtomicU64::new(0) }
    }
}

impl Generations {
    fn counter(&self, account: UserId) -> Option<&AtomicU64> {
        // The end of an id is random; its beginning is a time.
        let [.., a, b] = *account.0.as_bytes();
        self.by_account.get(usize::from(u16::from_be_bytes([a, b])) % COUNTERS)
    }

    /// Both only grow, and so does their sum.
    pub(crate) fn of(&self, account: UserId) -> u64 {
        let own = self.counter(account).map_or(0, |counter| counter.load(Ordering::SeqCst));
        own + self.of_all.load(Ordering::SeqCst)
    }

    fn advance(&self, account: UserId) {
        if let Some(counter) = self.counter(account) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn advance_all(&self) {
        self.of_all.fetch_add(1, Ordering::SeqCst);
    }
}

impl Shared {
    /// Invalidates the cached public answers.
    pub(crate) fn advance(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Publishes the notifications of a transaction in this process, after the commit. Also publishes them when the outcome of the commit is
    /// unknown.
    pub(crate) fn publish(&self, notices: &PendingNotifications) {
        if notices.public_cache_changed.load(Ordering::SeqCst) {
            self.advance();
        }
        let forgotten =
            std::mem::take(&mut *notices.invalidated_accounts.lock().unwrap_or_else(PoisonError::into_inner));
        for account in forgotten {
            self.generations.advance(account);
        }
        let woken =
            std::mem::take(&mut *notices.notified_accounts.lock().unwrap_or_else(PoisonError::into_inner));
        if !woken.is_empty() {
            if let Some(redis_publisher) = &self.redis_publisher {
                redis_publisher.publish(self.wakeups.notices(&woken));
            }
            self.wakeups.add(woken);
        }
    }

    /// Handles a notification. `None` says that the connection was lost and opened again, so that notifications may be missing.
    fn handle(&self, notice: Option<&PgNotification>) {
        match notice {
            Some(notice) if notice.channel() == NOTIFICATION_CHANNEL => self.wakeups.hear(notice.payload()),
            Some(notice) if notice.channel() == ACCOUNT_CHANNEL => match notice.payload().parse() {
                Ok(account) => self.generations.advance(account),
                Err(_) => self.invalidate_everything(),
            },
            Some(_) => self.advance(),
            None => self.invalidate_everything(),
        }
    }

    /// Invalidates all that is cached, and has all accounts look: something was changed, and nobody said what.
    pub(crate) fn invalidate_everything(&self) {
        self.advance();
        self.generations.advance_all();
        self.wakeups.add_everybody();
    }
}

/// Listens for the notifications of other servers until the process ends. While the connection is broken, everything is invalidated and
/// all accounts look, once a second.
pub(crate) async fn listen(options: std::sync::Arc<PgConnectOptions>, shared: std::sync::Weak<Shared>) {
    loop {
        if let Err(error) = receive(&options, &shared).await {
            tracing::debug!(%error, "the database's notifications cannot be heard");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        match shared.upgrade() {
            Some(shared) => shared.invalidate_everything(),
            None => return,
        }
    }
}

async fn receive(options: &PgConnectOptions, shared: &std::sync::Weak<Shared>) -> Result<(), sqlx::Error> {
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(PgConnectOptions::clone(options));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen_all([PUBLIC_CHANNEL, ACCOUNT_CHANNEL, NOTIFICATION_CHANNEL]).await?;
    let mut asked = Instant::now();
    // Earlier notifications may be missing; from here on all arrive.
    match shared.upgrade() {
        Some(shared) => {
            shared.invalidate_everything();
            shared.listener_health.confirm(asked);
        }
        None => return Ok(()),
    }
    loop {
        let left = PING_AFTER.saturating_sub(asked.elapsed());
        // However many notifications arrive, the server is pinged in time.
        let heard =
            if left.is_zero() { None } else { tokio::time::timeout(left, listener.try_recv()).await.ok() };
        let Some(shared) = shared.upgrade() else {
            return Ok(());
        };
        if let Some(notice) = heard {
            shared.handle(notice?.as_ref());
            continue;
        }
        // The reply arrives after every notification that was sent before it.
        asked = Instant::now();
        tokio::time::timeout(STALE_AFTER, (&mut listener).execute("SELECT 1"))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        while let Some(notice) = listener.next_buffered() {
            shared.handle(Some(&notice));
        }
        shared.listener_health.confirm(asked);
    }
}

/// Until when all notifications are known to have arrived.
pub(crate) struct ListenerHealth {
    began: Instant,
    /// Milliseconds from the beginning; 0 is never.
    confirmed: AtomicU64,
}

impl Default for ListenerHealth {
    fn default() -> Self {
        Self { began: Instant::now(), confirmed: AtomicU64::new(0) }
    }
}

impl ListenerHealth {
    pub(crate) fn confirm(&self, until: Instant) {
        self.confirmed.store(self.since_the_beginning(until), Ordering::SeqCst);
    }

    pub(crate) fn is_good(&self) -> bool {
        let confirmed = self.confirmed.load(Ordering::SeqCst);
        confirmed > 0
            && self.since_the_beginning(Instant::now()).saturating_sub(confirmed) < STALE_AFTER_MILLIS
    }

    fn since_the_beginning(&self, instant: Instant) -> u64 {
        u64::try_from(instant.duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }
}
