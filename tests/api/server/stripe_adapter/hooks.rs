//! The adapter for Stripe: reading webhooks.

use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use kernel::{Code, Environment};
use payments::Provider;
use serde_json::{Value, json};

use crate::{
    server::stripe_adapter::{adapter, refused, session},
    support::{SECRET, StripeDouble, Switches, TempDir, config, eventually, sign},
};

/// What arrived at a hook, in the order of its arrival.
type Arrived = Arc<Mutex<Vec<(String, String)>>>;

/// A hook that refuses the first two deliveries, and its address.
fn receiver() -> (Arrived, String) {
    let (arrived, count) = (Arrived::default(), Arc::new(AtomicU32::new(0)));
    let (listener, kept) = (TcpListener::bind("127.0.0.1:0").unwrap(), arrived.clone());
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let take = move |request: HttpRequest, body: String| {
        let signature = request.headers().get("stripe-signature").unwrap().to_str().unwrap().to_owned();
        kept.lock().unwrap().push((signature, body));
        let early = count.fetch_add(1, Ordering::SeqCst) < 2;
        async move { if early { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() }.finish() }
    };
    let factory = move || actix_web::App::new().default_service(web::to(take.clone()));
    let server = HttpServer::new(factory).workers(1).disable_signals().listen(listener).unwrap().run();
    tokio::spawn(server);
    (arrived, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_double_s_hooks_travel_as_they_are_told_to() {
    let double = StripeDouble::start();
    let settings = double.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = TempDir::new("stripe");
    let config = config(&folder, &settings);
    let stripe = api::startup::stripe(&config, &Environment::default()).unwrap().unwrap();
    assert!(!stripe.is_live());
    let (_, _, name) = session(&stripe).await;
    double.events();
    let (arrived, url) = receiver();
    double.switch(Switches { delay: Duration::from_millis(1), duplicate: true, reorder: true, drop: 1 });
    double.hook_to(&url);
    double.pay(&name);
    // Created, charged, succeeded, completed: the last comes first, and is lost; the others come twice, in reverse, and
    // the one that was refused once more.
    let kinds = eventually("eight deliveries", || async {
        let arrived = arrived.lock().unwrap().clone();
        let read = |(signature, body): &(String, String)| {
            stripe.read_webhook(signature, body.as_bytes(), Environment::default().now()).unwrap().kind
        };
        (arrived.len() == 8).then(|| arrived.iter().map(read).collect::<Vec<_>>())
    });
    let expected = [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
        "payment_intent.succeeded",
    ];
    assert_eq!(kinds.await, expected.map(|kind| [kind; 2]).concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_that_are_not_about_our_money_tell_nothing() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let (_, _, name) = session(&stripe).await;
    double.events();
    double.pay(&name);
    let event = double.events().pop().unwrap();
    let read = |change: &dyn Fn(&mut Value)| {
        let mut event = event.clone();
        change(&mut event);
        let (body, signature) = double.signed(&event);
        stripe.read_webhook(&signature, body.as_bytes(), Environment::default().now())
    };
    assert!(read(&|_| {}).unwrap().update.is_some());
    let foreign: [&dyn Fn(&mut Value); 6] = [
        &|event| event["livemode"] = json!(true),
        &|event| event["account"] = json!("acct_1"),
        &|event| event["type"] = json!("customer.created"),
        &|event| event["data"]["object"]["metadata"] = json!({}),
        &|event| event["data"]["object"]["metadata"] = Value::Null,
        &|event| {
            *event =
                json!({ "id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found" })
        },
    ];
    for (number, change) in foreign.into_iter().enumerate() {
        assert_eq!(read(change).unwrap().update, None, "{number}");
    }
    let broken: [&dyn Fn(&mut Value); 4] = [
        &|event| event["data"]["object"] = json!(7),
        &|event| event["id"] = Value::Null,
        &|event| *event = json!([]),
        &|event| event["data"]["object"]["amount_total"] = json!("much"),
    ];
    for change in broken {
        refused(read(change), Code::MalformedRequest, "no event");
    }
    let now = Environment::default().now();
    let signature = sign(SECRET, "\u{0}{", now.timestamp());
    refused(stripe.read_webhook(&signature, b"\0{", now), Code::MalformedRequest, "no event");
    refused(stripe.read_webhook("", b"{}", now), Code::HookSignatureInvalid, "");
}
