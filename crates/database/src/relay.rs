//! News between servers over Redis, where one is configured, instead of PostgreSQL's `NOTIFY`, for which every commit that
//! notifies waits for the one before it, in the whole cluster.
//!
//! Nothing is kept in Redis, and nothing depends on it: a word says that somebody should look into the log. Where words may
//! have gone unheard, since Redis was away or a server ended between a commit and its word, everybody looks.

use std::{
    future::Future,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use redis::{Client, ErrorKind, RedisError, RedisResult};
use tokio::{sync::mpsc, time};

use crate::{db::Shared, wakeups::Wakeups};

/// How often a server says something, if only to be heard by itself.
const BEAT: Duration = Duration::from_secs(1);
/// After this silence, its own beats included, a server is deaf.
const SILENCE: Duration = Duration::from_secs(3);
/// How long Redis may take for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often everybody looks although nothing was said: a server may have ended before it could say it.
const ROUND: Duration = Duration::from_secs(15);
/// How long nothing is tried after a failure; everybody looks that often meanwhile.
const PAUSE: Duration = Duration::from_secs(1);
/// Words that wait for Redis; where there are more, everybody is called instead.
const WAITING: usize = 1024;
/// Words that are sent at once.
const BATCH: usize = 64;

/// Where the servers of an installation hear each other.
#[derive(Clone)]
pub struct Relay {
    client: Client,
    channel: String,
}

impl Relay {
    /// At this address, such as `redis://HOST:6379` or `rediss://USER:PASSWORD@HOST:6380`. Installations do not hear each other.
    ///
    /// # Errors
    /// In words, where the address cannot be read.
    pub fn new(url: &str, installation: &[u8]) -> Result<Self, String> {
        let client = Client::open(url).map_err(|error| error.to_string())?;
        let name = installation.get(..8).unwrap_or(installation);
        let channel = format!("palestra:news:{}", kernel::hex(name));
        Ok(Self { client, channel })
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// In words: what it said.
    pub async fn check(&self) -> Result<(), String> {
        in_time(self.client.get_multiplexed_async_connection())
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

/// Says at Redis what the transactions of this process had to say.
pub(crate) struct Speaker {
    words: mpsc::Sender<String>,
    missed: Arc<AtomicBool>,
}

impl Speaker {
    /// Begins to speak, until it is dropped.
    pub(crate) fn start(relay: Relay, wakeups: &Wakeups) -> Self {
        let (words, waiting) = mpsc::channel(WAITING);
        let missed = Arc::new(AtomicBool::new(false));
        let mouth = Mouth {
            relay,
            missed: missed.clone(),
            everybody: wakeups.everybody_notice(),
            beat: wakeups.beat_notice(),
        };
        tokio::spawn(mouth.keep_speaking(waiting));
        Self { words, missed }
    }

    pub(crate) fn say(&self, words: Vec<String>) {
        for word in words {
            if self.words.try_send(word).is_err() {
                self.missed.store(true, Ordering::SeqCst);
            }
        }
    }
}

struct Mouth {
    relay: Relay,
    missed: Arc<AtomicBool>,
    everybody: String,
    beat: String,
}

impl Mouth {
    async fn keep_speaking(self, mut waiting: mpsc::Receiver<String>) {
        loop {
            match self.speak(&mut waiting).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "Redis does not take news for other servers"),
            }
            time::sleep(PAUSE).await;
        }
    }

    /// Until nobody has anything to say any more.
    async fn speak(&self, waiting: &mut mpsc::Receiver<String>) -> RedisResult<()> {
        let mut redis = in_time(self.relay.client.get_multiplexed_async_connection()).await?;
        // What was said until now may not have been heard.
        let mut words = vec![self.everybody.clone()];
        loop {
            let mut batch = redis::pipe();
            for word in words.drain(..) {
                batch.publish(&self.relay.channel, word).ignore();
            }
            let sent: RedisResult<()> = in_time(batch.query_async(&mut redis)).await;
            sent?;
            match time::timeout(BEAT, waiting.recv_many(&mut words, BATCH)).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(_) => words.push(self.beat.clone()),
            }
            if self.missed.swap(false, Ordering::SeqCst) {
                words.push(self.everybody.clone());
            }
        }
    }
}

/// Hears what the others say, until the process ends. While it cannot, everybody looks once a second.
pub(crate) async fn listen(relay: Relay, shared: Weak<Shared>) {
    loop {
        if let Err(error) = hear(&relay, &shared).await {
            tracing::warn!(%error, "the news of other servers cannot be heard at Redis");
        }
        time::sleep(PAUSE).await;
        match shared.upgrade() {
            Some(shared) => shared.wakeups.add_everybody(),
            None => return,
        }
    }
}

async fn hear(relay: &Relay, shared: &Weak<Shared>) -> RedisResult<()> {
    let mut ear = in_time(relay.client.get_async_pubsub()).await?;
    in_time(ear.subscribe(&relay.channel)).await?;
    let mut words = ear.into_on_message();
    let mut looked: Option<Instant> = None;
    loop {
        let word = match looked {
            Some(_) => Some(in_so_long(SILENCE, async { words.next().await.ok_or_else(closed) }).await?),
            None => None,
        };
        let Some(shared) = shared.upgrade() else {
            return Ok(());
        };
        if let Some(word) = word {
            shared.wakeups.hear(&word.get_payload::<String>()?);
        }
        if looked.is_none_or(|looked| looked.elapsed() >= ROUND) {
            shared.wakeups.add_everybody();
            looked = Some(Instant::now());
        }
    }
}

fn closed() -> RedisError {
    RedisError::from((ErrorKind::Io, "it closed the connection"))
}

async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    in_so_long(PATIENCE, answer).await
}

async fn in_so_long<T>(most: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    time::timeout(most, answer)
        .await
        .unwrap_or_else(|_| Err(RedisError::from((ErrorKind::Io, "it does not answer in time"))))
}
