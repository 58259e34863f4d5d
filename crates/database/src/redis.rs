//! Change notifications between servers over Redis, where one is configured, instead of PostgreSQL's `NOTIFY`, with which each commit
//! that notifies waits for the one before it in the whole cluster.
//!
//! Nothing is stored in Redis, and nothing depends on it: a message only says that the log of an account should be read. Where
//! messages may have been lost, because Redis was away or a server ended between a commit and its message, the logs of all accounts are read.

use std::{
    future::Future,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ::redis::{Client, ErrorKind, RedisError, RedisResult};
use futures_util::StreamExt;
use tokio::{sync::mpsc, time};

use crate::change_notifications::ChangeNotifications;

/// How often a server publishes something, if only for itself to receive.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// After this long without a message, its own pings included, a subscription counts as broken.
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// How long Redis may take for an answer.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the logs of all accounts are read although no message came: a server may have ended before it could publish.
const RESYNC_INTERVAL: Duration = Duration::from_secs(15);
/// How long to wait after a failure; the logs of all accounts are read that often meanwhile.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Messages that wait for Redis; where there are more, one for all accounts replaces them.
const QUEUE_CAPACITY: usize = 1024;
/// Messages that are sent at once.
const BATCH: usize = 64;

/// The Redis channel over which the servers of an installation notify each other.
#[derive(Clone)]
pub struct Relay {
    client: Client,
    channel: String,
}

impl Relay {
    /// At this address, such as `redis://HOST:6379` or `rediss://USER:PASSWORD@HOST:6380`. Each installation has a channel of its own.
    ///
    /// # Errors
    /// In messages, where the address cannot be read.
    pub fn new(url: &str, installation: &[u8]) -> Result<Self, String> {
        let client = Client::open(url).map_err(|error| error.to_string())?;
        let name = installation.get(..8).unwrap_or(installation);
        let channel = format!("palestra:news:{}", kernel::hex(name));
        Ok(Self { client, channel })
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// In messages: what it said.
    pub async fn check(&self) -> Result<(), String> {
        in_time(self.client.get_multiplexed_async_connection())
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

/// Publishes the notifications of this process at Redis.
pub(crate) struct RedisPublisher {
    messages: mpsc::Sender<String>,
    missed: Arc<AtomicBool>,
}

impl RedisPublisher {
    /// Starts publishing, until it is dropped.
    pub(crate) fn start(relay: Relay, change_notifications: &ChangeNotifications) -> Self {
        let (messages, waiting) = mpsc::channel(QUEUE_CAPACITY);
        let missed = Arc::new(AtomicBool::new(false));
        let publish_loop = PublishLoop {
            relay,
            missed: missed.clone(),
            everybody: change_notifications.everybody_notice(),
            ping: change_notifications.ping_notice(),
        };
        tokio::spawn(publish_loop.run(waiting));
        Self { messages, missed }
    }

    pub(crate) fn publish(&self, messages: Vec<String>) {
        for message in messages {
            if self.messages.try_send(message).is_err() {
                self.missed.store(true, Ordering::SeqCst);
            }
        }
    }
}

struct PublishLoop {
    relay: Relay,
    missed: Arc<AtomicBool>,
    everybody: String,
    ping: String,
}

impl PublishLoop {
    async fn run(self, mut waiting: mpsc::Receiver<String>) {
        loop {
            match self.publish(&mut waiting).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "Redis does not accept notifications for other servers"),
            }
            time::sleep(RETRY_DELAY).await;
        }
    }

    /// Publishes until the queue is closed.
    async fn publish(&self, waiting: &mut mpsc::Receiver<String>) -> RedisResult<()> {
        let mut redis = in_time(self.relay.client.get_multiplexed_async_connection()).await?;
        // What was published before may have been lost.
        let mut messages = vec![self.everybody.clone()];
        loop {
            let mut batch = ::redis::pipe();
            for message in messages.drain(..) {
                batch.publish(&self.relay.channel, message).ignore();
            }
            let sent: RedisResult<()> = in_time(batch.query_async(&mut redis)).await;
            sent?;
            match time::timeout(PING_INTERVAL, waiting.recv_many(&mut messages, BATCH)).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(_) => messages.push(self.ping.clone()),
            }
            if self.missed.swap(false, Ordering::SeqCst) {
                messages.push(self.everybody.clone());
            }
        }
    }
}

/// Receives what the other servers publish, until the process ends. While it cannot, the logs of all accounts are read once a second.
pub(crate) async fn listen(relay: Relay, change_notifications: Weak<ChangeNotifications>) {
    loop {
        if let Err(error) = receive(&relay, &change_notifications).await {
            tracing::warn!(%error, "the notifications of other servers cannot be received from Redis");
        }
        time::sleep(RETRY_DELAY).await;
        match change_notifications.upgrade() {
            Some(change_notifications) => change_notifications.add_everybody(),
            None => return,
        }
    }
}

async fn receive(relay: &Relay, change_notifications: &Weak<ChangeNotifications>) -> RedisResult<()> {
    let mut subscriber = in_time(relay.client.get_async_pubsub()).await?;
    in_time(subscriber.subscribe(&relay.channel)).await?;
    let mut messages = subscriber.into_on_message();
    let mut resynced: Option<Instant> = None;
    loop {
        let message = match resynced {
            Some(_) => {
                Some(with_timeout(PING_TIMEOUT, async { messages.next().await.ok_or_else(closed) }).await?)
            }
            None => None,
        };
        let Some(change_notifications) = change_notifications.upgrade() else {
            return Ok(());
        };
        if let Some(message) = message {
            change_notifications.receive(&message.get_payload::<String>()?);
        }
        if resynced.is_none_or(|resynced| resynced.elapsed() >= RESYNC_INTERVAL) {
            change_notifications.add_everybody();
            resynced = Some(Instant::now());
        }
    }
}

fn closed() -> RedisError {
    RedisError::from((ErrorKind::Io, "it closed the connection"))
}

async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    with_timeout(REPLY_TIMEOUT, answer).await
}

async fn with_timeout<T>(most: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    time::timeout(most, answer)
        .await
        .unwrap_or_else(|_| Err(RedisError::from((ErrorKind::Io, "it does not answer in time"))))
}
