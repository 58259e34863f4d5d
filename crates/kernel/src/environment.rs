//! What is not deterministic: the clock, the ids and the random numbers.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_lc_rs::rand;
use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

/// A point in time, UTC, cut to microseconds (what both databases keep).
pub type Timestamp = DateTime<Utc>;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// What does not follow from a request: the clock, the ids, the random numbers, where this installation is reached, and
/// whose players it shows.
#[derive(Clone)]
pub struct Environment {
    clock: Arc<dyn Clock>,
    public_url: Arc<str>,
    players: Arc<[String]>,
    numbered: Arc<NumberedIds>,
}

/// Ids by kind and number instead of by chance, while somebody wants them: those of the demo school are the same everywhere, so that the
/// document can name them.
#[derive(Default)]
struct NumberedIds {
    is_on: AtomicBool,
    last: Mutex<HashMap<&'static str, u32>>,
}

impl NumberedIds {
    fn next(&self, kind: &'static str) -> Uuid {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let number = last.entry(kind).or_default();
        *number += 1;
        numbered_id(kind, *number)
    }
}

/// The id of this number among those of a kind, such as `CourseId`, where ids are numbered. A UUIDv7 of the year 2025.
#[must_use]
pub fn numbered_id(kind: &str, number: u32) -> Uuid {
    let kind = kind.bytes().fold(0_u16, |sum, byte| sum.rotate_left(3) ^ u16::from(byte));
    let millis = 0x0198_c0de_0000 | u64::from(kind);
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

impl Environment {
    /// Reads the time from `clock`, and random numbers from the operating system.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, public_url: "".into(), players: [].into(), numbered: Arc::default() }
    }

    /// The same, with the address under which clients reach this installation.
    #[must_use]
    pub fn reached_at(self, public_url: &str) -> Self {
        Self { public_url: public_url.trim_end_matches('/').into(), ..self }
    }

    /// The same, with the hosts whose players are shown in texts.
    #[must_use]
    pub fn showing_players_of(self, hosts: &[String]) -> Self {
        Self { players: hosts.into(), ..self }
    }

    /// The hosts whose players are shown in texts.
    #[must_use]
    pub fn players(&self) -> &[String] {
        &self.players
    }

    /// The absolute address of a path of the API, such as `/images/…`.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.public_url)
    }

    /// The current instant, cut to microseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now().trunc_subsecs(6)
    }

    /// A new id: UUIDv7, so that ids sort by the time they were made.
    #[must_use]
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        if self.numbered.is_on.load(Ordering::Relaxed) {
            let kind = std::any::type_name::<I>().rsplit("::").next().unwrap_or_default();
            return self.numbered.next(kind).into();
        }
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid().into()
    }

    /// Whether new ids are numbered from now on, each kind on its own ([`numbered_id`]). For loading the demo school, while nobody is
    /// served.
    pub fn number_ids(&self, is_on: bool) {
        self.numbered.is_on.store(is_on, Ordering::Relaxed);
    }

    /// 256 random bits from the operating system, for tokens.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        random()
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

/// Random bytes; the process ends where the operating system has none, since no token would be safe.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
