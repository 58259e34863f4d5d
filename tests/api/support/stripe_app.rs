//! A server that sells through a double of Stripe.

use std::{ops::Deref, sync::Arc};

use database::Pool;
use kernel::Actor;
use payments::Payments;
use serde_json::{Value, json};

use super::{App, DatabaseKind, Person, Reply, SECRET, StripeDouble, TestClock, app::config, eventually};

/// The former secret of webhooks, still accepted.
pub const FORMER_SECRET: &str = "whsec_former";

/// A server that sells through a double of Stripe with the same clock; with a trainer, a learner and a course for 49 dollars.
pub struct StripeApp {
    // Declared first, so that it stops before the Stripe double.
    app: App,
    pub stripe: StripeDouble,
    pub elena: Person,
    pub lena: Person,
    pub course: String,
    pub lessons: [String; 2],
    settings: Vec<(&'static str, String)>,
}

impl Deref for StripeApp {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

/// A checkout that is not yet paid.
pub struct OpenCheckout {
    pub payment: String,
    /// The session on Stripe's page, or the secret of the intent.
    pub reference: String,
}

impl StripeApp {
    pub async fn open(database: DatabaseKind) -> Self {
        let clock = Arc::new(TestClock::default());
        let stripe = StripeDouble::start_at("127.0.0.1:0", clock.clone());
        let mut settings = stripe.settings();
        // Two secrets, as during a rotation.
        let secrets = format!("{FORMER_SECRET},{SECRET}");
        settings.retain(|(name, _)| *name != "PALESTRA_STRIPE_WEBHOOK_SECRETS");
        settings.push(("PALESTRA_STRIPE_WEBHOOK_SECRETS", secrets));
        // The tests advance the clock; access tokens should outlive that.
        settings.push(("PALESTRA_ACCESS_TOKEN_SECONDS", "3600".to_owned()));
        let borrowed: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let app = App::start_with_clock(database, &borrowed, clock, true).await;
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, lessons) = app.course_for_sale(&elena, 4900).await;
        Self { app, stripe, elena, lena, course, lessons, settings }
    }

    /// The payment service as the worker uses it.
    pub fn payments(&self) -> Payments {
        let settings: Vec<_> = self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let config = config(&self.app.folder, &settings);
        api::startup::payments(&config, self.app.db.environment()).unwrap()
    }

    /// The payment service after the keys were replaced by those of this Stripe.
    pub fn payments_at(&self, stripe: &StripeDouble) -> Payments {
        let settings = stripe.settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let config = config(&self.app.folder, &settings);
        api::startup::payments(&config, self.app.db.environment()).unwrap()
    }

    /// Starts a checkout on Stripe's hosted page.
    pub async fn start_checkout(&self) -> OpenCheckout {
        let reply = self.checkout(&self.lena, &self.course).await.expect(201);
        OpenCheckout {
            payment: reply.text_at("/payment/id"),
            reference: reply.text_at("/url").rsplit('/').next().unwrap().to_owned(),
        }
    }

    /// Starts a checkout with an embedded payment.
    pub async fn start_embedded_checkout(&self) -> OpenCheckout {
        let body = json!({ "courseId": self.course, "method": "PAYMENT_INTENT" });
        let reply = self.post_with_new_key_as(&self.lena, "/checkout", body).await.expect(201);
        OpenCheckout { payment: reply.text_at("/payment/id"), reference: reply.text_at("/clientSecret") }
    }

    /// Buys the course on the hosted page; returns the payment and its intent at Stripe.
    pub async fn complete_purchase(&self) -> (String, String) {
        let OpenCheckout { payment, reference } = self.start_checkout().await;
        let intent = self.stripe.pay(&reference);
        self.deliver_webhooks().await;
        self.wait_until(&payment, "/status", json!("COMPLETED")).await;
        (payment, intent)
    }

    /// Delivers all webhooks and waits until they are processed.
    pub async fn deliver_webhooks(&self) {
        self.stripe.deliver_all(self).await;
        self.wait_for_empty_outbox().await;
    }

    /// Waits until the outbox is empty.
    pub async fn wait_for_empty_outbox(&self) {
        eventually("the outbox to be worked off", || async {
            let work = |tx: database::Tx| async move { database::outbox::backlog(&tx).await };
            let (waiting, aside) = self.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
            assert_eq!(aside, 0, "a message was put aside");
            (waiting == 0).then_some(())
        })
        .await;
    }

    /// Waits until the payment has this value.
    pub async fn wait_until(&self, payment: &str, pointer: &str, value: Value) -> Reply {
        self.wait_for_payment(&self.lena, payment, pointer, value).await
    }

    /// The payment as the buyer sees it.
    pub async fn payment(&self, payment: &str) -> Reply {
        self.get_as(&self.lena, &format!("/payments/{payment}")).await.expect(200)
    }

    /// The current time in seconds, as Stripe writes it.
    pub fn unix_time(&self) -> i64 {
        self.db.environment().now().timestamp()
    }

    /// The reason why the buyer may read the first lesson, or the code of the refusal.
    pub async fn buyer_access(&self) -> String {
        self.access_reason(&self.lena, &self.lessons[0]).await
    }

    /// Refunds what the body says, by default the rest; returns the id of the refund.
    pub async fn refund(&self, payment: &str, body: Value) -> String {
        let path = format!("/payments/{payment}/refunds");
        self.post_with_new_key_as(&self.elena, &path, body).await.expect(201).text_at("/id")
    }

    /// The number of rows of a table.
    pub async fn count_rows(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let work = move |tx: database::Tx| async move { super::count(&tx, &sql).await };
        self.db.read_in(Pool::Worker, Actor::System, work).await.unwrap()
    }

    pub async fn count_purchases(&self) -> usize {
        let reply = self.get_as(&self.lena, "/me/purchases").await.expect(200);
        reply.at("/data").as_array().unwrap().len()
    }
}
