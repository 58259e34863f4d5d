//! What every transaction of an opened database shares, and what is published in this process after a commit.

use std::sync::{
    Arc, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use kernel::{Environment, Keyring};

use crate::{
    change_notifications::ChangeNotifications,
    invalidation::{Generations, ListenerHealth, PendingNotifications},
    redis::RedisPublisher,
};

/// What every transaction of an opened database shares.
pub(crate) struct Shared {
    pub(crate) environment: Environment,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) generation: AtomicU64,
    pub(crate) generations: Generations,
    pub(crate) listener_health: ListenerHealth,
    pub(crate) change_notifications: Arc<ChangeNotifications>,
    /// What notifies the other servers over Redis.
    pub(crate) redis_publisher: Option<RedisPublisher>,
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
        let invalidated =
            std::mem::take(&mut *notices.invalidated_accounts.lock().unwrap_or_else(PoisonError::into_inner));
        for account in invalidated {
            self.generations.advance(account);
        }
        let notified =
            std::mem::take(&mut *notices.notified_accounts.lock().unwrap_or_else(PoisonError::into_inner));
        if !notified.is_empty() {
            if let Some(redis_publisher) = &self.redis_publisher {
                redis_publisher.publish(self.change_notifications.notices(&notified));
            }
            self.change_notifications.add(notified);
        }
    }

    /// Invalidates everything, since something may have changed of which no notification tells.
    pub(crate) fn invalidate_everything(&self) {
        self.advance();
        self.generations.advance_all();
        self.change_notifications.add_everybody();
    }
}
