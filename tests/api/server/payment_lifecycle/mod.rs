//! All orders in which the events of a payment can arrive, once and twice.

mod bank;
mod sequences;

use std::{collections::HashSet, sync::Arc};

use chrono::TimeDelta;
use database::{MapDbErr, Pool, Tx, outbox};
use futures_util::{StreamExt, stream};
use kernel::{Actor, Environment, Money, PaymentId, Role, Timestamp, UserId};
use payments::{
    Charge, CheckoutRequest, Fact, PaymentMethod, PaymentSession, Payments, Provider, ProviderName,
    ProviderReference, ProviderUpdate, RefundRequest, Stripe, StripeSettings, WebhookEvent,
};
use sea_orm::ConnectionTrait;
use test_macros::both_databases;
use uuid::Uuid;

use crate::support::{App, DatabaseKind, Person, SECRET, StripeDouble, count, sign};

/// How much is on its way at once: enough for commits to be shared.
const AT_ONCE: usize = 32;

/// A provider whose ids are derived from ours; its webhooks are read by the real adapter.
struct Post {
    reader: Stripe,
}

#[async_trait::async_trait]
impl Provider for Post {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }
    async fn create_customer(
        &self,
        user_id: UserId,
        _: &str,
        _: Option<&str>,
        _: Option<&str>,
    ) -> kernel::Result<String> {
        Ok(format!("cus_{user_id}"))
    }
    async fn create_session(&self, charge: &Charge) -> kernel::Result<PaymentSession> {
        Ok(PaymentSession {
            session_id: Some(format!("cs_{}", charge.payment_id)),
            provider_payment_id: None,
            url: Some("https://stripe.example.com/".to_owned()),
            client_secret: None,
        })
    }
    async fn cancel(&self, _: &ProviderReference) -> kernel::Result<()> {
        Ok(())
    }
    async fn fetch_update(&self, _: &ProviderReference) -> kernel::Result<ProviderUpdate> {
        Ok(ProviderUpdate::default())
    }
    async fn find_payment_id(&self, name: &str) -> kernel::Result<Option<PaymentId>> {
        Ok(name.strip_prefix("pi_").and_then(|id| id.parse().ok()))
    }
    async fn refund(&self, _: &RefundRequest) -> kernel::Result<Fact> {
        Err(kernel::Error::internal("nobody refunds here"))
    }
    fn read_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> kernel::Result<WebhookEvent> {
        self.reader.read_webhook(signature, body, now)
    }
}

fn stripe(base_url: String) -> Stripe {
    let settings = StripeSettings {
        secret_key: "sk_test_double".to_owned(),
        webhook_secrets: vec![SECRET.to_owned()],
        base_url,
    };
    Stripe::new(settings, Environment::default()).unwrap()
}

/// The six events of one payment, as the Stripe double emits them, with the ids of that payment.
struct Life {
    events: Vec<String>,
    payment: String,
    session: String,
    intent: String,
}

async fn life() -> Life {
    let double = StripeDouble::start();
    let (stripe, environment) = (stripe(double.base()), Environment::default());
    let customer =
        stripe.create_customer(environment.new_id(), "lena@example.com", None, None).await.unwrap();
    let charge = Charge {
        payment_id: environment.new_id(),
        method: PaymentMethod::CheckoutSession,
        amount: Money { amount: 4900, currency: "USD".parse().unwrap() },
        title: "Strength".to_owned(),
        customer_id: customer,
        replaced_session_id: None,
        success_url: "https://app.example.com/".to_owned(),
        cancel_url: "https://app.example.com/".to_owned(),
        expires_at: environment.now() + TimeDelta::hours(1),
    };
    let session = stripe.create_session(&charge).await.unwrap().session_id.unwrap();
    double.try_to_pay(&session, "pm_card_pendingRefund").unwrap();
    let intent = double.object(&session)["payment_intent"].as_str().unwrap().to_owned();
    let refund = double.refund_by_hand(&intent, 900);
    double.settle_refund(&refund);
    let dispute = double.dispute(&intent);
    double.decide(&dispute, "won");
    let all = double.events();
    let wanted = [
        "payment_intent.succeeded",
        "checkout.session.completed",
        "refund.created",
        "refund.updated",
        "charge.dispute.created",
        "charge.dispute.closed",
    ];
    let find = |kind: &&str| all.iter().find(|event| event["type"] == **kind).unwrap().to_string();
    Life {
        events: wanted.iter().map(find).collect(),
        payment: charge.payment_id.to_string(),
        session,
        intent,
    }
}

impl Life {
    /// The same life, of another payment.
    fn of(&self, payment: PaymentId) -> Vec<String> {
        let id = payment.to_string();
        let rename = |event: &String| {
            let event = event
                .replace(&self.payment, &id)
                .replace(&self.session, &format!("cs_{id}"))
                .replace(&self.intent, &format!("pi_{id}"));
            event.replace("_double", &format!("_{id}"))
        };
        self.events.iter().map(rename).collect()
    }
}

/// Every order of six things.
fn orders() -> Vec<Vec<usize>> {
    fn grow(order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if order.len() == 6 {
            all.push(order.clone());
        }
        for next in 0..6 {
            if !order.contains(&next) {
                order.push(next);
                grow(order, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    grow(&mut Vec::new(), &mut all);
    all
}

fn actor(person: &Person, role: Role) -> Actor {
    Actor::User { id: person.id.parse().unwrap(), role, session: Uuid::nil().into() }
}

async fn note(app: &App, payments: &Payments, body: &str) {
    let now = app.db.environment().now();
    let signature = sign(SECRET, body, now.timestamp());
    let event = payments.read_webhook(&signature, body.as_bytes(), now).unwrap();
    let work = move |tx: Tx| async move { payments::record_event(&tx, "stripe", &event).await };
    app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
}

/// What the worker does with everything that is due.
async fn work_off(app: &App, payments: &Payments) {
    loop {
        let claim = |tx: Tx| async move { outbox::claim(&tx, outbox::Kinds::Any, 256).await };
        let messages = app.db.run_in(Pool::Worker, Actor::System, claim).await.unwrap();
        if messages.is_empty() {
            return;
        }
        let each = stream::iter(&messages).for_each_concurrent(AT_ONCE, |message| async move {
            payments.handle_message(&app.db, message).await.unwrap();
        });
        each.await;
        let done = move |tx: Tx| async move {
            for message in &messages {
                outbox::done(&tx, message).await?;
            }
            Ok(())
        };
        app.db.run_in(Pool::Worker, Actor::System, done).await.unwrap();
    }
}

#[both_databases]
async fn all_720_orders_end_alike(database: DatabaseKind) {
    let (app, life, orders) = (App::start_without_worker(database).await, life().await, orders());
    assert_eq!(orders.len(), 720);
    let payments = Payments::new(
        Some(Arc::new(Post { reader: stripe("http://127.0.0.1:1".to_owned()) })),
        std::time::Duration::from_secs(3600),
    );
    let elena = app.trainer().await;
    let (mut buyers, mut courses) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        buyers.push(app.learner().await);
    }
    for _ in 0..36 {
        courses.push(app.course_for_sale(&elena, 4900).await.0);
    }
    let pairs = buyers.iter().flat_map(|buyer| courses.iter().map(move |course| (buyer, course)));
    let begin = |(buyer, course): (&Person, &String)| {
        let request = CheckoutRequest {
            course_id: course.parse().unwrap(),
            coupon_code: None,
            method: PaymentMethod::CheckoutSession,
            success_url: "https://app.example.com/".to_owned(),
            cancel_url: "https://app.example.com/".to_owned(),
        };
        let (app, payments, buyer) = (&app, &payments, actor(buyer, Role::User));
        async move { payments.checkout(&app.db, buyer, request).await.unwrap().payment.id }
    };
    let lives: Vec<(PaymentId, Vec<String>)> = stream::iter(pairs.map(begin).collect::<Vec<_>>())
        .buffered(AT_ONCE)
        .map(|id| (id, life.of(id)))
        .collect()
        .await;
    assert_eq!(lives.len(), 2 * orders.len());
    // In each order the events of one payment are delivered once, of another twice.
    for position in 0..6 {
        for (times, lives) in lives.chunks(orders.len()).enumerate() {
            let deliveries = lives.iter().zip(&orders).map(|((_, events), order)| &events[order[position]]);
            let deliveries = deliveries.flat_map(|body| std::iter::repeat_n(body, 1 + times));
            let (app, payments) = (&app, &payments);
            stream::iter(deliveries).for_each_concurrent(AT_ONCE, |body| note(app, payments, body)).await;
            work_off(app, payments).await;
        }
    }
    check(&app, &lives, &orders).await;
}

/// All payments end in the same state, and no event is left unprocessed.
async fn check(app: &App, lives: &[(PaymentId, Vec<String>)], orders: &[Vec<usize>]) {
    let sql = "SELECT p.id FROM payments p JOIN purchases u ON u.payment_id = p.id AND u.ended_at IS NULL \
        JOIN receipts r ON r.payment_id = p.id JOIN refunds f ON f.payment_id = p.id AND f.status = 'SUCCEEDED' \
        JOIN disputes d ON d.payment_id = p.id AND d.status = 'WON' \
        JOIN grants g ON g.user_id = p.user_id AND g.course_id = p.course_id AND g.status = 'ACTIVE' \
        WHERE p.status = 'COMPLETED' AND p.refunded_amount = 900 AND p.refunding_amount = 0";
    let good = move |tx: Tx| async move {
        let rows = tx.query_all_raw(tx.named(sql, [])).await.map_db_err()?;
        rows.iter()
            .map(|row| row.try_get::<PaymentId>("", "id").map_db_err())
            .collect::<kernel::Result<HashSet<_>>>()
    };
    let good = app.db.read_in(Pool::Worker, Actor::System, good).await.unwrap();
    for ((id, _), order) in lives.iter().zip(orders.iter().cycle()) {
        assert!(good.contains(id), "the order {order:?}");
    }
    let counts = |tx: Tx| async move {
        let mut counts = Vec::new();
        for table in ["payments", "purchases", "receipts", "refunds", "disputes", "grants"] {
            counts.push(count(&tx, &format!("SELECT count(*) FROM {table}")).await?);
        }
        Ok(counts)
    };
    let counts = app.db.read_in(Pool::Worker, Actor::System, counts).await.unwrap();
    assert_eq!(counts, [1440; 6]);
}
