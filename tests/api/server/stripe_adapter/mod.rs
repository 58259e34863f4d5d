//! The adapter for Stripe against the double: sessions, intents, refunds, disputes.

mod disputes;
mod failures;
mod hooks;

use crate::support::{SECRET, StripeDouble};
use chrono::TimeDelta;
use kernel::{Code, Environment, Money, Uuid};
use payments::{
    Charge, Fact, PaymentMethod, PaymentSession, Provider, ProviderReference, ProviderUpdate, RefundReason,
    RefundRequest, RefundStatus, Stripe, StripeSettings,
};
use serde_json::{Value, json};

fn adapter(double: &StripeDouble) -> Stripe {
    with_key(double, "sk_test_double")
}

fn with_key(double: &StripeDouble, key: &str) -> Stripe {
    let settings = StripeSettings {
        secret_key: key.to_owned(),
        webhook_secrets: vec!["whsec_old".to_owned(), SECRET.to_owned()],
        base_url: double.base(),
    };
    Stripe::new(settings, Environment::default()).unwrap()
}

fn money(amount: i64, currency: &str) -> Money {
    Money { amount, currency: currency.parse().unwrap() }
}

async fn charge(stripe: &Stripe, method: PaymentMethod, amount: Money) -> Charge {
    let environment = Environment::default();
    let customer =
        stripe.create_customer(environment.new_id(), "lena@example.com", Some("Lena & Søn"), None).await;
    Charge {
        payment_id: environment.new_id(),
        method,
        amount,
        title: "Strength & Stretch 100 %".to_owned(),
        customer_id: customer.unwrap(),
        replaced_session_id: None,
        success_url: "https://app.example.com/done?a=1&b=2".to_owned(),
        cancel_url: "https://app.example.com/cancel".to_owned(),
        expires_at: environment.now() + TimeDelta::hours(1),
    }
}

fn reference(charge: &Charge, started: &PaymentSession) -> ProviderReference {
    ProviderReference {
        payment_id: charge.payment_id,
        session_id: started.session_id.clone(),
        provider_payment_id: started.provider_payment_id.clone(),
    }
}

/// A session that waits for its buyer.
async fn session(stripe: &Stripe) -> (Charge, ProviderReference, String) {
    let charge = charge(stripe, PaymentMethod::CheckoutSession, money(4900, "USD")).await;
    let started = stripe.create_session(&charge).await.unwrap();
    let name = started.session_id.clone().unwrap();
    (charge.clone(), reference(&charge, &started), name)
}

/// A session that was paid, and the payment's name.
async fn paid(double: &StripeDouble, stripe: &Stripe) -> (Charge, ProviderReference, String) {
    let (charge, reference, session) = session(stripe).await;
    let intent = double.pay(&session);
    double.events();
    (charge, reference, intent)
}

fn order(intent: &str, amount: i64) -> RefundRequest {
    RefundRequest {
        refund_id: Environment::default().new_id(),
        provider_payment_id: intent.to_owned(),
        amount: money(amount, "USD"),
        reason: RefundReason::RequestedByCustomer,
    }
}

fn captured(intent: &str, amount: i64, currency: &str) -> Fact {
    Fact::Captured { provider_payment_id: intent.to_owned(), amount, currency: currency.to_owned() }
}

fn over(code: &str) -> Fact {
    Fact::Closed { code: code.to_owned() }
}

/// What the webhooks since the last time report, by their types.
fn received_updates(double: &StripeDouble, stripe: &Stripe) -> Vec<(String, ProviderUpdate)> {
    let read = |event: &Value| {
        let (body, signature) = double.signed(event);
        let read = stripe.read_webhook(&signature, body.as_bytes(), Environment::default().now()).unwrap();
        assert_eq!(read.id, event["id"].as_str().unwrap());
        read.update.map(|update| (read.kind, update))
    };
    double.events().iter().filter_map(read).collect()
}

fn facts(received_updates: &[(String, ProviderUpdate)]) -> Vec<Fact> {
    received_updates.iter().flat_map(|(_, update)| update.facts.clone()).collect()
}

async fn facts_of(stripe: &Stripe, reference: &ProviderReference) -> Vec<Fact> {
    let update = stripe.fetch_update(reference).await.unwrap();
    assert_eq!(update.payment_id, Some(reference.payment_id));
    update.facts
}

fn refused(result: kernel::Result<impl std::fmt::Debug>, code: Code, words: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

/// The code with which Stripe refused a refund: one that failed at once.
async fn refused_refund(stripe: &Stripe, request: &RefundRequest) -> String {
    let fact = stripe.refund(request).await.unwrap();
    let Fact::Refund { status: RefundStatus::Failed, code: Some(code), .. } = fact else {
        panic!("{fact:?}")
    };
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_started_once_paid_and_told_of() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let (charge, reference, name) = session(&stripe).await;
    let again = stripe.create_session(&charge).await.unwrap();
    assert_eq!((again.session_id.as_ref(), double.count("checkout.session")), (Some(&name), 1));
    assert_eq!((again.provider_payment_id, again.client_secret), (None, None));
    assert!(again.url.unwrap().ends_with(&name));
    let kept = double.object(&name);
    assert_eq!(
        (&kept["amount_total"], &kept["currency"], &kept["customer"]),
        (&json!(4900), &json!("usd"), &json!(charge.customer_id))
    );
    assert_eq!(
        (&kept["success_url"], &kept["expires_at"]),
        (&json!(charge.success_url), &json!(charge.expires_at.timestamp()))
    );
    assert_eq!(kept["metadata"]["palestra_payment_id"], charge.payment_id.to_string());
    assert_eq!(double.object(&charge.customer_id)["name"], "Lena & Søn");
    assert_eq!(facts_of(&stripe, &reference).await, []);

    double.events();
    let intent = double.pay(&name);
    let received_updates = received_updates(&double, &stripe);
    let kinds: Vec<&str> = received_updates.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["payment_intent.succeeded", "checkout.session.completed"]);
    for (kind, update) in &received_updates {
        assert_eq!(update.facts, [captured(&intent, 4900, "USD")], "{kind}");
        assert_eq!(
            (update.payment_id, update.provider_payment_id.as_ref()),
            (Some(charge.payment_id), Some(&intent))
        );
    }
    assert_eq!(received_updates[1].1.session_id, Some(name));
    let update = stripe.fetch_update(&reference).await.unwrap();
    assert_eq!(
        (update.facts, update.provider_payment_id.as_ref()),
        (vec![captured(&intent, 4900, "USD")], Some(&intent))
    );
    assert_eq!(stripe.find_payment_id(&intent).await.unwrap(), Some(charge.payment_id));
    assert_eq!(stripe.find_payment_id("pi_unknown").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_may_be_declined_and_is_then_paid() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let charge = charge(&stripe, PaymentMethod::PaymentIntent, money(900, "EUR")).await;
    let started = stripe.create_session(&charge).await.unwrap();
    assert_eq!(stripe.create_session(&charge).await.unwrap(), started);
    let (intent, secret) =
        (started.provider_payment_id.clone().unwrap(), started.client_secret.clone().unwrap());
    let reference = reference(&charge, &started);
    assert_eq!(facts_of(&stripe, &reference).await, []);
    assert_eq!(
        double.confirm(&secret, "pm_card_chargeDeclinedInsufficientFunds"),
        Err("card_declined".to_owned())
    );
    let declined = Fact::Declined { code: "card_declined".to_owned() };
    assert_eq!(facts_of(&stripe, &reference).await, std::slice::from_ref(&declined));
    assert_eq!(facts(&received_updates(&double, &stripe)), [declined]);
    assert_eq!(double.confirm(&secret, "pm_card_threeDSecure2Required"), Ok("requires_action".to_owned()));
    assert_eq!(facts_of(&stripe, &reference).await, []);
    double.authenticate(&intent);
    assert_eq!(facts_of(&stripe, &reference).await, [captured(&intent, 900, "EUR")]);
    assert_eq!(facts(&received_updates(&double, &stripe)), [captured(&intent, 900, "EUR")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_takes_days_is_not_there_before_it_is() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    for good in [true, false] {
        let (_, reference, name) = session(&stripe).await;
        double.events();
        let intent = double.pay_later(&name);
        assert_eq!(double.object(&name)["status"], "complete");
        // Of the session, and of its payment.
        assert_eq!(facts(&received_updates(&double, &stripe)), [Fact::Processing, Fact::Processing]);
        assert_eq!(facts_of(&stripe, &reference).await, [Fact::Processing, Fact::Processing]);
        double.hear_of(&name, good);
        let (reported, asked) =
            (facts(&received_updates(&double, &stripe)), facts_of(&stripe, &reference).await);
        if good {
            let fact = captured(&intent, 4900, "USD");
            assert_eq!((reported, asked), (vec![fact.clone(), fact.clone()], vec![fact]));
        } else {
            assert!(
                reported.contains(&over("async_payment_failed"))
                    && asked.contains(&over("async_payment_failed"))
            );
            assert!(!reported.iter().chain(&asked).any(|fact| matches!(fact, Fact::Captured { .. })));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_can_be_stopped_and_what_was_paid_stays() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let (_, waiting, name) = session(&stripe).await;
    double.events();
    for _ in 0..2 {
        stripe.cancel(&waiting).await.unwrap();
        assert_eq!(facts_of(&stripe, &waiting).await, [over("expired")]);
    }
    assert_eq!(facts(&received_updates(&double, &stripe)), [over("expired")]);
    assert_eq!(double.object(&name)["status"], "expired");
    // A declined try leaves an intent behind, which ends with its session.
    let (_, abandoned, name) = session(&stripe).await;
    double.abandon(&name);
    stripe.cancel(&abandoned).await.unwrap();
    let (_, tried, name) = session(&stripe).await;
    assert_eq!(double.try_to_pay(&name, "pm_card_chargeDeclined"), Err("card_declined".to_owned()));
    stripe.cancel(&tried).await.unwrap();
    assert!(facts_of(&stripe, &tried).await.contains(&over("expired")));
    let (_, paid, intent) = paid(&double, &stripe).await;
    stripe.cancel(&paid).await.unwrap();
    assert_eq!(facts_of(&stripe, &paid).await, [captured(&intent, 4900, "USD")]);

    let charge = charge(&stripe, PaymentMethod::PaymentIntent, money(900, "EUR")).await;
    let started = stripe.create_session(&charge).await.unwrap();
    let waiting = reference(&charge, &started);
    for _ in 0..2 {
        stripe.cancel(&waiting).await.unwrap();
        assert_eq!(facts_of(&stripe, &waiting).await, [over("canceled")]);
    }
    let unknown = ProviderReference {
        payment_id: Uuid::nil().into(),
        session_id: Some("cs_test_x/../y".to_owned()),
        provider_payment_id: None,
    };
    stripe.cancel(&unknown).await.unwrap();
    assert_eq!(facts_of(&stripe, &unknown).await, []);
    let nameless =
        ProviderReference { payment_id: Uuid::nil().into(), session_id: None, provider_payment_id: None };
    assert_eq!(facts_of(&stripe, &nameless).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_made_once_and_may_fail_later() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let (_, reference, intent) = paid(&double, &stripe).await;
    let part = order(&intent, 1900);
    let fact = stripe.refund(&part).await.unwrap();
    assert_eq!(stripe.refund(&part).await.unwrap(), fact);
    let Fact::Refund { id, refund_id: ours, amount, status, code } = fact.clone() else { panic!("{fact:?}") };
    assert_eq!((ours, amount, status, code), (Some(part.refund_id), 1900, RefundStatus::Succeeded, None));
    assert_eq!((double.count("refund"), &double.object(&id)["reason"]), (1, &json!("requested_by_customer")));
    let heard_of = received_updates(&double, &stripe);
    assert_eq!(facts(&heard_of), std::slice::from_ref(&fact));
    assert!(heard_of.iter().all(|(_, update)| update.provider_payment_id.as_ref() == Some(&intent)));
    assert_eq!(refused_refund(&stripe, &order(&intent, 3001)).await, "invalid_request_error");
    let rest = stripe.refund(&order(&intent, 3000)).await.unwrap();
    assert_eq!(refused_refund(&stripe, &order(&intent, 1)).await, "charge_already_refunded");
    assert_eq!(facts_of(&stripe, &reference).await, [captured(&intent, 4900, "USD"), rest, fact]);
    double.events();
    double.fail_refund(&id);
    let failed = Fact::Refund {
        id,
        refund_id: Some(part.refund_id),
        amount: 1900,
        status: RefundStatus::Failed,
        code: Some("lost_or_stolen_card".to_owned()),
    };
    assert_eq!(facts(&received_updates(&double, &stripe)), vec![failed.clone(); 3]);
    assert!(facts_of(&stripe, &reference).await.contains(&failed));
    // One made in Stripe's dashboard is none that we know.
    let by_hand = double.refund_by_hand(&intent, 100);
    let asked = facts_of(&stripe, &reference).await;
    assert!(
        asked.iter().any(|fact| matches!(fact, Fact::Refund { id, refund_id: None, .. } if *id == by_hand))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_on_their_way_are_pending_and_many_are_read() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let (_, reference, name) = session(&stripe).await;
    double.try_to_pay(&name, "pm_card_pendingRefund").unwrap();
    let intent = stripe.fetch_update(&reference).await.unwrap().provider_payment_id.unwrap();
    let first = stripe.refund(&order(&intent, 1)).await.unwrap();
    let Fact::Refund { id, status: RefundStatus::Pending, .. } = first else { panic!("{first:?}") };
    double.settle_refund(&id);
    for _ in 0..120 {
        double.refund_by_hand(&intent, 1);
    }
    let asked = facts_of(&stripe, &reference).await;
    let pending = |fact: &&Fact| matches!(fact, Fact::Refund { status: RefundStatus::Pending, .. });
    assert_eq!((asked.len(), asked.iter().filter(pending).count()), (122, 120));
}
