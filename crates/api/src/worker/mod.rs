//! The worker: handles the messages of the outbox, and runs the maintenance.

pub(crate) mod mailer;

use std::{sync::Arc, time::Duration};

use database::{
    Db, Pool, idempotency, inbox,
    outbox::{self, Message},
};
use identity::Tokens;
use kernel::{Actor, CategoryId, CourseId, Result, UserId, mail::Mailer};
use media::{Media, Videos};
use payments::Payments;
use tokio::sync::{Notify, watch};

use crate::{
    config::Config,
    startup::{self, StartupError},
    telemetry::Metrics,
};

/// How often the outbox is looked at when nobody wakes the worker: another process may have written into it.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How often the maintenance runs.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(300);
/// How often objects are looked for that belong to no file.
const ORPHAN_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// How many messages are taken at once: few, so that a slow mail server does not outlast their leases.
const BATCH_SIZE: u64 = 4;
/// How long messages that are done are kept.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// What the worker works with.
pub struct Worker {
    db: Db,
    tokens: Arc<Tokens>,
    mailer: Box<dyn Mailer>,
    videos: Videos,
    payments: Payments,
    app_url: String,
    signing_key_lifetime: Duration,
    event_lifetime: Duration,
    media: Media,
    metrics: Option<Arc<Metrics>>,
    wake: Arc<Notify>,
}

impl Worker {
    /// A worker on its own, beside servers that run elsewhere.
    ///
    /// # Errors
    /// In words: what is wrong, and what to do.
    pub async fn from_config(config: &Config, db: &Db) -> Result<Self, StartupError> {
        let tokens = startup::identity(config, db).await?.tokens;
        Self::new(config, db, tokens, None, Arc::default())
    }

    /// A worker beside the server of this process.
    ///
    /// # Errors
    /// In words: what is wrong, and what to do.
    pub fn new(
        config: &Config,
        db: &Db,
        tokens: Arc<Tokens>,
        metrics: Option<Arc<Metrics>>,
        wake: Arc<Notify>,
    ) -> Result<Self, StartupError> {
        let signing_key_lifetime = Duration::from_secs(u64::from(config.signing_key_days) * 86_400);
        let videos = startup::videos(config, db.environment())?;
        let (mailer, app_url) = (mailer::from_config(config)?, config.app_url.clone());
        Ok(Self {
            db: db.clone(),
            tokens,
            mailer,
            videos,
            payments: startup::payments(config, db.environment())?,
            app_url,
            signing_key_lifetime,
            event_lifetime: Duration::from_secs(u64::from(config.event_days.max(1)) * 86_400),
            media: startup::media(config)?,
            metrics,
            wake,
        })
    }

    /// Works until `stop` says so; what was begun is finished.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let stop_now = stop.clone();
        let mut maintenance = tokio::time::interval(MAINTENANCE_INTERVAL);
        let mut orphans = tokio::time::interval(ORPHAN_INTERVAL);
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = maintenance.tick() => self.run_maintenance().await,
                _ = orphans.tick() => self.collect_orphaned_objects().await,
                _ = poll.tick() => self.drain(&stop_now).await,
                () = self.wake.notified() => self.drain(&stop_now).await,
            }
        }
    }

    /// Works off everything that is due.
    async fn drain(&self, stop: &watch::Receiver<bool>) {
        loop {
            let claimed = self
                .db
                .run_in(Pool::Worker, Actor::System, |tx| async move { outbox::claim(&tx, BATCH_SIZE).await })
                .await;
            match claimed {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => {
                    for message in messages {
                        // What is left undone is taken again when its lease has run out.
                        if *stop.borrow() {
                            return;
                        }
                        self.handle(message).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    return;
                }
            }
        }
    }

    async fn handle(&self, message: Message) {
        let (kind, id) = (message.kind.clone(), message.id);
        let outcome = self.dispatch(&message).await;
        let failure = outcome.as_ref().err().map(|error| error.code().as_str());
        if let Err(error) = &outcome {
            tracing::warn!(id, kind, attempts = message.attempts, %error, "a message failed and is tried again");
        }
        let work = move |tx| async move {
            match failure {
                None => outbox::done(&tx, &message).await,
                Some(told) => outbox::failed(&tx, &message, told).await,
            }
        };
        if let Err(error) = self.db.run_in(Pool::Worker, Actor::System, work).await {
            // Its lease runs out, and it is done again: consumers bear a repetition.
            tracing::warn!(id, kind, %error, "the end of a message cannot be written down");
        }
        if let Some(metrics) = &self.metrics {
            let outcome = if outcome.is_ok() { "done" } else { "failed" };
            metrics.messages.with_label_values(&[kind.as_str(), outcome]).inc();
        }
    }

    /// Who is to do what a message asks. An event that nobody listens to yet is done when it was read.
    async fn dispatch(&self, message: &Message) -> Result<()> {
        payments::review_checkouts(&self.db, message).await?;
        let (user, course) = (message.id_of("userId"), message.id_of("courseId"));
        let kind = message.kind.as_str();
        match (kind, user, course) {
            ("enrollment.created", user, Some(course)) => self.on_enrollment_created(user, course).await,
            (courses::OUTLINE_CHANGED, _, Some(course)) => {
                let requested_by = message.id_of("requestedBy");
                let recount = move |tx| async move { progress::recount(&tx, course, requested_by).await };
                self.db.run_in(Pool::Worker, Actor::System, recount).await
            }
            (progress::RECOUNT, _, Some(course)) => progress::work_on(&self.db, course).await,
            (progress::RECOMPUTE, Some(user), Some(course)) => self.recompute(user, course).await,
            ("grant.created", Some(user), Some(course)) => {
                // What somebody has, they wish for no more; who gave it cannot see what they wish for.
                let unwish = move |tx| async move { courses::unwish_for(&tx, user, course).await };
                self.db.run_in(Pool::Worker, Actor::System, unwish).await?;
                self.notify(message).await
            }
            ("category.renamed", ..) => match message.id_of("categoryId") {
                Some(category) => self.refresh_category(category).await,
                None => Ok(()),
            },
            (_, Some(user), _) if kind.starts_with("mail.") => {
                let mailer = self.mailer.as_ref();
                identity::mail::deliver(&self.db, mailer, &self.app_url, kind, user).await
            }
            _ if kind.starts_with("video.") => self.videos.handle_message(&self.db, message).await,
            (payments::MONEY_RETURNED, ..) => match message.id_of("paymentId") {
                Some(payment) => {
                    let mailer = self.mailer.as_ref();
                    payments::mail::deliver(&self.db, mailer, &self.app_url, payment).await
                }
                None => Ok(()),
            },
            _ if kind.starts_with("payment.") => self.payments.handle_message(&self.db, message).await,
            _ => self.notify(message).await,
        }
    }

    /// Whom an event concerns hears of it; a message that is none of these is done when it was read.
    async fn notify(&self, message: &Message) -> Result<()> {
        let context = community::MailContext { mailer: self.mailer.as_ref(), app_url: &self.app_url };
        community::notify(&self.db, &context, message).await
    }

    /// Counts a new learner of a course. What they learnt in a free preview counts from now on, however they came in.
    async fn on_enrollment_created(&self, user: Option<UserId>, course: CourseId) -> Result<()> {
        let count = move |tx| async move { enrollment::count_learners(&tx, course).await };
        self.db.run_in(Pool::Worker, Actor::System, count).await?;
        match user {
            Some(user) => self.recompute(user, course).await,
            None => Ok(()),
        }
    }

    async fn recompute(&self, user: UserId, course: CourseId) -> Result<()> {
        progress::recompute_completion_for(&self.db, user, course).await.map(drop)
    }

    /// Makes searches find the courses of a category by its present name, some at a time.
    async fn refresh_category(&self, category: CategoryId) -> Result<()> {
        let mut after = None;
        loop {
            let next = move |tx| async move { courses::refresh_category(&tx, category, after).await };
            after = self.db.run_in(Pool::Worker, Actor::System, next).await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn run_maintenance(&self) {
        let kept = self.maintain().await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the maintenance failed and is tried again");
        }
    }

    async fn collect_orphaned_objects(&self) {
        match media::collect_objects(&self.db, &self.media, media::RETENTION).await {
            Ok(objects) => self.count_collected("objects", objects),
            Err(error) => tracing::warn!(%error, "objects without a file cannot be looked for"),
        }
    }

    fn count_collected(&self, kind: &str, number: u64) {
        if let Some(metrics) = &self.metrics {
            metrics.collected.with_label_values(&[kind]).inc_by(number);
        }
    }

    async fn maintain(&self) -> Result<()> {
        let lifetime = self.signing_key_lifetime;
        let token_lifetime = self.tokens.lifetime();
        self.db
            .run_in(Pool::Auth, Actor::System, move |tx| async move {
                identity::sweep(&tx).await?;
                if identity::signing_key_is_older(&tx, lifetime).await? {
                    let kid = identity::rotate_signing_key(&tx, token_lifetime).await?;
                    tracing::info!(kid, "a new signing key was made");
                }
                Ok(())
            })
            .await?;
        self.tokens.reload(&self.db).await?;
        let event_lifetime = self.event_lifetime;
        let (waiting, aside) = self
            .db
            .run_in(Pool::Worker, Actor::System, move |tx| async move {
                community::live::sweep(&tx, event_lifetime).await?;
                idempotency::sweep(&tx).await?;
                outbox::sweep(&tx, RETENTION).await?;
                inbox::sweep(&tx).await?;
                community::sweep_notifications(&tx).await?;
                outbox::backlog(&tx).await
            })
            .await?;
        if let Some(metrics) = &self.metrics {
            metrics.outbox_waiting.set(waiting);
            metrics.outbox_aside.set(aside);
        }
        self.videos.poll_silent(&self.db).await?;
        self.payments.reconcile(&self.db).await?;
        let files = media::collect_files(&self.db, &self.media, media::RETENTION).await?;
        self.count_collected("files", files);
        Ok(())
    }
}

/// Waits until somebody says to stop, or nobody can any more.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}
