//! What holds after every sequence.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use database::Tx;
use kernel::Actor;
use kernel::{CourseId, PaymentId, UserId};
use payments::RefundStatus;
use uuid::Uuid;

use crate::server::payment_lifecycle::{
    bank::Held,
    sequences::{Pair, World},
};

impl World {
    pub(super) async fn check(&self) {
        let seed = self.seed;
        let books: BTreeMap<PaymentId, Held> = self.bank.books().payments.clone();
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
        let mut bought: BTreeMap<(UserId, CourseId), bool> = BTreeMap::new();
        for row in &rows {
            let number = |name: &str| {
                row.try_get::<i64>("", name).or_else(|_| row.try_get::<i32>("", name).map(i64::from)).unwrap()
            };
            let id: PaymentId = row.try_get("", "id").unwrap();
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
            assert_eq!((number("refunded_amount"), number("refunding_amount")), (gone, coming), "{note}");
            let bought_by_this = number("purchases") == 1;
            if held.captured && !bought_by_this && !held.meddled {
                assert_eq!(held.left(), 0, "{note}");
            }
            let active = bought_by_this && gone < held.amount && number("taken") == 0 && !held.is_disputed();
            let pair = (row.try_get("", "user_id").unwrap(), row.try_get("", "course_id").unwrap());
            *bought.entry(pair).or_default() |= active;
        }
        for pair in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let (user, course) = self.ids(pair);
            let now = self.app.db.environment().now();
            let granted = self.replay(pair, now).await;
            let manual = self.by_hand(pair, now).await;
            let by_money = bought.get(&(user, course)).copied().unwrap_or_default();
            assert_eq!(granted, by_money || manual, "seed {seed}, {pair:?}");
            assert_eq!(self.decided(pair).await == "granted", granted, "seed {seed}, {pair:?}");
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
        self.ledger(pair, at, "AND e.grant_id IN (SELECT id FROM grants WHERE source = 'MANUAL')").await
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

    /// What an admin reads of any instant is what was so then.
    pub(super) async fn look_back(&self, seen: &[(DateTime<Utc>, Pair, &'static str)]) {
        for (at, pair, reason) in seen {
            let ((user, course), at) = (self.ids(*pair), *at);
            let work = move |tx: Tx| async move { enrollment::explain_at(&tx, user, course, Some(at)).await };
            let explanation = self.app.db.read(Actor::System, work).await.unwrap();
            let note = format!("seed {}, {pair:?} at {at}", self.seed);
            assert_eq!(explanation.verdict.reason, *reason, "{note}");
            assert_eq!(explanation.verdict.allowed, self.replay(*pair, at).await, "{note}");
        }
    }
}
