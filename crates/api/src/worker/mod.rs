//! The worker: handles the messages of the outbox, and runs the maintenance.

pub(crate) mod mailer;

use std::{sync::Arc, time::Duration};

use database::{
    Db, Pool, idempotency, inbox,
    outbox::{self, Kinds, Message},
};
use identity::Tokens;
use kernel::{Actor, CategoryId, Code, CourseId, Result, UserId, mail::Mailer};
use media::{Media, Videos};
use payments::Payments;
use tokio::sync::{Notify, Semaphore, watch};

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
/// The kinds of mail that somebody waits for in front of a screen.
const MAILS: &str = "mail.";
/// The kinds that send a mail about what happened.
const NOTICES: [&str; 3] = ["notification.mail", "notification.digest", payments::MONEY_RETURNED];
/// The lanes of the worker. Mail servers are slow, each in its own way: one of them holds up neither other mails nor other work,
/// and a thousand notices no letter.
const LANES: [Lane; 3] = [
    Lane { kinds: Kinds::Of(&[MAILS]), width: 8, batch: 1 },
    Lane { kinds: Kinds::Of(&NOTICES), width: 4, batch: 1 },
    Lane { kinds: Kinds::Except(&[MAILS, NOTICES[0], NOTICES[1], NOTICES[2]]), width: 1, batch: 4 },
];
/// How long messages that are done are kept.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// Messages that are worked on beside those of the other lanes.
struct Lane {
    kinds: Kinds,
    /// How many batches are worked on at once.
    width: u32,
    /// How many messages are taken at once, to be done one after the other: few, so that they are done before their leases run out.
    batch: u64,
}

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
        let worker = Arc::new(self);
        // Every lane is woken, also one that is busy at this moment.
        let (bell, ear) = watch::channel(());
        let lanes = LANES.iter().map(|lane| worker.clone().run_lane(lane, ear.clone(), stop.clone()));
        let mut tasks: Vec<_> = lanes.map(tokio::spawn).collect();
        tasks.push(tokio::spawn(worker.clone().keep_house(stop.clone())));
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                () = worker.wake.notified() => { bell.send_replace(()); }
            }
        }
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the worker broke off");
            }
        }
    }

    /// Runs the maintenance now and then.
    async fn keep_house(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut maintenance = tokio::time::interval(MAINTENANCE_INTERVAL);
        let mut orphans = tokio::time::interval(ORPHAN_INTERVAL);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = maintenance.tick() => self.run_maintenance().await,
                _ = orphans.tick() => self.collect_orphaned_objects().await,
            }
        }
    }

    /// Works off the messages of one lane.
    async fn run_lane(
        self: Arc<Self>,
        lane: &'static Lane,
        mut bell: watch::Receiver<()>,
        mut stop: watch::Receiver<bool>,
    ) {
        let places = Arc::new(Semaphore::new(lane.width as usize));
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                _ = poll.tick() => {}
                rung = bell.changed() => if rung.is_err() { break },
            }
            self.drain(lane, &places, &stop).await;
        }
        // What was begun is finished.
        drop(places.acquire_many(lane.width).await);
    }

    /// Takes everything that is due, as places are free.
    async fn drain(
        self: &Arc<Self>,
        lane: &'static Lane,
        places: &Arc<Semaphore>,
        stop: &watch::Receiver<bool>,
    ) {
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            if *stop.borrow() {
                return;
            }
            let claim = move |tx| async move { outbox::claim(&tx, lane.kinds, lane.batch).await };
            match self.db.run_in(Pool::Worker, Actor::System, claim).await {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => {
                    let (worker, stop) = (self.clone(), stop.clone());
                    tokio::spawn(async move {
                        for message in messages {
                            // What is left undone is taken again when its lease has run out.
                            if *stop.borrow() {
                                break;
                            }
                            worker.handle(message).await;
                        }
                        drop(place);
                    });
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
        let ended = match self.dispatch(&message).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let (attempts, code) = (message.attempts, error.code());
                if code == Code::MailRefused {
                    tracing::warn!(id, kind, attempts, %error, "a mail was refused and is put aside");
                } else {
                    tracing::warn!(id, kind, attempts, %error, "a message failed and is tried again");
                }
                Err(code)
            }
        };
        let work = move |tx| async move {
            match ended {
                Ok(()) => outbox::done(&tx, &message).await,
                Err(code @ Code::MailRefused) => outbox::refused(&tx, &message, code.as_str()).await,
                Err(code) => outbox::failed(&tx, &message, code.as_str()).await,
            }
        };
        if let Err(error) = self.db.run_in(Pool::Worker, Actor::System, work).await {
            // Its lease runs out, and it is done again: consumers bear a repetition.
            tracing::warn!(id, kind, %error, "the end of a message cannot be written down");
        }
        if let Some(metrics) = &self.metrics {
            let outcome = match ended {
                Ok(()) => "done",
                Err(Code::MailRefused) => "refused",
                Err(_) => "failed",
            };
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
            _ if kind.starts_with(MAILS) => {
                identity::mail::deliver(&self.db, self.mailer.as_ref(), &self.app_url, message).await
            }
            _ if kind.starts_with("video.") => self.videos.handle_message(&self.db, message).await,
            (payments::MONEY_RETURNED, ..) => match message.id_of("refundId") {
                Some(refund) => {
                    let mailer = self.mailer.as_ref();
                    payments::mail::deliver(&self.db, mailer, &self.app_url, refund).await
                }
                None => Ok(()),
            },
            _ if kind.starts_with("payment.") => self.payments.handle_message(&self.db, message).await,
            _ => self.notify(message).await,
        }
    }

    /// Notifies those whom an event concerns; a message that is no such event is done when it was read.
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
        // Last, since it may take long: nothing waits for it.
        self.videos.inspect_older(&self.db, &self.media).await.map(drop)
    }
}

/// Waits until somebody says to stop, or nobody can any more.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}
