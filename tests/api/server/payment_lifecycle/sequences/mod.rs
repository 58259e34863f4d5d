//! Random sequences of purchases, refunds and disputes against a model.

mod invariants;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use database::{MapDbErr, Pool, Tx, outbox};
use enrollment::NewManualGrant;
use kernel::{Actor, Code, CourseId, GrantId, PaymentId, Role, UserId};
use payments::{
    CheckoutRequest, DisputeStatus, NewRefund, PaymentMethod, Payments, RefundReason, RefundStatus,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;
use test_macros::both_databases;
use uuid::Uuid;

use super::bank::{Bank, Held};
use crate::{
    server::payment_lifecycle::actor,
    support::{App, DatabaseKind, PASSWORD, Rng},
};

/// A buyer and a course, by their places.
type Pair = (usize, usize);

struct World {
    app: App,
    bank: Arc<Bank>,
    payments: Payments,
    owner: Actor,
    buyers: Vec<Actor>,
    courses: Vec<CourseId>,
    coupon: String,
    seed: u64,
}

impl World {
    async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let sql = sql.to_owned();
        let work = move |tx: Tx| async move { tx.query_all_raw(tx.named(&sql, [])).await.map_db_err() };
        self.app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].try_get_by_index(0).unwrap()
    }

    fn ids(&self, (buyer, course): Pair) -> (UserId, CourseId) {
        (self.buyers[buyer].user_id().unwrap(), self.courses[course])
    }

    fn held(&self, fits: impl Fn(&Held) -> bool) -> Vec<PaymentId> {
        let books = self.bank.books();
        books.payments.iter().filter(|(_, held)| fits(held)).map(|(id, _)| *id).collect()
    }

    /// One random thing.
    async fn step(&self, rng: &mut Rng) {
        let pair = (rng.index(2), rng.index(2));
        match rng.below(16) {
            0 | 1 => self.checkout(rng, pair).await,
            2 | 3 => {
                if let Some(id) = rng.choose(&self.held(|held| !held.captured && !held.over)) {
                    match rng.below(6) {
                        0 => self.bank.books().end(id),
                        1 => self.bank.books().decline(id),
                        _ => self.bank.books().pay(id),
                    }
                }
            }
            4..=6 => self.deliver(rng).await,
            7 | 8 => self.work(rng).await,
            9 => self.ask_for_refund(rng).await,
            10 => self.meddle(rng),
            11 => self.dispute(rng),
            12 => self.manual(rng, pair).await,
            13 => {
                self.app.clock.advance(TimeDelta::minutes(i64::try_from(rng.below(30)).unwrap()));
                self.payments.reconcile(&self.app.db).await.unwrap();
            }
            14 => self.app.clock.advance(TimeDelta::seconds(i64::try_from(rng.below(90)).unwrap())),
            _ => self.bank.books().lose = 1,
        }
    }

    async fn checkout(&self, rng: &mut Rng, pair: Pair) {
        let request = CheckoutRequest {
            course_id: self.courses[pair.1],
            coupon_code: rng.one_in(3).then(|| self.coupon.clone()),
            method: if rng.one_in(3) { PaymentMethod::PaymentIntent } else { PaymentMethod::CheckoutSession },
            success_url: "https://app.example.com/".to_owned(),
            cancel_url: "https://app.example.com/".to_owned(),
        };
        match self.payments.checkout(&self.app.db, self.buyers[pair.0], request).await {
            Ok(begun) => assert!(begun.session.is_some()),
            Err(error) => {
                let usual = [
                    Code::AlreadyPurchased,
                    Code::AlreadyEnrolled,
                    Code::ProviderUnavailable,
                    Code::CheckoutSuperseded,
                    Code::ValidationFailed,
                ];
                assert!(usual.contains(&error.code()), "{error}");
            }
        }
    }

    /// An event that was not delivered yet, or one again.
    async fn deliver(&self, rng: &mut Rng) {
        let event = {
            let mut books = self.bank.books();
            let again = rng.one_in(4) && !books.delivered.is_empty();
            if !again && !books.untold.is_empty() {
                let index = rng.index(books.untold.len());
                let event = books.untold.remove(index);
                books.delivered.push(event);
                books.delivered.last().cloned()
            } else {
                rng.choose(&books.delivered)
            }
        };
        if let Some(event) = event {
            let work = move |tx: Tx| async move { payments::record_event(&tx, "stripe", &event).await };
            self.app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
        }
    }

    /// The worker takes a few messages; sometimes it acts twice, or dies before it can say that it did.
    async fn work(&self, rng: &mut Rng) {
        let some = 1 + rng.below(3);
        for message in self.claim(some).await {
            let died_before = rng.one_in(6);
            if died_before {
                continue;
            }
            for _ in 0..=rng.below(2) {
                self.act(&message).await.ok();
            }
            if !rng.one_in(6) {
                let succeeded = self.act(&message).await.is_ok();
                self.write_down(message, succeeded).await;
            }
        }
    }

    async fn claim(&self, some: u64) -> Vec<outbox::Message> {
        let claim = move |tx: Tx| async move { outbox::claim(&tx, outbox::Kinds::Any, some).await };
        self.app.db.run_in(Pool::Worker, Actor::System, claim).await.unwrap()
    }

    async fn act(&self, message: &outbox::Message) -> kernel::Result<()> {
        let done = self.payments.handle_message(&self.app.db, message).await;
        if let Err(error) = &done {
            assert_eq!(error.code(), Code::ProviderUnavailable, "{message:?}: {error}");
        }
        done
    }

    async fn write_down(&self, message: outbox::Message, done: bool) {
        let work = move |tx: Tx| async move {
            match done {
                true => outbox::done(&tx, &message).await,
                false => outbox::failed(&tx, &message, "provider_unavailable").await,
            }
        };
        self.app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
    }

    async fn ask_for_refund(&self, rng: &mut Rng) {
        let Some(id) = rng.choose(&self.held(|_| true)) else {
            return;
        };
        let new = NewRefund {
            amount: (!rng.one_in(3)).then(|| 1 + i64::try_from(rng.below(2600)).unwrap()),
            reason: RefundReason::RequestedByCustomer,
            note: None,
            ends_access: rng.one_in(5),
        };
        let work = move |tx: Tx| async move { payments::create_refund(&tx, id, new).await };
        if let Err(error) = self.app.db.run_in(Pool::Worker, self.owner, work).await {
            let usual = [Code::PaymentNotRefundable, Code::PaymentDisputed, Code::RefundTooLarge];
            assert!(usual.contains(&error.code()), "{error}");
        }
    }

    /// The owner of the account gives money back by hand, or a bank moves a refund.
    fn meddle(&self, rng: &mut Rng) {
        let Some(id) = rng.choose(&self.held(|held| held.captured)) else {
            return;
        };
        let mut books = self.bank.books();
        let held = books.payments[&id].clone();
        let open: Vec<usize> =
            (0..held.refunds.len()).filter(|index| held.refunds[*index].3 != RefundStatus::Failed).collect();
        match rng.choose(&open) {
            Some(index) if rng.one_in(2) => {
                let now = held.refunds[index].3;
                let to_come = if now == RefundStatus::Pending && !rng.one_in(3) {
                    RefundStatus::Succeeded
                } else {
                    RefundStatus::Failed
                };
                books.move_refund(id, index, to_come);
            }
            _ if held.left() > 0 && !held.is_disputed() => {
                let most = u64::try_from(held.left()).unwrap();
                let amount = if rng.one_in(3) { most } else { 1 + rng.below(most) };
                books.refund(id, None, i64::try_from(amount).unwrap(), RefundStatus::Succeeded);
            }
            _ => {}
        }
    }

    fn dispute(&self, rng: &mut Rng) {
        let Some(id) = rng.choose(&self.held(|held| held.captured)) else {
            return;
        };
        let mut books = self.bank.books();
        let disputes = books.payments[&id].disputes.clone();
        let open: Vec<usize> =
            (0..disputes.len()).filter(|index| disputes[*index].1 == DisputeStatus::Open).collect();
        match rng.choose(&open) {
            Some(index) => {
                let end = if rng.one_in(3) { DisputeStatus::Lost } else { DisputeStatus::Won };
                books.decide(id, index, end);
            }
            None => books.dispute(id),
        }
    }

    async fn manual(&self, rng: &mut Rng, pair: Pair) {
        let (user_id, course) = self.ids(pair);
        let ends_at = rng.one_in(2).then(|| self.app.db.environment().now() + TimeDelta::minutes(20));
        if rng.one_in(2) {
            let new = NewManualGrant { user_id, starts_at: None, ends_at, reason: None };
            let work = move |tx: Tx| async move { enrollment::grant_access(&tx, course, new).await };
            if let Err(error) = self.app.db.run(self.owner, work).await {
                assert_eq!(error.code(), Code::AlreadyGranted, "{error}");
            }
            return;
        }
        let sql = format!(
            "SELECT id FROM grants WHERE source = 'MANUAL' AND course_id = {} ORDER BY id",
            self.literal(course)
        );
        let ids: Vec<GrantId> =
            self.rows(&sql).await.iter().map(|row| row.try_get("", "id").unwrap()).collect();
        if let Some(id) = rng.choose(&ids) {
            let work = move |tx: Tx| async move { enrollment::revoke_grant(&tx, id, None).await };
            self.app.db.run(self.owner, work).await.unwrap();
        }
    }

    fn literal(&self, id: impl Into<Uuid>) -> String {
        let id: Uuid = id.into();
        match self.app.database {
            DatabaseKind::Sqlite => format!("X'{}'", id.simple()),
            DatabaseKind::Postgres => format!("'{id}'"),
        }
    }

    /// By the buyer's own eyes.
    async fn decided(&self, pair: Pair) -> &'static str {
        let course = self.courses[pair.1];
        let work = move |tx: Tx| async move { enrollment::course_access(&tx, course).await };
        match self.app.db.read(self.buyers[pair.0], work).await {
            Ok(access) => access.reason(),
            Err(error) => error.code().as_str(),
        }
    }

    /// Everything that was lost is said, and everything that waits is done.
    async fn settle(&self, rng: &mut Rng) {
        self.bank.books().lose = 0;
        loop {
            while !self.bank.books().untold.is_empty() {
                self.deliver(rng).await;
            }
            let messages = self.claim(100).await;
            for message in messages {
                let done = self.act(&message).await.is_ok();
                assert!(done);
                self.write_down(message, done).await;
            }
            let waiting = self.count("SELECT count(*) FROM outbox WHERE done_at IS NULL").await;
            if waiting == 0 && self.bank.books().untold.is_empty() {
                return;
            }
            // Leases run out, and what failed is tried again.
            self.app.clock.advance(TimeDelta::seconds(61));
        }
    }
}

/// Eight random sequences, each followed by the check of every invariant.
#[both_databases]
async fn whatever_happens_money_and_access_agree(database: DatabaseKind) {
    let app = App::start_without_worker(database).await;
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let bank = Arc::new(Bank::default());
    let payments = Payments::new(Some(bank.clone()), Duration::from_secs(3600));
    let mut world = World {
        owner: actor(&elena, Role::Trainer),
        buyers: vec![actor(&lena, Role::User), actor(&tom, Role::User)],
        courses: Vec::new(),
        coupon: String::new(),
        seed: 0,
        app,
        bank,
        payments,
    };
    for seed in 1..9 {
        let elena = world.app.login(&elena.email, PASSWORD).await;
        world.courses.clear();
        for _ in 0..2 {
            let (course, _) = world.app.course_for_sale(&elena, 4900).await;
            world.courses.push(course.parse().unwrap());
        }
        world.coupon = format!("HALF{seed}");
        let coupon = json!({ "code": world.coupon, "percentOff": 50, "maxRedemptions": 3 });
        world.app.post_as(&elena, "/coupons", coupon).await.expect(201);
        world.seed = seed;
        let (mut rng, mut seen) = (Rng(seed), Vec::new());
        for _ in 0..60 {
            world.step(&mut rng).await;
            let pair = (rng.index(2), rng.index(2));
            let reason = world.decided(pair).await;
            seen.push((world.app.db.environment().now(), pair, reason));
        }
        world.settle(&mut rng).await;
        world.check().await;
        world.look_back(&seen).await;
    }
}
