//! The history of access against a model: random sequences of everything that changes a grant.

use chrono::{DateTime, Duration, Utc};
use database::{Pool, Tx};
use enrollment::{GrantHistory, NewManualGrant, PurchaseState, Purchased};
use kernel::{Actor, Code, CourseId, GrantId, PaymentId, Role, UserId};
use serde_json::json;
use test_macros::both_databases;
use uuid::Uuid;

use crate::support::{App, Rng};

type Instant = DateTime<Utc>;

/// A learner and a course, by their places among the world's.
type Pair = (usize, usize);

/// A grant as the test remembers it, without a look into the database.
#[derive(Clone, Debug, PartialEq)]
struct Remembered {
    pair: Pair,
    id: Option<GrantId>,
    source: &'static str,
    payment: Option<PaymentId>,
    status: &'static str,
    starts: Instant,
    ends: Option<Instant>,
    changed: Instant,
}

impl Remembered {
    fn is_active(&self, at: Instant) -> bool {
        self.status == "ACTIVE" && self.starts <= at && self.ends.is_none_or(|end| at < end)
    }

    fn is_open(&self, at: Instant) -> bool {
        self.status == "ACTIVE" && self.ends.is_none_or(|end| at < end)
    }

    fn ended(&self) -> (Instant, &'static str) {
        match self.status {
            "ACTIVE" => (self.ends.unwrap(), "grant_expired"),
            "SUSPENDED" => (self.changed, "grant_suspended"),
            "REFUNDED" => (self.changed, "grant_refunded"),
            _ => (self.changed, "grant_revoked"),
        }
    }
}

/// What the model says about somebody's access.
fn expected(grants: &[Remembered], pair: Pair, at: Instant) -> &'static str {
    let own: Vec<_> = grants.iter().filter(|grant| grant.pair == pair).collect();
    if own.iter().any(|grant| grant.is_active(at)) {
        return "granted";
    }
    let over = own.iter().filter(|grant| !grant.is_open(at)).map(|grant| grant.ended());
    over.max_by_key(|(at, _)| *at).map_or("not_granted", |(_, code)| code)
}

struct World {
    app: App,
    owner: Actor,
    learners: Vec<Actor>,
    courses: Vec<CourseId>,
    is_free: Vec<bool>,
    payments: Vec<PaymentId>,
}

impl World {
    fn now(&self) -> Instant {
        self.app.db.environment().now()
    }

    fn ids(&self, (learner, course): Pair) -> (UserId, CourseId) {
        (self.learners[learner].user_id().unwrap(), self.courses[course])
    }

    async fn explanation(&self, pair: Pair, at: Option<Instant>) -> enrollment::Explanation {
        let (user, course) = self.ids(pair);
        let work = move |tx: Tx| async move { enrollment::explain_at(&tx, user, course, at).await };
        self.app.db.read(Actor::System, work).await.unwrap()
    }

    /// The decision of a request, by the learner's own eyes.
    async fn decided(&self, pair: Pair) -> &'static str {
        let course = self.courses[pair.1];
        let work = move |tx: Tx| async move { enrollment::course_access(&tx, course).await };
        match self.app.db.read(self.learners[pair.0], work).await {
            Ok(access) => access.reason(),
            Err(error) => error.code().as_str(),
        }
    }

    /// One random thing, to the server and to the model; both have to agree on how it ends.
    async fn step(&self, rng: &mut Rng, model: &mut Vec<Remembered>) {
        let pair = (rng.index(self.learners.len()), rng.index(self.courses.len()));
        match rng.below(8) {
            0 | 1 => self.give(rng, model, pair).await,
            2 => self.extend(rng, model).await,
            3 => self.revoke(rng, model).await,
            4 => self.enroll(model, pair).await,
            5 | 6 => self.pay(rng, model, pair).await,
            _ => {
                let hours = i64::try_from(rng.below(72)).unwrap();
                self.app.clock.advance(Duration::hours(hours));
            }
        }
    }

    async fn give(&self, rng: &mut Rng, model: &mut Vec<Remembered>, pair: Pair) {
        let (user_id, course) = self.ids(pair);
        let later = |rng: &mut Rng| {
            self.now() + Duration::minutes(30) + Duration::hours(1 + i64::try_from(rng.below(96)).unwrap())
        };
        let starts_at = (rng.below(4) == 0).then(|| later(rng));
        let ends_at =
            (rng.below(4) > 0).then(|| later(rng) + Duration::days(if starts_at.is_some() { 5 } else { 0 }));
        let new = NewManualGrant { user_id, starts_at, ends_at, reason: None };
        let known =
            |grant: &Remembered| grant.pair == pair && grant.source == "MANUAL" && grant.is_open(self.now());
        let refused = model.iter().any(known);
        let work = move |tx: Tx| async move { enrollment::grant_access(&tx, course, new).await };
        match self.app.db.run(self.owner, work).await {
            Ok(made) => {
                assert!(!refused);
                let GrantHistory { grant, .. } = made;
                let starts = starts_at.unwrap_or(grant.starts_at);
                model.push(Remembered {
                    pair,
                    id: Some(grant.id),
                    source: "MANUAL",
                    payment: None,
                    status: "ACTIVE",
                    starts,
                    ends: ends_at,
                    changed: grant.created_at,
                });
            }
            Err(error) => assert_eq!((error.code(), refused), (Code::AlreadyGranted, true)),
        }
    }

    async fn extend(&self, rng: &mut Rng, model: &mut [Remembered]) {
        let known: Vec<usize> = (0..model.len()).filter(|index| model[*index].id.is_some()).collect();
        if known.is_empty() {
            return;
        }
        let grant = &mut model[known[rng.index(known.len())]];
        let hours = i64::try_from(rng.below(200)).unwrap() - 20;
        let to = (rng.below(5) > 0).then(|| self.now() + Duration::hours(hours) + Duration::minutes(30));
        let to_come = to.is_none_or(|to| to > self.now().max(grant.starts));
        let later = match (grant.ends, to) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(before), Some(after)) => after > before,
        };
        let answer = if grant.source == "PURCHASE" || grant.status != "ACTIVE" {
            Some(Code::GrantNotChangeable)
        } else if to == grant.ends || (later && to_come) {
            None
        } else {
            Some(Code::ValidationFailed)
        };
        let id = grant.id.unwrap();
        let work = move |tx: Tx| async move { enrollment::extend_grant(&tx, id, to).await };
        let done = self.app.db.run(self.owner, work).await;
        assert_eq!(done.as_ref().err().map(kernel::Error::code), answer);
        if done.is_ok() {
            grant.ends = to;
        }
    }

    async fn revoke(&self, rng: &mut Rng, model: &mut [Remembered]) {
        let known: Vec<usize> = (0..model.len()).filter(|index| model[*index].id.is_some()).collect();
        if known.is_empty() {
            return;
        }
        let grant = &mut model[known[rng.index(known.len())]];
        let id = grant.id.unwrap();
        let work = move |tx: Tx| async move { enrollment::revoke_grant(&tx, id, None).await };
        match self.app.db.run(self.owner, work).await {
            Ok(done) => {
                assert_ne!(grant.source, "PURCHASE");
                if grant.status == "ACTIVE" {
                    (grant.status, grant.changed) = ("REVOKED", done.grant.status_changed_at);
                }
            }
            Err(error) => assert_eq!((error.code(), grant.source), (Code::GrantNotChangeable, "PURCHASE")),
        }
    }

    async fn enroll(&self, model: &mut Vec<Remembered>, pair: Pair) {
        let course = self.courses[pair.1];
        let work = move |tx: Tx| async move { enrollment::enroll(&tx, course).await };
        let done = self.app.db.run(self.learners[pair.0], work).await;
        let free: Vec<Remembered> =
            model.iter().filter(|grant| grant.pair == pair && grant.source == "FREE").cloned().collect();
        let answer = if expected(model, pair, self.now()) == "granted" {
            "there"
        } else if !self.is_free[pair.1] {
            "course_not_free"
        } else if free.is_empty() {
            "new"
        } else {
            expected(&free, pair, self.now())
        };
        let found = match &done {
            Ok((_, true)) => "new",
            Ok((_, false)) => "there",
            Err(error) => error.code().as_str(),
        };
        assert_eq!(found, answer);
        if answer == "new" {
            let now = self.now();
            let id = self
                .explanation(pair, None)
                .await
                .grants
                .iter()
                .find(|made| made.grant.source.as_str() == "FREE")
                .map(|made| made.grant.id);
            model.push(Remembered {
                pair,
                id,
                source: "FREE",
                payment: None,
                status: "ACTIVE",
                starts: now - Duration::seconds(1),
                ends: None,
                changed: now,
            });
        }
    }

    async fn pay(&self, rng: &mut Rng, model: &mut Vec<Remembered>, pair: Pair) {
        let payment = self.payments[rng.index(self.payments.len())];
        let (standing, status) = [
            (PurchaseState::Active, "ACTIVE"),
            (PurchaseState::Suspended, "SUSPENDED"),
            (PurchaseState::Refunded, "REFUNDED"),
            (PurchaseState::Ended, "ENDED"),
        ][rng.index(4)];
        let (user_id, course_id) = self.ids(pair);
        let purchased = Purchased { user_id, course_id, payment_id: payment };
        let work = move |tx: Tx| async move {
            enrollment::apply_purchase_state(&tx, purchased, standing, "update").await?;
            Ok(tx.now())
        };
        let changed = self.app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
        let known = model.iter_mut().find(|grant| grant.pair == pair && grant.payment == Some(payment));
        match known {
            Some(grant) if grant.status == status => {}
            Some(grant) => (grant.status, grant.changed) = (status, changed),
            None => {
                let ids = self.explanation(pair, None).await.grants;
                let id = ids
                    .iter()
                    .find(|made| made.grant.source_id == payment.to_string())
                    .map(|made| made.grant.id);
                model.push(Remembered {
                    pair,
                    id,
                    source: "PURCHASE",
                    payment: Some(payment),
                    status,
                    starts: changed,
                    ends: None,
                    changed,
                });
            }
        }
    }

    /// The server's whole ledger of a pair is the model's, no more and no less: what ends one grant touches no other.
    async fn compare(&self, model: &[Remembered], pair: Pair, at: Option<Instant>, note: &str) {
        let explanation = self.explanation(pair, at).await;
        assert_eq!(explanation.verdict.reason, expected(model, pair, explanation.at), "{note}");
        assert_eq!(explanation.verdict.allowed, explanation.verdict.reason == "granted", "{note}");
        let mut found: Vec<_> = explanation
            .grants
            .iter()
            .map(|made| (Some(made.grant.id), made.grant.status.as_str().to_owned(), made.grant.ends_at))
            .collect();
        let own = model.iter().filter(|grant| grant.pair == pair);
        let mut remembered: Vec<_> =
            own.map(|grant| (grant.id, grant.status.to_owned(), grant.ends)).collect();
        found.sort();
        remembered.sort();
        assert_eq!(found, remembered, "{note}");
    }
}

async fn play(app: App, seeds: std::ops::Range<u64>) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let actor = |person: &crate::support::Person, role| Actor::User {
        id: person.id.parse().unwrap(),
        role,
        session: Uuid::nil().into(),
    };
    let mut world = World {
        owner: actor(&elena, Role::Trainer),
        learners: vec![actor(&lena, Role::User), actor(&tom, Role::User)],
        courses: Vec::new(),
        is_free: vec![true, false],
        payments: (0..2).map(|_| app.db.environment().new_id()).collect(),
        app,
    };
    for seed in seeds {
        // Every course of its own, so that every sequence begins with nothing.
        let token = world.app.login(&elena.email, crate::support::PASSWORD).await;
        let price = json!({ "price": { "amount": 4900, "currency": "USD" } });
        let courses = [world.app.course(&token, json!({})).await.0, world.app.course(&token, price).await.0];
        world.courses = courses.iter().map(|course| course.parse().unwrap()).collect();
        let pairs = [(0, 0), (0, 1), (1, 0), (1, 1)];
        let (mut rng, mut model, mut ledger) = (Rng(seed), Vec::new(), Vec::new());
        for number in 0..40 {
            world.step(&mut rng, &mut model).await;
            for pair in pairs {
                let note = format!("seed {seed}, step {number}, {pair:?}");
                assert_eq!(world.decided(pair).await, expected(&model, pair, world.now()), "{note}");
                world.compare(&model, pair, None, &note).await;
            }
            ledger.push((world.now(), model.clone()));
        }
        // At any instant that was, the answer is what it was then; at one to come, what the last word makes of it.
        for (number, (at, then)) in ledger.iter().enumerate() {
            let pair = pairs[number % 4];
            world
                .compare(then, pair, Some(*at), &format!("seed {seed}, after step {number}, {pair:?}"))
                .await;
        }
        for (days, pair) in [1, 2, 3, 5, 8, 13].into_iter().zip(pairs.into_iter().cycle()) {
            let at = world.now() + Duration::days(days);
            world.compare(&model, pair, Some(at), &format!("seed {seed}, in {days} days, {pair:?}")).await;
        }
    }
}

#[both_databases]
async fn random_sequences_end_as_the_model_says(app: App) {
    play(app, 1..7).await;
}
