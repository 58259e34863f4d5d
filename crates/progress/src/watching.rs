//! Heartbeats: let in by what is remembered of their sender, and written with those of others.

use std::sync::Arc;

use chrono::TimeDelta;
use database::{Db, GroupCommit, Tx};
use kernel::{Actor, Code, Error, Result, Role, Timestamp, UserId};
use quick_cache::sync::Cache;

use crate::{
    Claim, Progress, Rules, Subject, completion,
    gathering::{Beat, Gathering, MOST},
    progress::combine,
    store::watch::Stored,
    subject::{self, Facts},
};

/// How long an admission is believed: what changes it is heard of before ([`Db::generation`], [`Db::generation_of`]).
const BELIEVED: TimeDelta = TimeDelta::seconds(60);
/// How long while other servers' changes cannot be heard: so soon does whoever lost access hear of it.
const BELIEVED_DEAF: TimeDelta = TimeDelta::seconds(1);
/// How many admissions are remembered.
const REMEMBERED: usize = 20_000;

/// The way of heartbeats into the database, one for a process.
pub struct Watching {
    db: Db,
    rules: Rules,
    admitted: Cache<(UserId, Subject), Arc<Admitted>>,
    group_commit: GroupCommit<Beat, Arc<Stored>>,
}

/// That somebody may watch something, and what else a heartbeat has to know.
struct Admitted {
    /// As what: who loses a role may edit less.
    role: Option<Role>,
    facts: Facts,
    completed_at: Option<Timestamp>,
    generation: (u64, u64),
    at: Timestamp,
}

/// One heartbeat of several.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// What was watched.
    pub subject: Subject,
    /// What the player says.
    pub claim: Claim,
}

impl Watching {
    /// Starts the flusher. `room` heartbeats may wait for it; more are turned away.
    #[must_use]
    pub fn start(db: &Db, rules: Rules, room: usize) -> Self {
        Self {
            db: db.clone(),
            rules,
            admitted: Cache::new(REMEMBERED),
            group_commit: GroupCommit::start(Gathering::new(db.clone(), rules), MOST, room),
        }
    }

    /// When a video counts as seen, and what may be credited.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Takes a heartbeat in; the answer comes after it was committed. The credit is bounded by the server's clock, and order
    /// and repetition do not matter. Completes what becomes complete by it.
    ///
    /// # Errors
    /// [`Code::NotFound`], why the subject may not be read, [`Code::NoVideo`], [`Code::ValidationFailed`] for what cannot be
    /// meant, [`Code::Overloaded`].
    pub async fn hear(&self, actor: Actor, subject: Subject, claim: Claim) -> Result<Progress> {
        let admitted = self.admit(actor, subject).await?;
        self.take_in(actor, &admitted, claim, "").await
    }

    /// Takes several heartbeats in, each with an answer of its own. `pointer` names the place of each in the request.
    pub async fn hear_all(
        &self,
        actor: Actor,
        beats: Vec<Heartbeat>,
        pointer: impl Fn(usize) -> String,
    ) -> Vec<Result<Progress>> {
        let subjects: Vec<Subject> = beats.iter().map(|beat| beat.subject).collect();
        let mut admitted = match self.admit_all(actor, subjects).await {
            Ok(admitted) => admitted.into_iter(),
            Err(error) => {
                let again = || Error::new(error.code()).retry_after(std::time::Duration::from_secs(1));
                return beats.iter().map(|_| Err(again())).collect();
            }
        };
        let waiting = beats.into_iter().enumerate().map(|(index, beat)| {
            let (admitted, pointer) = (admitted.next(), pointer(index));
            async move {
                let admitted = admitted.ok_or(Code::Internal)??;
                self.take_in(actor, &admitted, beat.claim, &pointer).await
            }
        });
        futures_util::future::join_all(waiting).await
    }

    async fn take_in(
        &self,
        actor: Actor,
        admitted: &Arc<Admitted>,
        claim: Claim,
        pointer: &str,
    ) -> Result<Progress> {
        let (user_id, facts) = (actor.user_id().ok_or(Code::Unauthenticated)?, admitted.facts);
        facts.require_video()?;
        claim.check(pointer, facts.length)?;
        let beat = Beat {
            user_id,
            facts,
            claim,
            at: self.db.environment().now(),
        };
        let row = self.group_commit.submit(beat).await?;
        let mut completed_at = admitted.completed_at;
        if completed_at.is_none() && facts.is_seen(row.watch.percent, &self.rules) {
            let work = move |tx| async move { completion::by_watching(&tx, facts).await };
            completed_at = self.db.run(actor, work).await?;
        }
        Ok(combine(&facts, completed_at, None, Some(&row.watch)))
    }

    /// What is remembered of this caller and subject, if it can still be believed.
    fn known(&self, actor: Actor, subject: Subject) -> Option<Arc<Admitted>> {
        let user_id = actor.user_id()?;
        let found = self.admitted.get(&(user_id, subject))?;
        let now = self.db.environment().now();
        let limit = if self.db.invalidations_are_live() {
            BELIEVED
        } else {
            BELIEVED_DEAF
        };
        let believed = found.role == role(actor)
            && found.generation == self.generation(user_id)
            && found.at <= now
            && now - found.at < limit
            && found.facts.until.is_none_or(|until| until > now);
        believed.then_some(found)
    }

    async fn admit(&self, actor: Actor, subject: Subject) -> Result<Arc<Admitted>> {
        if let Some(known) = self.known(actor, subject) {
            return Ok(known);
        }
        let user_id = actor.user_id().ok_or(Code::Unauthenticated)?;
        let generation = self.generation(user_id);
        let read = move |tx| async move { ask(&tx, subject, generation).await };
        let admitted = Arc::new(self.db.read(actor, read).await?);
        self.admitted.insert((user_id, subject), admitted.clone());
        Ok(admitted)
    }

    /// Of what everybody may read, and of what this account may.
    fn generation(&self, user_id: UserId) -> (u64, u64) {
        (self.db.generation(), self.db.generation_of(user_id))
    }

    /// The same for several, in one transaction; the subjects that are known cost nothing.
    async fn admit_all(&self, actor: Actor, subjects: Vec<Subject>) -> Result<Vec<Result<Arc<Admitted>>>> {
        let known: Vec<(Subject, Option<Arc<Admitted>>)> = subjects
            .into_iter()
            .map(|subject| (subject, self.known(actor, subject)))
            .collect();
        let generation = self.generation(actor.user_id().ok_or(Code::Unauthenticated)?);
        let read = move |tx: Tx| async move {
            let mut asked = std::collections::HashMap::new();
            let mut admitted = Vec::with_capacity(known.len());
            for (subject, known) in known {
                if let Some(known) = known {
                    admitted.push(Ok(known));
                    continue;
                }
                let answer = match asked.get(&subject) {
                    Some(answer) => Result::clone(answer),
                    None => {
                        let answer = ask(&tx, subject, generation).await.map(Arc::new);
                        let answer = answer.map_err(|error| error.code());
                        asked.insert(subject, answer.clone());
                        answer
                    }
                };
                admitted.push(answer.map_err(Error::new));
            }
            Ok(admitted)
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

async fn ask(tx: &Tx, subject: Subject, generation: (u64, u64)) -> Result<Admitted> {
    let facts = subject::facts(tx, subject).await?;
    Ok(Admitted {
        role: role(tx.actor()),
        completed_at: completion::completed_at(tx, subject).await?,
        facts,
        generation,
        at: tx.now(),
    })
}
