//! Cache invalidation in every server of an installation: of public answers, and of what is cached about one account. The change
//! notifications of accounts travel the same way.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kernel::UserId;

/// The channel for changes of what is public.
pub(crate) const PUBLIC_CHANNEL: &str = "palestra_public";
/// The channel for accounts whose cached data is outdated.
pub(crate) const ACCOUNT_CHANNEL: &str = "palestra_forget";
/// The channel for accounts with something new.
pub(crate) const NOTIFICATION_CHANNEL: &str = "palestra_news";
/// After this long without a confirmed ping, notifications may have been missed.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(1);
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

    pub(crate) fn advance(&self, account: UserId) {
        if let Some(counter) = self.counter(account) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(crate) fn advance_all(&self) {
        self.of_all.fetch_add(1, Ordering::SeqCst);
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
