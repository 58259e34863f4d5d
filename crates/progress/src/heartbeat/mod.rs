//! Heartbeats of players: checked against a cache of who may watch what, and written together with those of others.

mod writer;

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;
use database::{Db, GroupCommit, Tx};
use kernel::{Actor, Code, Error, Result, Role, Timestamp, UserId};
use quick_cache::sync::Cache;

use self::writer::{Beat, HeartbeatWriter, MAX_BATCH};
use crate::{
    Claim, Progress, Rules, Subject, completion,
    progress::combine,
    subject::{WatchTarget, watch_target},
    watch::store::WatchRecord,
};

/// How long an entry of the access cache holds, unless an invalidation ends it before ([`Db::generation`],
/// [`Db::generation_of`]).
const ACCESS_TTL: TimeDelta = TimeDelta::seconds(60);
/// How long it holds while invalidations of other servers do not arrive: whoever has lost access is refused after this at the
/// latest.
const ACCESS_TTL_WITHOUT_INVALIDATIONS: TimeDelta = TimeDelta::seconds(1);
/// How many entries the access cache has at most.
const ACCESS_CACHE_SIZE: usize = 20_000;

/// Takes heartbeats of players; there is one of it in a process.
pub struct HeartbeatService {
    db: Db,
    rules: Rules,
    access: Cache<(UserId, Subject), Arc<AccessCacheEntry>>,
    group_commit: GroupCommit<Beat, Arc<WatchRecord>>,
}

/// That somebody may watch something, and what else a heartbeat needs.
struct AccessCacheEntry {
    /// The role by which it was decided: whoever loses a role may edit less.
    role: Option<Role>,
    target: WatchTarget,
    completed_at: Option<Timestamp>,
    generation: (u64, u64),
    at: Timestamp,
}

/// One heartbeat of several.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// The lesson or the chapter that was watched.
    pub subject: Subject,
    /// What the player reports.
    pub claim: Claim,
}

impl HeartbeatService {
    /// Starts the writer. At most `queue_capacity` heartbeats wait for it; more are refused.
    #[must_use]
    pub fn start(db: &Db, rules: Rules, queue_capacity: usize) -> Self {
        Self {
            db: db.clone(),
            rules,
            access: Cache::new(ACCESS_CACHE_SIZE),
            group_commit: GroupCommit::start(
                HeartbeatWriter::new(db.clone(), rules),
                MAX_BATCH,
                queue_capacity,
            ),
        }
    }

    /// When a video counts as seen, and what may be credited.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Records a heartbeat; the answer comes after the commit. The credit is bounded by the server's clock, and order and
    /// repetition do not matter. Completes what becomes complete by it.
    ///
    /// # Errors
    /// [`Code::NotFound`], why the subject may not be read, [`Code::NoVideo`], [`Code::ValidationFailed`] for what makes no
    /// sense, [`Code::Overloaded`].
    pub async fn record(&self, actor: Actor, subject: Subject, claim: Claim) -> Result<Progress> {
        let access = self.access(actor, subject).await?;
        self.write(actor, &access, claim, "").await
    }

    /// Records several heartbeats, each with an answer of its own. `pointer` names the place of each in the request.
    pub async fn record_all(
        &self,
        actor: Actor,
        beats: Vec<Heartbeat>,
        pointer: impl Fn(usize) -> String,
    ) -> Vec<Result<Progress>> {
        let subjects: Vec<Subject> = beats.iter().map(|beat| beat.subject).collect();
        let mut access = match self.access_all(actor, subjects).await {
            Ok(access) => access.into_iter(),
            Err(error) => {
                let again = || Error::new(error.code()).retry_after(std::time::Duration::from_secs(1));
                return beats.iter().map(|_| Err(again())).collect();
            }
        };
        let waiting = beats.into_iter().enumerate().map(|(index, beat)| {
            let (access, pointer) = (access.next(), pointer(index));
            async move {
                let access = access.ok_or(Code::Internal)??;
                self.write(actor, &access, beat.claim, &pointer).await
            }
        });
        futures_util::future::join_all(waiting).await
    }

    async fn write(
        &self,
        actor: Actor,
        access: &AccessCacheEntry,
        claim: Claim,
        pointer: &str,
    ) -> Result<Progress> {
        let (user_id, target) = (actor.user_id().ok_or(Code::Unauthenticated)?, access.target);
        target.require_video()?;
        claim.check(pointer, target.length)?;
        let beat = Beat { user_id, target, claim, at: self.db.environment().now() };
        let record = self.group_commit.submit(beat).await?;
        let mut completed_at = access.completed_at;
        if completed_at.is_none() && target.is_seen(record.watch.percent, &self.rules) {
            let work = move |tx| async move { completion::complete_by_watching(&tx, target).await };
            completed_at = self.db.run(actor, work).await?;
        }
        Ok(combine(&target, completed_at, None, Some(&record.watch)))
    }

    /// What the cache knows of this caller and subject, if it still holds.
    fn cached(&self, actor: Actor, subject: Subject) -> Option<Arc<AccessCacheEntry>> {
        let user_id = actor.user_id()?;
        let found = self.access.get(&(user_id, subject))?;
        let now = self.db.environment().now();
        let ttl =
            if self.db.invalidations_are_live() { ACCESS_TTL } else { ACCESS_TTL_WITHOUT_INVALIDATIONS };
        let holds = found.role == role(actor)
            && found.generation == self.generation(user_id)
            && found.at <= now
            && now - found.at < ttl
            && found.target.until.is_none_or(|until| until > now);
        holds.then_some(found)
    }

    /// Whether the caller may watch this; remembered.
    async fn access(&self, actor: Actor, subject: Subject) -> Result<Arc<AccessCacheEntry>> {
        if let Some(cached) = self.cached(actor, subject) {
            return Ok(cached);
        }
        let user_id = actor.user_id().ok_or(Code::Unauthenticated)?;
        let generation = self.generation(user_id);
        let read = move |tx| async move { decide(&tx, subject, generation).await };
        let access = Arc::new(self.db.read(actor, read).await?);
        self.access.insert((user_id, subject), access.clone());
        Ok(access)
    }

    /// The generation of what everybody may read, and that of what this account may.
    fn generation(&self, user_id: UserId) -> (u64, u64) {
        (self.db.generation(), self.db.generation_of(user_id))
    }

    /// The same for several, in one transaction; subjects that the cache knows cost nothing.
    async fn access_all(
        &self,
        actor: Actor,
        subjects: Vec<Subject>,
    ) -> Result<Vec<Result<Arc<AccessCacheEntry>>>> {
        let cached: Vec<(Subject, Option<Arc<AccessCacheEntry>>)> =
            subjects.into_iter().map(|subject| (subject, self.cached(actor, subject))).collect();
        let generation = self.generation(actor.user_id().ok_or(Code::Unauthenticated)?);
        let read = move |tx: Tx| async move {
            let mut decided = HashMap::new();
            let mut all = Vec::with_capacity(cached.len());
            for (subject, cached) in cached {
                if let Some(cached) = cached {
                    all.push(Ok(cached));
                    continue;
                }
                let access = match decided.get(&subject) {
                    Some(access) => Result::clone(access),
                    None => {
                        let access = decide(&tx, subject, generation).await.map(Arc::new);
                        let access = access.map_err(|error| error.code());
                        decided.insert(subject, access.clone());
                        access
                    }
                };
                all.push(access.map_err(Error::new));
            }
            Ok(all)
        };
        self.db.read(actor, read).await
    }
}

fn role(actor: Actor) -> Option<Role> {
    match actor {
        Actor::User { role, .. } => Some(role),
        Actor::Anonymous | Actor::System => None,
    }
}

async fn decide(tx: &Tx, subject: Subject, generation: (u64, u64)) -> Result<AccessCacheEntry> {
    let target = watch_target(tx, subject).await?;
    Ok(AccessCacheEntry {
        role: role(tx.actor()),
        completed_at: completion::completed_at(tx, subject).await?,
        target,
        generation,
        at: tx.now(),
    })
}
