//! What every request can reach.

use std::sync::Arc;

use community::{Messaging, live::Streams};
use database::Db;
use identity::Identity;
use media::{Media, Videos};
use payments::Payments;
use progress::{HeartbeatService, ReadingLog};
use tokio::sync::{Notify, Semaphore};

use crate::{
    config::Config,
    http::{
        extract::Schemas, openapi::published, origins::Origins, rate_limits::Limits,
        response_cache::ResponseCache, routing::Table,
    },
    startup::{self, StartupError},
    telemetry::Metrics,
};

/// The state of one process.
pub struct State {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// Passwords and tokens.
    pub identity: Identity,
    /// What plays videos.
    pub videos: Videos,
    /// Who takes the money.
    pub payments: Payments,
    /// Files: how they are sent, kept and fetched.
    pub media: Arc<Media>,
    /// The way of heartbeats into the database.
    pub heartbeats: HeartbeatService,
    /// Who reads, and when.
    pub readings: ReadingLog,
    /// What the school decides about messages.
    pub messaging: Messaging,
    /// The live event streams, and who is notified through them.
    pub streams: Streams,
    /// Places for uploads whose bytes go through this process.
    pub uploads: Arc<Semaphore>,
    /// Every path, and which operation answers it.
    pub(crate) paths: Arc<Table>,
    /// The document's schemas, as what enforces them.
    pub schemas: Schemas,
    /// Whose pages may call.
    pub origins: Arc<Origins>,
    /// The cache of public responses.
    pub response_cache: ResponseCache,
    /// Who may ask how much.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Wakes the worker of this process when something was written into the outbox.
    pub wake_worker: Arc<Notify>,
}

impl State {
    /// The state over an open database; `paths` are those of every operation.
    ///
    /// # Errors
    /// In words: what is wrong, and what to do.
    pub async fn new(config: Config, db: Db, paths: Table) -> Result<Self, StartupError> {
        let identity = startup::identity(&config, &db).await?;
        let videos = startup::videos(&config, db.environment())?;
        let payments = startup::payments(&config, db.environment())?;
        let document = published::text().map_err(|error| error.to_string())?;
        let schemas = Schemas::of(&document).map_err(|error| error.to_string())?;
        drop(document);
        Ok(Self {
            media: Arc::new(startup::media(&config)?),
            heartbeats: HeartbeatService::start(&db, startup::watch_rules(&config)?, config.watch_queue),
            readings: ReadingLog::start(&db, config.watch_queue),
            messaging: startup::messaging(&config),
            streams: Streams::start(&db, startup::stream_capacity(&config)),
            uploads: Arc::new(Semaphore::new(config.max_uploads.min(Semaphore::MAX_PERMITS))),
            origins: Arc::new(Origins::of(&config)),
            response_cache: ResponseCache::new(config.cache_mib),
            limits: Limits::new(config.requests_per_minute, config.logins_per_minute),
            metrics: Arc::new(Metrics::new().map_err(|error| error.to_string())?),
            wake_worker: Arc::new(Notify::new()),
            config,
            db,
            identity,
            videos,
            payments,
            paths: Arc::new(paths),
            schemas,
        })
    }
}
