//! Change notifications: which accounts have something new. They reach this process as soon as the change is committed and, on
//! PostgreSQL, every other server over its `NOTIFY` or over Redis.

use std::{
    collections::HashSet,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::{UserId, Uuid};
use tokio::sync::Notify;

/// The most accounts that are kept apart; beyond them the notification is for every account.
const MAX_ACCOUNTS: usize = 10_000;
/// How many accounts one notice names; a notification of PostgreSQL takes less than 8,000 bytes.
const ACCOUNTS_PER_NOTICE: usize = 240;
/// The most notices of a transaction; beyond them one notice for every account replaces them.
const MAX_NOTICES: usize = 8;
/// The payload that stands for every account.
const EVERYBODY: &str = "*";

/// Accounts for which there is something new.
#[derive(Debug, Default)]
pub struct ChangedAccounts {
    /// Whether every account may have something new.
    pub everybody: bool,
    /// The accounts, where it is not every one.
    pub accounts: HashSet<UserId>,
}

impl ChangedAccounts {
    fn add(&mut self, accounts: impl IntoIterator<Item = UserId>) {
        if self.everybody {
            return;
        }
        self.accounts.extend(accounts);
        if self.accounts.len() > MAX_ACCOUNTS {
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

/// The changed accounts that nobody has taken yet. A notification is a hint to read again: it does not say what is new, and two of
/// them count as one.
#[derive(Debug)]
pub struct ChangeNotifications {
    pending: Mutex<ChangedAccounts>,
    arrived: Notify,
    /// By what this process recognises its own notices, which it ignores.
    process: String,
}

impl ChangeNotifications {
    pub(crate) fn new(process: [u8; 4]) -> Self {
        Self { pending: Mutex::default(), arrived: Notify::new(), process: kernel::hex(&process) }
    }

    /// Waits for changed accounts and takes them. For one caller: what it takes, no other gets.
    pub async fn next(&self) -> ChangedAccounts {
        loop {
            let arrived = self.arrived.notified();
            let changed = std::mem::take(&mut *self.pending());
            if !changed.is_empty() {
                return changed;
            }
            arrived.await;
        }
    }

    /// Adds these accounts, in this process.
    pub fn add(&self, accounts: impl IntoIterator<Item = UserId>) {
        self.pending().add(accounts);
        self.arrived.notify_one();
    }

    /// Adds every account, since notifications may have been lost.
    pub(crate) fn add_everybody(&self) {
        self.pending().add_everybody();
        self.arrived.notify_one();
    }

    fn pending(&self) -> MutexGuard<'_, ChangedAccounts> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The notice for every account.
    pub(crate) fn everybody_notice(&self) -> String {
        format!("{} {EVERYBODY}", self.process)
    }

    /// The notice for no account, by which the other servers see that this one is there.
    pub(crate) fn ping_notice(&self) -> String {
        format!("{} ", self.process)
    }

    /// The notices for the other servers about these accounts.
    pub(crate) fn notices(&self, accounts: &[UserId]) -> Vec<String> {
        if accounts.len() > ACCOUNTS_PER_NOTICE * MAX_NOTICES {
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
        accounts.chunks(ACCOUNTS_PER_NOTICE).map(notice).collect()
    }

    /// Adds the accounts of a notice that another server has sent.
    pub(crate) fn receive(&self, notice: &str) {
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

    async fn received(notices: &[String]) -> ChangedAccounts {
        let other = ChangeNotifications::new([2; 4]);
        for notice in notices {
            assert!(notice.len() < 8000);
            other.receive(notice);
        }
        other.next().await
    }

    #[tokio::test]
    async fn another_server_receives_the_accounts() {
        let change_notifications = ChangeNotifications::new([1; 4]);
        let changed = received(&change_notifications.notices(&ids(1000))).await;
        assert_eq!((changed.everybody, changed.accounts), (false, ids(1000).into_iter().collect()));
        assert!(received(&change_notifications.notices(&ids(5000))).await.everybody);
    }

    #[tokio::test]
    async fn notifications_add_up_and_own_notices_are_ignored() {
        let change_notifications = ChangeNotifications::new([1; 4]);
        for notice in change_notifications.notices(&ids(3)) {
            change_notifications.receive(&notice);
        }
        change_notifications.receive("nonsense");
        change_notifications.add(ids(2));
        change_notifications.add(ids(1));
        assert_eq!(change_notifications.next().await.accounts.len(), 2);
        change_notifications.add(ids(20_000));
        let changed = change_notifications.next().await;
        assert!(changed.everybody && changed.accounts.is_empty());
    }
}
