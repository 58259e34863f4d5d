//! Telling those who wait that there is something new for an account: in this process as soon as it is committed, and on
//! PostgreSQL at every other server, over its notifications or over Redis.

use std::{
    collections::HashSet,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::{UserId, Uuid};
use tokio::sync::Notify;

/// How many accounts are kept apart; where more are called, everybody looks.
const MOST: usize = 10_000;
/// How many one notice names; a notification of PostgreSQL takes less than 8,000 bytes.
const NAMED: usize = 240;
/// How many notices a transaction sends at most before it calls everybody.
const NOTICES: usize = 8;
/// The payload that calls everybody.
const EVERYBODY: &str = "*";

/// Accounts for which there is something new.
#[derive(Debug, Default)]
pub struct Woken {
    /// Whether it may be anybody.
    pub everybody: bool,
    /// Who.
    pub accounts: HashSet<UserId>,
}

impl Woken {
    fn add(&mut self, accounts: impl IntoIterator<Item = UserId>) {
        if self.everybody {
            return;
        }
        self.accounts.extend(accounts);
        if self.accounts.len() > MOST {
            self.add_everybody();
        }
    }

    fn add_everybody(&mut self) {
        self.everybody = true;
        self.accounts = HashSet::new();
    }

    fn is_empty(&self) -> bool {
        !self.everybody && self.accounts.is_empty()
    }
}

/// What gathers until somebody takes it. A call is a hint to look again: it says nothing of what is new, and two are one.
#[derive(Debug)]
pub struct Wakeups {
    gathered: Mutex<Woken>,
    ring: Notify,
    /// By what this process knows its own notifications, which it needs no more.
    process: String,
}

impl Wakeups {
    pub(crate) fn new(process: [u8; 4]) -> Self {
        Self { gathered: Mutex::default(), ring: Notify::new(), process: kernel::hex(&process) }
    }

    /// Waits until there is something new for somebody. For one caller: whoever takes it has it.
    pub async fn next(&self) -> Woken {
        loop {
            let rung = self.ring.notified();
            let woken = std::mem::take(&mut *self.gathered());
            if !woken.is_empty() {
                return woken;
            }
            rung.await;
        }
    }

    /// Says so of these accounts, in this process.
    pub fn add(&self, accounts: impl IntoIterator<Item = UserId>) {
        self.gathered().add(accounts);
        self.ring.notify_one();
    }

    /// Says so of everybody: what was said went unheard.
    pub(crate) fn add_everybody(&self) {
        self.gathered().add_everybody();
        self.ring.notify_one();
    }

    fn gathered(&self) -> MutexGuard<'_, Woken> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What calls everybody at the other servers.
    pub(crate) fn everybody_notice(&self) -> String {
        format!("{} {EVERYBODY}", self.process)
    }

    /// What calls nobody: that this server is still there.
    pub(crate) fn ping_notice(&self) -> String {
        format!("{} ", self.process)
    }

    /// What the other servers are sent about these accounts.
    pub(crate) fn notices(&self, accounts: &[UserId]) -> Vec<String> {
        if accounts.len() > NAMED * NOTICES {
            return vec![self.everybody_notice()];
        }
        let notice = |accounts: &[UserId]| {
            let mut text = format!("{} ", self.process);
            for account in accounts {
                // Writing into a text does not fail.
                write!(text, "{}", account.0.simple()).ok();
            }
            text
        };
        accounts.chunks(NAMED).map(notice).collect()
    }

    /// Reads what another server has sent.
    pub(crate) fn hear(&self, notice: &str) {
        let Some((process, accounts)) = notice.split_once(' ') else {
            return;
        };
        if process == self.process || accounts.is_empty() {
            return;
        }
        if accounts == EVERYBODY {
            return self.add_everybody();
        }
        let ids = accounts.as_bytes().chunks(32);
        self.add(ids.filter_map(|id| Uuid::try_parse_ascii(id).ok().map(UserId)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(number: u128) -> Vec<UserId> {
        (1..=number).map(|id| UserId(Uuid::from_u128(id))).collect()
    }

    async fn heard(notices: &[String]) -> Woken {
        let other = Wakeups::new([2; 4]);
        for notice in notices {
            assert!(notice.len() < 8000);
            other.hear(notice);
        }
        other.next().await
    }

    #[tokio::test]
    async fn another_server_hears_who_is_meant() {
        let wakeups = Wakeups::new([1; 4]);
        let woken = heard(&wakeups.notices(&ids(1000))).await;
        assert_eq!((woken.everybody, woken.accounts), (false, ids(1000).into_iter().collect()));
        assert!(heard(&wakeups.notices(&ids(5000))).await.everybody);
    }

    #[tokio::test]
    async fn calls_gather_and_one_s_own_notices_are_no_news() {
        let wakeups = Wakeups::new([1; 4]);
        for notice in wakeups.notices(&ids(3)) {
            wakeups.hear(&notice);
        }
        wakeups.hear("nonsense");
        wakeups.add(ids(2));
        wakeups.add(ids(1));
        assert_eq!(wakeups.next().await.accounts.len(), 2);
        wakeups.add(ids(20_000));
        let woken = wakeups.next().await;
        assert!(woken.everybody && woken.accounts.is_empty());
    }
}
