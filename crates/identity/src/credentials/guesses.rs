//! How often a password may be guessed. Wrong ones count against the account, from all unknown devices together, and never against an
//! address as a whole: whoever guesses from a gym locks nobody else there out, and no owner out of a device that they use. A known device
//! is an address from which the account has a session of the same program; a new password by mail lets its owner in from any other.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::{Code, Error, Result, Timestamp, UserId, hash_token};
use quick_cache::sync::Cache;

use crate::client::Client;

/// How many accounts and devices are remembered.
const REMEMBERED: usize = 100_000;
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
/// Over which time the wrong passwords of a known device count.
const KNOWN_DEVICE_WINDOW: Duration = Duration::from_secs(600);

/// How many addresses that have an account may be tried in an hour from one address of the network, in registrations.
const TAKEN_PER_HOUR: u32 = 20;

/// How many wrong passwords are accepted; 0 is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct GuessLimits {
    /// For one account in an hour, from all unknown devices together; for a known device of it, in ten minutes.
    pub per_hour: u32,
    /// For one account in a minute, from one unknown address.
    pub per_minute: u32,
}

/// The wrong passwords of the last hour, in this process.
pub(crate) struct Guesses {
    limits: GuessLimits,
    tried: Cache<Vec<u8>, Arc<Mutex<Tries>>>,
}

#[derive(Default)]
struct Tries {
    /// When a wrong password was tried.
    wrong: VecDeque<Timestamp>,
    /// How many are being verified: of many at once, no more are verified than may be wrong.
    running: u32,
}

/// A password that is being verified.
pub(crate) struct Guess(Vec<Arc<Mutex<Tries>>>);

/// A registration that is running.
pub struct RegistrationTry(Guess);

impl RegistrationTry {
    /// The e-mail address had an account.
    pub fn found_taken(self, now: Timestamp) {
        self.0.failed(now);
    }
}

impl Guesses {
    pub(crate) fn new(limits: GuessLimits) -> Self {
        Self { limits, tried: Cache::new(REMEMBERED) }
    }

    /// Begins to try a password of an account, whether it exists or not; `is_known` where the account was used from there before.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time when the next is taken.
    pub(crate) fn begin(
        &self,
        account: &str,
        client: &Client,
        is_known: bool,
        now: Timestamp,
    ) -> Result<Guess> {
        let GuessLimits { per_hour, per_minute } = self.limits;
        let address = client.network();
        let user_agent = client.user_agent.as_deref().unwrap_or_default();
        let counted = if is_known {
            vec![(format!("device {address} {user_agent} {account}"), per_hour, KNOWN_DEVICE_WINDOW)]
        } else {
            vec![
                (format!("address {address} {account}"), per_minute, MINUTE),
                (format!("account {account}"), per_hour, HOUR),
            ]
        };
        self.begin_all(counted, now)
    }

    fn begin_all(
        &self,
        counted: impl IntoIterator<Item = (String, u32, Duration)>,
        now: Timestamp,
    ) -> Result<Guess> {
        let mut guess = Guess(Vec::new());
        for (key, limit, window) in counted {
            if limit == 0 {
                continue;
            }
            let tries = self.of(&hash_token(key.as_bytes()));
            lock(&tries).begin(limit, window, now)?;
            guess.0.push(tries);
        }
        Ok(guess)
    }

    /// Begins to try the password of the account that is logged in: whoever found a device unlocked must not guess it either.
    ///
    /// # Errors
    /// See [`Guesses::begin`].
    pub(crate) fn begin_own(&self, id: UserId, now: Timestamp) -> Result<Guess> {
        self.begin_all([(format!("own {id}"), self.limits.per_hour, HOUR)], now)
    }

    /// Forgets the wrong passwords of an account: its owner has shown by mail who they are.
    pub(crate) fn forget(&self, account: &str) {
        self.tried.remove(&hash_token(format!("account {account}").as_bytes()));
    }

    pub(crate) fn begin_registration(&self, address: &str, now: Timestamp) -> Result<RegistrationTry> {
        let mut guess = Guess(Vec::new());
        if self.limits.per_hour > 0 {
            let tries = self.of(&hash_token(format!("registration {address}").as_bytes()));
            let mut counted = lock(&tries);
            // A class that registers at once is not refused: only what was found taken counts.
            counted.running = 0;
            counted.begin(TAKEN_PER_HOUR, HOUR, now)?;
            drop(counted);
            guess.0.push(tries);
        }
        Ok(RegistrationTry(guess))
    }

    fn of(&self, key: &[u8]) -> Arc<Mutex<Tries>> {
        if let Some(tries) = self.tried.get(key) {
            return tries;
        }
        let tries = Arc::<Mutex<Tries>>::default();
        match self
            .tried
            .get_or_insert_with(&key.to_vec(), || Ok::<_, std::convert::Infallible>(tries.clone()))
        {
            Ok(tries) => tries,
            Err(never) => match never {},
        }
    }
}

impl Tries {
    fn begin(&mut self, limit: u32, window: Duration, now: Timestamp) -> Result<()> {
        while self.wrong.front().is_some_and(|at| *at + window <= now) {
            self.wrong.pop_front();
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.wrong.len() + usize::try_from(self.running).unwrap_or(usize::MAX) < limit {
            self.running += 1;
            return Ok(());
        }
        let wait = match self.wrong.front().filter(|_| self.wrong.len() >= limit) {
            Some(first) => (*first + window - now).to_std().unwrap_or_default(),
            // Those that are being verified are not known to be wrong.
            None => Duration::ZERO,
        };
        Err(Error::new(Code::RateLimited).retry_after(Duration::from_secs(wait.as_secs() + 1)))
    }
}

impl Guess {
    /// It was wrong.
    pub(crate) fn failed(self, now: Timestamp) {
        for tries in &self.0 {
            lock(tries).wrong.push_back(now);
        }
    }

    /// It was right: whoever knows the password has not guessed before.
    pub(crate) fn succeeded(self) {
        for tries in &self.0 {
            lock(tries).wrong.clear();
        }
    }
}

impl Drop for Guess {
    fn drop(&mut self) {
        for tries in &self.0 {
            let mut tries = lock(tries);
            tries.running = tries.running.saturating_sub(1);
        }
    }
}

fn lock(tries: &Mutex<Tries>) -> MutexGuard<'_, Tries> {
    tries.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        Client { ip_address: Some(address.to_owned()), user_agent: None }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn unknown_devices_share_the_guesses_of_an_account_and_a_known_one_has_its_own() {
        let guesses = Guesses::new(GuessLimits { per_hour: 3, per_minute: 0 });
        let guess = |from: &str, is_known, seconds| {
            let guess = guesses.begin("lena@example.com", &client(from), is_known, at(seconds));
            guess.map(|guess| guess.failed(at(seconds))).is_ok()
        };
        assert!(guess("192.0.2.1", false, 0) && guess("192.0.2.2", false, 1) && guess("192.0.2.3", false, 2));
        assert!(!guess("192.0.2.4", false, 3));
        assert!(guess("192.0.2.9", true, 3));
        // Somebody else behind the same address is nobody's concern.
        assert!(guesses.begin("tom@example.com", &client("192.0.2.1"), false, at(3)).is_ok());
        assert!(guess("192.0.2.4", false, 3600) && !guess("192.0.2.4", false, 3600));
    }

    #[test]
    fn of_many_at_once_no_more_are_verified_than_may_be_wrong() {
        let guesses = Guesses::new(GuessLimits { per_hour: 3, per_minute: 0 });
        let begin = || guesses.begin("lena@example.com", &client("192.0.2.1"), false, at(0));
        let running: Vec<_> = (0..9).filter_map(|_| begin().ok()).collect();
        assert_eq!(running.len(), 3);
        for guess in running {
            guess.succeeded();
        }
        assert!(begin().is_ok());
    }
}
