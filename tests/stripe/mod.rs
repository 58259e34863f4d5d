//! Stripe as far as Palestra knows it, with a memory, over HTTP. `contract/stripe` lets Stripe's own libraries drive it, so that
//! its shapes, its refusals and its signatures are theirs.

mod books;
mod form;
mod intents;
mod refunds;
mod sessions;
mod wire;

use std::{
    collections::{BTreeMap, VecDeque},
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use aws_lc_rs::hmac;
use kernel::Clock;
use serde_json::Value;
use tokio::sync::Notify;

use self::books::{Answer, Books, Params, text};

pub const KEY: &str = "sk_test_double";
/// The key of the same account in its live mode.
pub const LIVE_KEY: &str = "sk_live_double";
pub const SECRET: &str = "whsec_double";
/// A hook that is not acknowledged is sent again so often.
const DELIVERIES: u32 = 20;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// This status, by somebody in between; nothing is done.
    Status(u16),
    /// The key may not do this.
    Forbidden,
    /// A refusal for a reason that only Stripe knows.
    Refused,
    /// 200 with half an answer; nothing is done.
    Garbage,
    /// No answer for a minute.
    Hang,
    /// It is done after so long; a second call with the same key meets the first.
    Slow(Duration),
    /// It is done, then Stripe breaks; the key gets the same 500 from now on.
    BrokenAfter,
    /// It is done, and the answer gets lost; the key gets the good answer the next time.
    LostAfter,
}

/// How hooks travel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    /// They wait before they are sent.
    pub delay: Duration,
    /// Each is sent twice.
    pub duplicate: bool,
    /// Those that are due together are sent last first.
    pub reorder: bool,
    /// The next so many are never sent.
    pub drop: u32,
}

struct Kept {
    print: String,
    /// `None` while the first call is still running.
    answer: Option<(u16, String)>,
}

struct Room {
    books: Books,
    keys: BTreeMap<String, Kept>,
    /// Every call, as `METHOD path`.
    calls: Vec<String>,
    /// How calls begin, and how many of them fail how.
    faults: Vec<(String, u32, Fault)>,
    /// Where events are sent by themselves, and the secret that signs them.
    hook: Option<(String, String)>,
    switches: Switches,
    tries: BTreeMap<String, u32>,
}

struct Shared {
    base: String,
    key: String,
    room: Mutex<Room>,
    wake: Notify,
}

impl Shared {
    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap()
    }
}

/// A Stripe of its own, gone with this value.
pub struct StripeDouble {
    shared: Arc<Shared>,
    handle: ServerHandle,
}

impl StripeDouble {
    /// The live mode of an account, which has objects of its own.
    pub fn start_live(clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self::start_with_key("127.0.0.1:0", LIVE_KEY, clock)
    }

    /// On a free port, by the machine's clock.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0", Arc::new(kernel::SystemClock))
    }

    /// By a clock that a test moves.
    pub fn start_at(address: &str, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self::start_with_key(address, KEY, clock)
    }

    fn start_with_key(address: &str, key: &str, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let room = Room {
            books: Books::new(clock),
            keys: BTreeMap::new(),
            calls: Vec::new(),
            faults: Vec::new(),
            hook: None,
            switches: Switches::default(),
            tries: BTreeMap::new(),
        };
        let shared =
            Arc::new(Shared { base, key: key.to_owned(), room: Mutex::new(room), wake: Notify::new() });
        let data = web::Data::new(shared.clone());
        let factory = move || App::new().app_data(data.clone()).default_service(web::to(wire::answer));
        let server = HttpServer::new(factory).workers(1).disable_signals().listen(listener).unwrap().run();
        let (handle, delivering) = (server.handle(), shared.clone());
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.spawn(deliver(delivering));
            runtime.block_on(server).unwrap();
        });
        Self { shared, handle }
    }

    pub fn base(&self) -> String {
        self.shared.base.clone()
    }

    /// The settings of a server that uses this Stripe.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PALESTRA_STRIPE_BASE_URL", self.base()),
            ("PALESTRA_STRIPE_SECRET_KEY", self.shared.key.clone()),
            ("PALESTRA_STRIPE_WEBHOOK_SECRETS", SECRET.to_owned()),
        ]
    }

    /// Every call so far, as `METHOD path`.
    pub fn calls(&self) -> Vec<String> {
        self.shared.room().calls.clone()
    }

    /// The next calls that begin so (`POST /v1/refunds`; an empty text for any) go wrong.
    pub fn fail(&self, call: &str, times: u32, fault: Fault) {
        self.shared.room().faults.push((call.to_owned(), times, fault));
    }

    /// From now on events are sent there by themselves, until they are acknowledged.
    pub fn hook_to(&self, url: &str) {
        self.shared.room().hook = Some((url.to_owned(), SECRET.to_owned()));
        self.shared.wake.notify_one();
    }

    pub fn switch(&self, switches: Switches) {
        self.shared.room().switches = switches;
    }

    /// The events that happened since somebody last asked, for a test that delivers them as it likes.
    pub fn events(&self) -> Vec<Value> {
        let mut room = self.shared.room();
        room.books.tidy();
        room.books.waiting.drain(..).collect()
    }

    /// An object as it is now.
    pub fn object(&self, id: &str) -> Value {
        self.shared.room().books.objects[id].clone()
    }

    /// Every object of a kind.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let room = self.shared.room();
        let of = |object: &&Value| object["object"] == kind;
        room.books.objects.values().filter(of).cloned().collect()
    }

    /// How many objects of a kind (`checkout.session`, `refund`) there are.
    pub fn count(&self, kind: &str) -> usize {
        self.all(kind).len()
    }

    fn change<T>(&self, work: impl FnOnce(&mut Books) -> T) -> T {
        let mut room = self.shared.room();
        room.books.tidy();
        room.books.request = books::nobody();
        let done = work(&mut room.books);
        drop(room);
        self.shared.wake.notify_one();
        done
    }

    fn good(answer: Answer) -> Value {
        answer.unwrap_or_else(|refusal| panic!("{}", refusal.error))
    }

    // The buyer ------------------------------------------------------------------------------------------------

    /// Pays on the page of a session; answers with the payment's name.
    pub fn pay(&self, session: &str) -> String {
        text(&Self::good(self.change(|books| books.pay(session, "pm_card_visa"))), "payment_intent")
    }

    /// Tries with another test payment method; the status that follows, or the code of the refusal.
    pub fn try_to_pay(&self, session: &str, method: &str) -> Result<String, String> {
        let tried = self.change(|books| books.pay(session, method));
        tried.map(|session| text(&session, "status")).map_err(|refusal| text(&refusal.error, "code"))
    }

    /// Pays by something that takes days: the session is complete, and not paid.
    pub fn pay_later(&self, session: &str) -> String {
        text(&Self::good(self.change(|books| books.pay(session, "pm_usBankAccount"))), "payment_intent")
    }

    /// The money that was paid later arrives, or does not.
    pub fn hear_of(&self, session: &str, good: bool) {
        self.change(|books| books.hear_of(session, good));
    }

    /// Money that was on its way to an intent does not come: its buyer may pay again.
    pub fn bounce(&self, intent: &str) {
        self.change(|books| books.bounce_intent(intent));
    }

    /// Closes the page, and the session runs out.
    pub fn abandon(&self, session: &str) {
        Self::good(self.change(|books| books.expire(session, &Params(Value::Null))));
    }

    /// Confirms an intent, as the library in the client does; the status that follows, or the code of the refusal.
    pub fn confirm(&self, client_secret: &str, method: &str) -> Result<String, String> {
        let intent = client_secret.split("_secret").next().unwrap_or_default();
        let tried = self.change(|books| books.confirm(intent, Some(method)));
        tried.map(|intent| text(&intent, "status")).map_err(|refusal| text(&refusal.error, "code"))
    }

    /// Meets the challenge of the bank.
    pub fn authenticate(&self, intent: &str) {
        self.change(|books| books.authenticate(intent));
    }

    /// Deletes an object, as the owner of the account can.
    pub fn delete(&self, id: &str) {
        self.shared.room().books.delete(id);
    }

    // Banks, and the owner of the account at Stripe's dashboard --------------------------------------------------

    /// Gives money back without us; answers with the refund's name.
    pub fn refund_by_hand(&self, intent: &str, amount: i64) -> String {
        let params = serde_json::json!({ "payment_intent": intent, "amount": amount.to_string() });
        text(&Self::good(self.change(|books| books.create_refund(&Params(params)))), "id")
    }

    /// A refund on its way arrives.
    pub fn settle_refund(&self, refund: &str) {
        self.change(|books| books.settle_refund(refund));
    }

    /// A refund comes back, perhaps after it had succeeded.
    pub fn fail_refund(&self, refund: &str) {
        self.change(|books| books.fail_refund(refund));
    }

    /// The buyer's bank takes the money; answers with the dispute's name.
    pub fn dispute(&self, intent: &str) -> String {
        text(
            &Self::good(self.change(|books| books.open_dispute(intent, "fraudulent", "needs_response"))),
            "id",
        )
    }

    /// The buyer's bank only asks.
    pub fn inquire(&self, intent: &str) -> String {
        text(
            &Self::good(
                self.change(|books| books.open_dispute(intent, "fraudulent", "warning_needs_response")),
            ),
            "id",
        )
    }

    /// `won`, `lost`, `under_review`, `needs_response`, `warning_closed`, `prevented`.
    pub fn decide(&self, dispute: &str, status: &str) {
        Self::good(self.change(|books| books.decide_dispute(dispute, status)));
    }

    /// An event as it travels at this moment: its body, and `Stripe-Signature`.
    pub fn signed(&self, event: &Value) -> (String, String) {
        let body = event.to_string();
        let signature = sign(SECRET, &body, self.shared.room().books.now());
        (body, signature)
    }
}

impl Drop for StripeDouble {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// `Stripe-Signature` of a body.
pub fn sign(secret: &str, body: &str, at: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", kernel::hex(tag.as_ref()))
}

/// Sends what happens to the hook, as the switches say, and again what was not acknowledged.
async fn deliver(shared: Arc<Shared>) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    loop {
        shared.wake.notified().await;
        let Some((url, secret)) = shared.room().hook.clone() else {
            continue;
        };
        let switches = shared.room().switches;
        if switches.reorder {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut batch: VecDeque<Value> = shared.room().books.waiting.drain(..).collect();
        if switches.reorder {
            batch = batch.into_iter().rev().collect();
        }
        for event in batch {
            if shared.room().switches.drop > 0 {
                shared.room().switches.drop -= 1;
                continue;
            }
            tokio::time::sleep(switches.delay).await;
            let mut acknowledged = false;
            for _ in 0..=u8::from(switches.duplicate) {
                acknowledged = send(&client, &shared, &url, &secret, &event).await;
            }
            if !acknowledged {
                again(&shared, event);
            }
        }
    }
}

async fn send(client: &reqwest::Client, shared: &Shared, url: &str, secret: &str, event: &Value) -> bool {
    let body = event.to_string();
    let signature = sign(secret, &body, shared.room().books.now());
    let request =
        client.post(url).header("content-type", "application/json").header("stripe-signature", signature);
    request.body(body).send().await.is_ok_and(|answer| answer.status().is_success())
}

fn again(shared: &Arc<Shared>, event: Value) {
    let shared = shared.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut room = shared.room();
        let tries = room.tries.entry(text(&event, "id")).or_default();
        *tries += 1;
        if *tries < DELIVERIES {
            room.books.waiting.push_back(event);
        }
        drop(room);
        shared.wake.notify_one();
    });
}
