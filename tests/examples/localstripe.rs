//! The adapter against localstripe, which others wrote: `localstripe http://127.0.0.1:8420`. It knows payment intents, refunds and
//! signed hooks; no checkout sessions, no disputes, no idempotency keys.

use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::TimeDelta;
use kernel::{Environment, Money};
use payments::{
    Charge, Fact, PaymentMethod, Provider, ProviderReference, RefundReason, RefundRequest, RefundStatus,
    Stripe, StripeSettings, WebhookEvent,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const KEY: &str = "sk_test_localstripe";
const SECRET: &str = "whsec_localstripe";

/// What a client does with the library in the browser.
async fn call(base: &str, path: &str, form: &str) -> u16 {
    let request = reqwest::Client::new()
        .post(format!("{base}{path}"))
        .bearer_auth(KEY)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    request.send().await.unwrap().status().as_u16()
}

/// Where hooks arrive, as they are.
fn receiver() -> (String, UnboundedReceiver<(String, Vec<u8>)>) {
    let (sender, arrived) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let take =
        |sender: web::Data<UnboundedSender<(String, Vec<u8>)>>, request: HttpRequest, body: web::Bytes| {
            let signature = request.headers().get("stripe-signature").unwrap();
            sender.send((signature.to_str().unwrap().to_owned(), body.to_vec())).unwrap();
            async { HttpResponse::Ok().finish() }
        };
    let data = web::Data::new(sender);
    let factory = move || App::new().app_data(data.clone()).default_service(web::to(take));
    let server = HttpServer::new(factory).workers(1).disable_signals().listen(listener).unwrap();
    tokio::spawn(server.run());
    (url, arrived)
}

/// The next hook of this kind, read by the adapter.
async fn next(
    stripe: &Stripe,
    arrived: &mut UnboundedReceiver<(String, Vec<u8>)>,
    kind: &str,
) -> WebhookEvent {
    loop {
        let arrival = tokio::time::timeout(Duration::from_secs(20), arrived.recv()).await;
        let (signature, body) = arrival.unwrap_or_else(|_| panic!("no {kind} came")).unwrap();
        let now = Environment::default().now();
        let event = stripe.read_webhook(&signature, &body, now).unwrap();
        assert!(stripe.read_webhook(&signature, &[body.as_slice(), b" "].concat(), now).is_err());
        assert!(stripe.read_webhook(&signature, &body, now + TimeDelta::minutes(6)).is_err());
        if event.kind == kind {
            return event;
        }
        assert_eq!(event.update, None, "{}", event.kind);
    }
}

async fn begin(stripe: &Stripe) -> (Charge, ProviderReference) {
    let environment = Environment::default();
    let customer = stripe
        .create_customer(environment.new_id(), "lena@example.com", Some("Lena & Søn"), None)
        .await
        .unwrap();
    let charge = Charge {
        payment_id: environment.new_id(),
        method: PaymentMethod::PaymentIntent,
        amount: Money { amount: 4900, currency: "EUR".parse().unwrap() },
        title: "Strength & Stretch 100 %".to_owned(),
        customer_id: customer,
        replaced_session_id: None,
        success_url: String::new(),
        cancel_url: String::new(),
        expires_at: environment.now() + TimeDelta::hours(1),
    };
    let started = stripe.create_session(&charge).await.unwrap();
    assert!(started.client_secret.is_some());
    let reference = ProviderReference {
        payment_id: charge.payment_id,
        session_id: None,
        provider_payment_id: started.provider_payment_id,
    };
    (charge, reference)
}

#[tokio::main]
async fn main() {
    let base = std::env::args().nth(1).unwrap();
    let settings = StripeSettings {
        secret_key: KEY.to_owned(),
        webhook_secrets: vec![SECRET.to_owned()],
        base_url: base.clone(),
    };
    let stripe = Stripe::new(settings, Environment::default()).unwrap();
    let (url, mut arrived) = receiver();
    assert_eq!(call(&base, "/_config/webhooks/palestra", &format!("url={url}&secret={SECRET}")).await, 200);

    // Paid, reported, given back.
    let (charge, reference) = begin(&stripe).await;
    let intent = reference.provider_payment_id.clone().unwrap();
    assert_eq!(stripe.fetch_update(&reference).await.unwrap().facts, []);
    assert_eq!(stripe.find_payment_id(&intent).await.unwrap(), Some(charge.payment_id));
    assert_eq!(stripe.find_payment_id("pi_unknown").await.unwrap(), None);
    let path = format!("/v1/payment_intents/{intent}");
    assert_eq!(call(&base, &path, "payment_method=pm_card_visa").await, 200);
    assert_eq!(call(&base, &format!("{path}/confirm"), "").await, 200);
    let captured =
        Fact::Captured { provider_payment_id: intent.clone(), amount: 4900, currency: "EUR".to_owned() };
    assert_eq!(stripe.fetch_update(&reference).await.unwrap().facts, std::slice::from_ref(&captured));
    let update = next(&stripe, &mut arrived, "payment_intent.succeeded").await.update.unwrap();
    assert_eq!(
        (update.payment_id, &update.provider_payment_id),
        (Some(charge.payment_id), &Some(intent.clone()))
    );
    assert_eq!(update.facts, std::slice::from_ref(&captured));
    stripe.cancel(&reference).await.unwrap();
    let order = RefundRequest {
        refund_id: Environment::default().new_id(),
        provider_payment_id: intent.clone(),
        amount: Money { amount: 1900, ..charge.amount },
        reason: RefundReason::Other,
    };
    let fact = stripe.refund(&order).await.unwrap();
    let Fact::Refund { refund_id: ours, amount: 1900, status: RefundStatus::Succeeded, .. } = fact else {
        panic!("{fact:?}")
    };
    assert_eq!(ours, Some(order.refund_id));
    assert_eq!(stripe.fetch_update(&reference).await.unwrap().facts, [captured, fact]);

    // Declined.
    let (charge, reference) = begin(&stripe).await;
    let path = format!("/v1/payment_intents/{}", reference.provider_payment_id.as_deref().unwrap());
    assert_eq!(call(&base, &path, "payment_method=pm_card_chargeCustomerFail").await, 200);
    assert_eq!(call(&base, &format!("{path}/confirm"), "").await, 402);
    let declined = [Fact::Declined { code: "card_declined".to_owned() }];
    assert_eq!(stripe.fetch_update(&reference).await.unwrap().facts, declined);
    let update = next(&stripe, &mut arrived, "payment_intent.payment_failed").await.update.unwrap();
    assert_eq!((update.payment_id, update.facts.as_slice()), (Some(charge.payment_id), &declined[..]));

    // Stopped, twice.
    let (_, reference) = begin(&stripe).await;
    for _ in 0..2 {
        stripe.cancel(&reference).await.unwrap();
        let over = Fact::Closed { code: "canceled".to_owned() };
        assert_eq!(stripe.fetch_update(&reference).await.unwrap().facts, [over]);
    }
    println!("payment intents, refunds and signed hooks of localstripe: as the adapter reads them");
}
