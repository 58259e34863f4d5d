//! The server is killed between every two steps of checkout, webhook, grant and refund, and resumes on the same database.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use api::{
    server::{self, Server},
    startup::{self, Schema},
};
use chrono::Duration;
use kernel::Environment;
use serde_json::{Value, json};
use test_macros::both_databases;
use tokio::sync::watch;

use crate::support::{
    App, DatabaseKind, Fault, Fixture, Person, Reply, StripeDouble, TestClock, as_role, config, eventually,
};

const SETTINGS: &str = "PALESTRA_TEST_SERVER_SETTINGS";

const AHEAD: &str = "PALESTRA_TEST_SERVER_AHEAD";

const WORKER: &str = "PALESTRA_TEST_SERVER_WORKER";

const SERVING: &str = "serving at ";

const SESSIONS: &str = "POST /v1/checkout/sessions";

const REFUNDS: &str = "POST /v1/refunds";

/// Longer than a message or a key is held by one who died.
const LATER: u32 = 70;

/// No test: the server that the others start, as a process of its own, from this very executable.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn serves_for_another_test() {
    let Ok(settings) = std::env::var(SETTINGS) else {
        return;
    };
    let settings: Vec<(String, String)> = serde_json::from_str(&settings).unwrap();
    let borrowed: Vec<(&str, &str)> =
        settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let folder = borrowed.iter().find(|(name, _)| *name == "PALESTRA_DATA_DIR").unwrap().1;
    let config = config(std::path::Path::new(folder), &borrowed);
    let clock = TestClock::default();
    clock.advance(Duration::seconds(std::env::var(AHEAD).unwrap().parse().unwrap()));
    let db = startup::open(&config, Environment::new(Arc::new(clock)), Schema::Check).await.unwrap();
    let with_worker = std::env::var(WORKER).unwrap() == "true";
    let server = Server::new(config.clone(), db, server::bind(&config).unwrap(), with_worker).unwrap();
    println!("{SERVING}http://{}", server.address().unwrap());
    let (_going_on, stopped) = watch::channel(false);
    server.run(stopped).await.unwrap();
}

/// A server in a process of its own, which can be killed.
struct CrashingServer {
    process: Option<Child>,
    app: App,
    stripe: StripeDouble,
    settings: Vec<(String, String)>,
    ahead: u32,
    elena: Person,
    lena: Person,
    course: String,
    lesson: String,
}

impl CrashingServer {
    async fn open(database: DatabaseKind) -> Self {
        let mut app = App::start_without_worker(database).await;
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, lessons) = app.course_for_sale(&elena, 4900).await;
        app.stop();
        let stripe = StripeDouble::start();
        let mut settings: Vec<(String, String)> =
            stripe.settings().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        settings.push(("PALESTRA_DATA_DIR".to_owned(), app.folder.display().to_string()));
        if let Some(url) = &app.url {
            let [own, auth, worker] = database::postgres::ROLES.map(|role| as_role(url, role));
            let urls = [("APP", own), ("AUTH", auth), ("WORKER", worker)];
            settings.extend(urls.map(|(name, url)| (format!("PALESTRA_DATABASE_{name}_URL"), url)));
        }
        let [lesson, _] = lessons;
        let mut server = Self { process: None, app, stripe, settings, ahead: 0, elena, lena, course, lesson };
        server.start(true);
        server
    }

    /// Starts the server, on the same database, and tells Stripe where it is now.
    fn start(&mut self, with_worker: bool) {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::crash::serves_for_another_test", "--nocapture"])
            .env(SETTINGS, serde_json::to_string(&self.settings).unwrap())
            .env(AHEAD, self.ahead.to_string())
            .env(WORKER, with_worker.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once(SERVING).map(|found| found.1.to_owned()));
        self.process = Some(process);
        self.app.base = address.expect("the server to start");
    }

    /// Stripe sends its hooks to the server that runs now.
    fn connect_webhooks(&self) {
        self.stripe.hook_to(&format!("{}/api/v1/hooks/stripe", self.app.base));
    }

    /// As the machine's end would: nothing is finished, nothing is said.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Kills the server while it waits for the answer to the last of so many calls that begin so.
    async fn kill_at(&mut self, call: &str, count: usize) {
        eventually(&format!("{call} to be asked"), || async {
            let calls = self.stripe.calls();
            (calls.iter().filter(|found| found.starts_with(call)).count() >= count).then_some(())
        })
        .await;
        self.kill();
    }

    /// Begins to buy, and dies before it is answered.
    async fn crash_in_checkout(&mut self, call: &str, count: usize) {
        let request = self
            .app
            .request("POST", "/checkout")
            .bearer_auth(&self.lena.token)
            .header("idempotency-key", "mine")
            .json(&json!({ "courseId": self.course }));
        let asked = tokio::spawn(request.send());
        self.kill_at(call, count).await;
        assert!(asked.await.unwrap().is_err(), "nobody answers who is dead");
        self.ahead += LATER;
        self.start(true);
    }

    async fn checkout(&self) -> Reply {
        self.app
            .post_with_key_as(&self.lena, "/checkout", json!({ "courseId": self.course }), "mine")
            .await
            .expect(201)
    }

    /// The only payment that there is.
    async fn payment(&self) -> Reply {
        let reply = self.app.get_as(&self.lena, "/me/payments").await.expect(200);
        assert_eq!(reply.at("/data").as_array().unwrap().len(), 1, "{}", reply.text);
        let path = format!("/payments/{}", reply.text_at("/data/0/id"));
        self.app.get_as(&self.lena, &path).await.expect(200)
    }

    async fn wait_for_own_payment(&self, pointer: &str, value: Value) -> Reply {
        let id = self.payment().await.text_at("/id");
        self.app.wait_for_payment(&self.lena, &id, pointer, value).await
    }

    fn session_of(reply: &Reply) -> String {
        reply.text_at("/url").rsplit('/').next().unwrap().to_owned()
    }

    /// Goes on with the checkout: the buyer pays, and has the course.
    async fn pay_and_expect_purchase(&self) {
        self.connect_webhooks();
        let reply = self.checkout().await;
        self.stripe.pay(&Self::session_of(&reply));
        self.expect_purchase().await;
    }

    /// Everything is there once.
    async fn expect_purchase(&self) {
        let payment = self.wait_for_own_payment("/status", json!("COMPLETED")).await.text_at("/id");
        assert_eq!(self.app.access_reason(&self.lena, &self.lesson).await, "granted");
        self.expect_one_of_each(&payment).await;
    }

    async fn expect_one_of_each(&self, payment: &str) {
        let receipt = self.app.get_as(&self.lena, &format!("/payments/{payment}/receipt")).await.expect(200);
        assert!(receipt.text_at("/number").ends_with("-000001"), "{}", receipt.text);
        let purchases = self.app.get_as(&self.lena, "/me/purchases").await.expect(200);
        assert_eq!(purchases.at("/data").as_array().unwrap().len(), 1);
        assert_eq!((self.stripe.count("checkout.session"), self.stripe.count("customer")), (1, 1));
        let path = format!("/me/access/courses/{}", self.course);
        let grants = self.app.get_as(&self.lena, &path).await.expect(200);
        assert_eq!(grants.at("/grants").as_array().unwrap().len(), 1);
    }

    /// Buys, and asks for all of the money back; dies at Stripe's answer, and comes back.
    async fn crash_in_refund(&mut self, calls: usize) {
        self.pay_and_expect_purchase().await;
        let payment = self.payment().await.text_at("/id");
        self.app
            .post_with_new_key_as(&self.elena, &format!("/payments/{payment}/refunds"), json!({}))
            .await
            .expect(201);
        self.kill_at(REFUNDS, calls).await;
        self.ahead += LATER;
        self.start(true);
        self.connect_webhooks();
        let back = self.wait_for_own_payment("/status", json!("REFUNDED")).await;
        assert_eq!((back.at("/refunded/amount"), back.at("/refunding/amount")), (json!(4900), json!(0)));
        assert_eq!((back.at("/refunds").as_array().unwrap().len(), self.stripe.count("refund")), (1, 1));
        assert_eq!(self.app.access_reason(&self.lena, &self.lesson).await, "grant_refunded");
        self.expect_one_of_each(&payment).await;
    }
}

impl Fixture for CrashingServer {
    async fn build(database: DatabaseKind) -> Self {
        Self::open(database).await
    }
}

impl Drop for CrashingServer {
    fn drop(&mut self) {
        self.kill();
    }
}

#[both_databases]
async fn while_stripe_is_asked_for_the_customer(mut server: CrashingServer) {
    server.stripe.fail("POST /v1/customers", 1, Fault::Hang);
    server.crash_in_checkout("POST /v1/customers", 1).await;
    server.pay_and_expect_purchase().await;
}

#[both_databases]
async fn while_stripe_is_asked_for_the_session(mut server: CrashingServer) {
    server.stripe.fail(SESSIONS, 1, Fault::Hang);
    server.crash_in_checkout(SESSIONS, 1).await;
    assert_eq!(server.stripe.count("checkout.session"), 0);
    server.pay_and_expect_purchase().await;
}

#[both_databases]
async fn when_stripe_has_made_the_session_and_its_answer_is_lost(mut server: CrashingServer) {
    server.stripe.fail(SESSIONS, 1, Fault::LostAfter);
    server.stripe.fail(SESSIONS, 1, Fault::Hang);
    server.crash_in_checkout(SESSIONS, 2).await;
    assert_eq!(server.stripe.count("checkout.session"), 1);
    server.pay_and_expect_purchase().await;
}

#[both_databases]
async fn when_the_buyer_has_paid_before_we_know_where(mut server: CrashingServer) {
    server.stripe.fail(SESSIONS, 1, Fault::LostAfter);
    server.stripe.fail(SESSIONS, 1, Fault::Hang);
    server.crash_in_checkout(SESSIONS, 2).await;
    server.kill();
    let session = server.stripe.all("checkout.session")[0]["id"].as_str().unwrap().to_owned();
    server.connect_webhooks();
    server.stripe.pay(&session);
    server.start(true);
    server.connect_webhooks();
    server.expect_purchase().await;
}

#[both_databases]
async fn after_our_answer_with_the_hook_coming_while_we_are_away(mut server: CrashingServer) {
    let first = server.checkout().await;
    server.connect_webhooks();
    server.kill();
    server.stripe.pay(&CrashingServer::session_of(&first));
    server.start(true);
    server.connect_webhooks();
    server.expect_purchase().await;
    assert_eq!(server.payment().await.at("/id"), first.at("/payment/id"));
}

#[both_databases]
async fn after_the_hook_was_acknowledged_and_before_it_was_acted_upon(mut server: CrashingServer) {
    let first = server.checkout().await;
    server.kill();
    server.start(false);
    server.stripe.pay(&CrashingServer::session_of(&first));
    server.stripe.deliver_all(&server.app).await;
    assert_eq!(server.payment().await.at("/status"), "PENDING");
    server.kill();
    server.start(true);
    server.expect_purchase().await;
    server.kill();
    server.start(true);
    server.expect_purchase().await;
}

#[both_databases]
async fn while_the_worker_asks_whose_a_payment_is(mut server: CrashingServer) {
    let first = server.checkout().await;
    let intent = server.stripe.pay(&CrashingServer::session_of(&first));
    server.stripe.dispute(&intent);
    let events = server.stripe.events();
    let dispute = events.iter().find(|event| event["type"] == "charge.dispute.created").unwrap();
    server.stripe.fail("GET /v1/payment_intents", 1, Fault::Hang);
    server.stripe.deliver(&server.app, dispute).await.expect(200);
    server.kill_at("GET /v1/payment_intents", 1).await;
    server.ahead += LATER;
    server.start(true);
    for event in &events {
        server.stripe.deliver(&server.app, event).await.expect(200);
    }
    let now = server.wait_for_own_payment("/disputes/0/status", json!("OPEN")).await;
    server.wait_for_own_payment("/status", json!("COMPLETED")).await;
    assert_eq!(server.app.access_reason(&server.lena, &server.lesson).await, "grant_suspended");
    server.expect_one_of_each(&now.text_at("/id")).await;
}

#[both_databases]
async fn while_stripe_is_asked_for_the_refund(mut server: CrashingServer) {
    server.stripe.fail(REFUNDS, 1, Fault::Hang);
    server.crash_in_refund(1).await;
}

#[both_databases]
async fn when_stripe_has_made_the_refund_and_its_answer_is_lost(mut server: CrashingServer) {
    server.stripe.fail(REFUNDS, 1, Fault::LostAfter);
    server.stripe.fail(REFUNDS, 1, Fault::Hang);
    server.crash_in_refund(2).await;
}
