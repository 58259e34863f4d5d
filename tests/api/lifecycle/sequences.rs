//! Random sequences of everything that may happen to money and access, and what holds after each of them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use database::{IntoKernel, Pool, Tx, outbox};
use enrollment::NewManualGrant;
use kernel::{Actor, Code, Role};
use payments::{CheckoutRequest, DisputeStatus, Method, NewRefund, Payments, RefundStatus};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;
use uuid::Uuid;

use super::{
    actor,
    bank::{Bank, Held},
};
use crate::support::{App, Dice, PASSWORD, Store};

/// A buyer and a course, by their places.
type Pair = (usize, usize);

struct World {
    app: App,
    bank: Arc<Bank>,
    payments: Payments,
    owner: Actor,
    buyers: Vec<Actor>,
    courses: Vec<Uuid>,
    coupon: String,
    seed: u64,
}

impl World {
    async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let sql = sql.to_owned();
        let work = move |tx: Tx| async move { tx.query_all_raw(tx.statement(&sql, [])).await.kernel() };
        self.app
            .db
            .read_in(Pool::Worker, Actor::System, work)
            .await
            .unwrap()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].try_get_by_index(0).unwrap()
    }

    fn ids(&self, (buyer, course): Pair) -> (Uuid, Uuid) {
        (self.buyers[buyer].user_id().unwrap(), self.courses[course])
    }

    fn held(&self, fits: impl Fn(&Held) -> bool) -> Vec<Uuid> {
        let books = self.bank.books();
        books
            .payments
            .iter()
            .filter(|(_, held)| fits(held))
            .map(|(id, _)| *id)
            .collect()
    }

    /// One random thing.
    async fn step(&self, dice: &mut Dice) {
        let pair = (dice.index(2), dice.index(2));
        match dice.roll(16) {
            0 | 1 => self.checkout(dice, pair).await,
            2 | 3 => {
                if let Some(id) = dice.pick(&self.held(|held| !held.captured && !held.over)) {
                    match dice.roll(6) {
                        0 => self.bank.books().end(id),
                        1 => self.bank.books().decline(id),
                        _ => self.bank.books().pay(id),
                    }
                }
            }
            4..=6 => self.deliver(dice).await,
            7 | 8 => self.work(dice).await,
            9 => self.ask_for_refund(dice).await,
            10 => self.meddle(dice),
            11 => self.dispute(dice),
            12 => self.manual(dice, pair).await,
            13 => {
                self.app
                    .clock
                    .advance(TimeDelta::minutes(i64::try_from(dice.roll(30)).unwrap()));
                self.payments.reconcile(&self.app.db).await.unwrap();
            }
            14 => self
                .app
                .clock
                .advance(TimeDelta::seconds(i64::try_from(dice.roll(90)).unwrap())),
            _ => self.bank.books().lose = 1,
        }
    }

    async fn checkout(&self, dice: &mut Dice, pair: Pair) {
        let request = CheckoutRequest {
            course_id: self.courses[pair.1],
            coupon_code: dice.one_in(3).then(|| self.coupon.clone()),
            method: if dice.one_in(3) {
                Method::PaymentIntent
            } else {
                Method::CheckoutSession
            },
            success_url: "https://app.example.com/".to_owned(),
            cancel_url: "https://app.example.com/".to_owned(),
        };
        match self
            .payments
            .checkout(&self.app.db, self.buyers[pair.0], request)
            .await
        {
            Ok(begun) => assert!(begun.handover.is_some()),
            Err(error) => {
                let usual = [
                    Code::AlreadyPurchased,
                    Code::ProviderUnavailable,
                    Code::CheckoutSuperseded,
                    Code::ValidationFailed,
                ];
                assert!(usual.contains(&error.code()), "{error}");
            }
        }
    }

    /// An event that nobody was told yet, or one again.
    async fn deliver(&self, dice: &mut Dice) {
        let event = {
            let mut books = self.bank.books();
            let again = dice.one_in(4) && !books.told.is_empty();
            if !again && !books.untold.is_empty() {
                let index = dice.index(books.untold.len());
                let event = books.untold.remove(index);
                books.told.push(event);
                books.told.last().cloned()
            } else {
                dice.pick(&books.told)
            }
        };
        if let Some(event) = event {
            let work = move |tx: Tx| async move { payments::note_event(&tx, "stripe", &event).await };
            self.app
                .db
                .run_in(Pool::Worker, Actor::System, work)
                .await
                .unwrap();
        }
    }

    /// The worker takes a few messages; sometimes it acts twice, or dies before it can say that it did.
    async fn work(&self, dice: &mut Dice) {
        let some = 1 + dice.roll(3);
        for message in self.claim(some).await {
            let died_before = dice.one_in(6);
            if died_before {
                continue;
            }
            for _ in 0..=dice.roll(2) {
                self.act(&message).await.ok();
            }
            if !dice.one_in(6) {
                let told = self.act(&message).await.is_ok();
                self.write_down(message, told).await;
            }
        }
    }

    async fn claim(&self, some: u64) -> Vec<outbox::Message> {
        let claim = move |tx: Tx| async move { outbox::claim(&tx, some).await };
        self.app
            .db
            .run_in(Pool::Worker, Actor::System, claim)
            .await
            .unwrap()
    }

    async fn act(&self, message: &outbox::Message) -> kernel::Result<()> {
        let done = self.payments.act(&self.app.db, message).await;
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
        self.app
            .db
            .run_in(Pool::Worker, Actor::System, work)
            .await
            .unwrap();
    }

    async fn ask_for_refund(&self, dice: &mut Dice) {
        let Some(id) = dice.pick(&self.held(|_| true)) else {
            return;
        };
        let new = NewRefund {
            amount: (!dice.one_in(3)).then(|| 1 + i64::try_from(dice.roll(2600)).unwrap()),
            reason: "REQUESTED_BY_CUSTOMER".to_owned(),
            note: None,
            ends_access: dice.one_in(5),
        };
        let work = move |tx: Tx| async move { payments::create_refund(&tx, id, new).await };
        if let Err(error) = self.app.db.run_in(Pool::Worker, self.owner, work).await {
            let usual = [Code::PaymentNotRefundable, Code::RefundTooLarge];
            assert!(usual.contains(&error.code()), "{error}");
        }
    }

    /// The owner of the account gives money back by hand, or a bank moves a refund.
    fn meddle(&self, dice: &mut Dice) {
        let Some(id) = dice.pick(&self.held(|held| held.captured)) else {
            return;
        };
        let mut books = self.bank.books();
        let held = books.payments[&id].clone();
        let open: Vec<usize> = (0..held.refunds.len())
            .filter(|index| held.refunds[*index].3 != RefundStatus::Failed)
            .collect();
        match dice.pick(&open) {
            Some(index) if dice.one_in(2) => {
                let now = held.refunds[index].3;
                let to_come = if now == RefundStatus::Pending && !dice.one_in(3) {
                    RefundStatus::Succeeded
                } else {
                    RefundStatus::Failed
                };
                books.move_refund(id, index, to_come);
            }
            _ if held.left() > 0 && !held.is_disputed() => {
                let most = u64::try_from(held.left()).unwrap();
                let amount = if dice.one_in(3) { most } else { 1 + dice.roll(most) };
                books.refund(id, None, i64::try_from(amount).unwrap(), RefundStatus::Succeeded);
            }
            _ => {}
        }
    }

    fn dispute(&self, dice: &mut Dice) {
        let Some(id) = dice.pick(&self.held(|held| held.captured)) else {
            return;
        };
        let mut books = self.bank.books();
        let disputes = books.payments[&id].disputes.clone();
        let open: Vec<usize> = (0..disputes.len())
            .filter(|index| disputes[*index].1 == DisputeStatus::Open)
            .collect();
        match dice.pick(&open) {
            Some(index) => {
                let end = if dice.one_in(3) {
                    DisputeStatus::Lost
                } else {
                    DisputeStatus::Won
                };
                books.decide(id, index, end);
            }
            None => books.dispute(id),
        }
    }

    async fn manual(&self, dice: &mut Dice, pair: Pair) {
        let (user_id, course) = self.ids(pair);
        let ends_at = dice
            .one_in(2)
            .then(|| self.app.db.ambient().now() + TimeDelta::minutes(20));
        if dice.one_in(2) {
            let new = NewManualGrant {
                user_id,
                starts_at: None,
                ends_at,
                reason: None,
            };
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
        let ids: Vec<Uuid> = self
            .rows(&sql)
            .await
            .iter()
            .map(|row| row.try_get("", "id").unwrap())
            .collect();
        if let Some(id) = dice.pick(&ids) {
            let work = move |tx: Tx| async move { enrollment::revoke_grant(&tx, id, None).await };
            self.app.db.run(self.owner, work).await.unwrap();
        }
    }

    fn literal(&self, id: Uuid) -> String {
        match self.app.store {
            Store::Sqlite => format!("X'{}'", id.simple()),
            Store::Postgres => format!("'{id}'"),
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
    async fn settle(&self, dice: &mut Dice) {
        self.bank.books().lose = 0;
        loop {
            while !self.bank.books().untold.is_empty() {
                self.deliver(dice).await;
            }
            let messages = self.claim(100).await;
            for message in messages {
                let done = self.act(&message).await.is_ok();
                assert!(done);
                self.write_down(message, done).await;
            }
            let waiting = self
                .count("SELECT count(*) FROM outbox WHERE done_at IS NULL")
                .await;
            if waiting == 0 && self.bank.books().untold.is_empty() {
                return;
            }
            // Leases run out, and what failed is tried again.
            self.app.clock.advance(TimeDelta::seconds(61));
        }
    }

    async fn check(&self) {
        let seed = self.seed;
        let books: BTreeMap<Uuid, Held> = self.bank.books().payments.clone();
        let rows = self
            .rows(
                "SELECT p.id, p.user_id, p.course_id, p.status, p.amount, p.refunded_amount, p.refunding_amount, \
                 CASE WHEN p.completed_at IS NULL THEN 0 ELSE 1 END AS captured, \
                 (SELECT count(*) FROM purchases u WHERE u.payment_id = p.id) AS purchases, \
                 (SELECT count(*) FROM receipts r WHERE r.payment_id = p.id) AS receipts, \
                 (SELECT count(*) FROM refunds f WHERE f.payment_id = p.id AND f.ends_access AND f.status = 'SUCCEEDED') AS taken \
                 FROM payments p",
            )
            .await;
        let mut bought: BTreeMap<(Uuid, Uuid), bool> = BTreeMap::new();
        for row in &rows {
            let number = |name: &str| {
                row.try_get::<i64>("", name)
                    .or_else(|_| row.try_get::<i32>("", name).map(i64::from))
                    .unwrap()
            };
            let id: Uuid = row.try_get("", "id").unwrap();
            // One that was never begun at the bank waits for its buyer, or does not any more.
            let Some(held) = books.get(&id) else {
                assert_eq!(number("captured"), 0);
                continue;
            };
            let note = format!("seed {seed}, payment {id}: {held:?}");
            let status: String = row.try_get("", "status").unwrap();
            let gone = held.sum(|status| status == RefundStatus::Succeeded);
            let expected = match (held.captured, gone == held.amount) {
                (true, true) => "REFUNDED",
                (true, false) => "COMPLETED",
                (false, _) if status == "PENDING" => "PENDING",
                (false, _) => "FAILED",
            };
            assert_eq!(status, expected, "{note}");
            assert_eq!(number("captured") == 1, held.captured, "{note}");
            assert_eq!(number("receipts"), i64::from(held.captured), "{note}");
            assert!(number("purchases") <= i64::from(held.captured), "{note}");
            let coming = held.sum(|status| status == RefundStatus::Pending);
            assert_eq!(
                (number("refunded_amount"), number("refunding_amount")),
                (gone, coming),
                "{note}"
            );
            let bought_by_this = number("purchases") == 1;
            if held.captured && !bought_by_this && !held.meddled {
                assert_eq!(held.left(), 0, "{note}");
            }
            let active = bought_by_this && gone < held.amount && number("taken") == 0 && !held.is_disputed();
            let pair = (
                row.try_get("", "user_id").unwrap(),
                row.try_get("", "course_id").unwrap(),
            );
            *bought.entry(pair).or_default() |= active;
        }
        for pair in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let (user, course) = self.ids(pair);
            let now = self.app.db.ambient().now();
            let granted = self.replay(pair, now).await;
            let manual = self.by_hand(pair, now).await;
            let by_money = bought.get(&(user, course)).copied().unwrap_or_default();
            assert_eq!(granted, by_money || manual, "seed {seed}, {pair:?}");
            assert_eq!(
                self.decided(pair).await == "granted",
                granted,
                "seed {seed}, {pair:?}"
            );
        }
        for (what, sql) in [
            (
                "two live purchases",
                "SELECT count(*) FROM (SELECT 1 FROM purchases WHERE ended_at IS NULL GROUP BY user_id, course_id HAVING count(*) > 1) q",
            ),
            (
                "something negative",
                "SELECT count(*) FROM payments WHERE amount < 0 OR refunded_amount < 0 OR refunding_amount < 0 OR amount < refunded_amount + refunding_amount",
            ),
            (
                "a gap in the receipts",
                "SELECT count(*) FROM (SELECT 1 FROM receipts GROUP BY issuer_id, year HAVING count(*) <> max(number) OR min(number) <> 1) q",
            ),
            (
                "a number not given",
                "SELECT count(*) FROM receipt_numbers n WHERE last_number <> (SELECT count(*) FROM receipts r WHERE r.issuer_id = n.issuer_id AND r.year = n.year)",
            ),
            (
                "a coupon's count",
                "SELECT count(*) FROM coupons c WHERE redemption_count <> (SELECT count(*) FROM coupon_redemptions r WHERE r.coupon_id = c.id AND r.status <> 'RELEASED')",
            ),
            (
                "a grant that is not its last event",
                "SELECT count(*) FROM grants g WHERE status <> (SELECT e.status FROM grant_events e WHERE e.grant_id = g.id ORDER BY e.created_at DESC, e.id DESC LIMIT 1)",
            ),
        ] {
            assert_eq!(self.count(sql).await, 0, "seed {seed}: {what}");
        }
    }

    /// Whether an event of the ledger gave access at an instant, by nothing but the ledger.
    async fn replay(&self, pair: Pair, at: DateTime<Utc>) -> bool {
        self.ledger(pair, at, "").await
    }

    async fn by_hand(&self, pair: Pair, at: DateTime<Utc>) -> bool {
        self.ledger(
            pair,
            at,
            "AND e.grant_id IN (SELECT id FROM grants WHERE source = 'MANUAL')",
        )
        .await
    }

    async fn ledger(&self, pair: Pair, at: DateTime<Utc>, only: &str) -> bool {
        let (user, course) = self.ids(pair);
        let sql = format!(
            "SELECT e.grant_id, e.status, e.starts_at, e.ends_at, e.created_at FROM grant_events e \
             WHERE e.user_id = {} AND e.course_id = {} {only} ORDER BY e.created_at, e.id",
            self.literal(user),
            self.literal(course)
        );
        let mut last: BTreeMap<Uuid, bool> = BTreeMap::new();
        for row in self.rows(&sql).await {
            let time = |name: &str| row.try_get::<Option<DateTime<Utc>>>("", name).unwrap();
            if time("created_at").is_some_and(|made| made <= at) {
                let status: String = row.try_get("", "status").unwrap();
                let begun = time("starts_at").is_some_and(|starts| starts <= at);
                let active = status == "ACTIVE" && begun && time("ends_at").is_none_or(|ends| at < ends);
                last.insert(row.try_get("", "grant_id").unwrap(), active);
            }
        }
        last.values().any(|active| *active)
    }

    /// What an admin is told of any instant is what was so then.
    async fn look_back(&self, seen: &[(DateTime<Utc>, Pair, &'static str)]) {
        for (at, pair, reason) in seen {
            let ((user, course), at) = (self.ids(*pair), *at);
            let work = move |tx: Tx| async move { enrollment::explain_at(&tx, user, course, Some(at)).await };
            let told = self.app.db.read(Actor::System, work).await.unwrap();
            let note = format!("seed {}, {pair:?} at {at}", self.seed);
            assert_eq!(told.verdict.reason, *reason, "{note}");
            assert_eq!(told.verdict.allowed, self.replay(*pair, at).await, "{note}");
        }
    }
}

async fn play(store: Store, seeds: std::ops::Range<u64>) {
    let app = App::start_idle(store).await;
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
    for seed in seeds {
        let elena = world.app.login(&elena.email, PASSWORD).await;
        world.courses.clear();
        for _ in 0..2 {
            let (course, _) = world.app.priced(&elena, 4900).await;
            world.courses.push(course.parse().unwrap());
        }
        world.coupon = format!("HALF{seed}");
        let coupon = json!({ "code": world.coupon, "percentOff": 50, "maxRedemptions": 3 });
        world.app.post_as(&elena, "/coupons", coupon).await.expect(201);
        world.seed = seed;
        let (mut dice, mut seen) = (Dice(seed), Vec::new());
        for _ in 0..60 {
            world.step(&mut dice).await;
            let pair = (dice.index(2), dice.index(2));
            let reason = world.decided(pair).await;
            seen.push((world.app.db.ambient().now(), pair, reason));
        }
        world.settle(&mut dice).await;
        world.check().await;
        world.look_back(&seen).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_money_and_access_agree_on_sqlite() {
    play(Store::Sqlite, 1..9).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_money_and_access_agree_on_postgres() {
    play(Store::Postgres, 1..9).await;
}
