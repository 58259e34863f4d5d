//! `POST /hooks/stripe`: signatures, order, repetition, loss.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, Fault, Person, StripeApp, StripeDouble, eventually};

/// A server that uses a new double of Stripe.
async fn with_stripe(app: &App) -> (App, StripeDouble) {
    let double = StripeDouble::start();
    let settings = double.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (App::start_with(app.database, &settings).await, double)
}

async fn wait_for_access(app: &App, who: &Person, lesson: &str, expected: &str) {
    let now = || async { (app.access_reason(who, lesson).await == expected).then_some(()) };
    eventually(expected, now).await;
}

#[both_databases]
async fn webhooks_in_any_order_complete_and_refund_a_payment(app: App) {
    let (app, double) = with_stripe(&app).await;
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let checkout = app.checkout(&lena, &course).await.expect(201);
    let payment = checkout.text_at("/payment/id");
    let session = checkout.text_at("/url").rsplit('/').next().unwrap().to_owned();
    assert_eq!(app.checkout(&lena, &course).await.expect(201).text_at("/payment/id"), payment);
    assert_eq!(double.count("checkout.session"), 1);
    double.pay(&session);
    // The buyer's return proves nothing; signed webhooks do, in any order and number.
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
    let events = double.events();
    for event in events.iter().rev().chain(&events) {
        double.deliver(&app, event).await.expect(200);
    }
    app.wait_for_payment(&lena, &payment, "/status", json!("COMPLETED")).await;
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");

    app.post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), json!({})).await.expect(201);
    app.wait_for_payment(&elena, &payment, "/status", json!("REFUNDED")).await;
    double.deliver_all(&app).await;
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_refunded");
    assert_eq!(double.count("refund"), 1);
}

#[both_databases]
async fn a_dispute_suspends_until_it_is_won(app: App) {
    let (app, double) = with_stripe(&app).await;
    double.hook_to(&format!("{}/api/v1/hooks/stripe", app.base));
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let checkout = app.checkout(&lena, &course).await.expect(201);
    let payment = checkout.text_at("/payment/id");
    let intent = double.pay(checkout.text_at("/url").rsplit('/').next().unwrap());
    app.wait_for_payment(&lena, &payment, "/status", json!("COMPLETED")).await;
    let dispute = double.dispute(&intent);
    wait_for_access(&app, &lena, &lessons[0], "grant_suspended").await;
    double.decide(&dispute, "won");
    wait_for_access(&app, &lena, &lessons[0], "granted").await;
}

#[both_databases]
async fn lost_webhooks_are_reconciled(app: StripeApp) {
    let checkout = app.start_checkout().await;
    app.stripe.pay(&checkout.reference);
    app.stripe.events();
    let payments = app.payments();
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 0, "it is too early to ask");
    app.clock.advance(Duration::minutes(11));
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 1);
    assert_eq!(
        (app.payment(&checkout.payment).await.at("/status"), app.buyer_access().await),
        (json!("COMPLETED"), "granted".to_owned())
    );
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 0);
}

#[both_databases]
async fn a_lost_refund_webhook_is_reconciled(app: StripeApp) {
    let checkout = app.start_checkout().await;
    app.stripe.try_to_pay(&checkout.reference, "pm_card_pendingRefund").unwrap();
    app.deliver_webhooks().await;
    app.refund(&checkout.payment, json!({})).await;
    app.wait_for_empty_outbox().await;
    app.stripe.settle_refund(app.stripe.all("refund")[0]["id"].as_str().unwrap());
    app.stripe.events();
    app.clock.advance(Duration::minutes(11));
    assert_eq!(app.payments().reconcile(&app.db).await.unwrap(), 1);
    assert_eq!(
        (app.payment(&checkout.payment).await.at("/status"), app.buyer_access().await),
        (json!("REFUNDED"), "grant_refunded".to_owned())
    );
}

#[both_databases]
async fn reconciliation_reaches_every_open_payment(app: StripeApp) {
    // A refund of which no word comes, and many more checkouts than are asked about at once.
    let checkout = app.start_checkout().await;
    app.stripe.try_to_pay(&checkout.reference, "pm_card_pendingRefund").unwrap();
    app.deliver_webhooks().await;
    app.refund(&checkout.payment, json!({})).await;
    app.wait_for_empty_outbox().await;
    app.stripe.settle_refund(app.stripe.all("refund")[0]["id"].as_str().unwrap());
    app.stripe.events();
    let courses = join_all((0..11).map(|_| app.course_for_sale(&app.elena, 4900))).await;
    for buyer in join_all((0..10).map(|_| app.learner())).await {
        for reply in join_all(courses.iter().map(|(course, _)| app.checkout(&buyer, course))).await {
            reply.expect(201);
        }
    }
    let before = app.stripe.calls().len();
    // Each time everybody has been silent long enough to be asked about again.
    for _ in 0..3 {
        app.clock.advance(Duration::minutes(11));
        assert_eq!(app.payments().reconcile(&app.db).await.unwrap(), 50);
    }
    let calls = app.stripe.calls().split_off(before);
    let asked: std::collections::BTreeSet<&String> =
        calls.iter().filter(|call| call.starts_with("GET /v1/checkout/sessions/")).collect();
    assert_eq!(asked.len(), 111);
    assert_eq!(app.payment(&checkout.payment).await.at("/status"), "REFUNDED");
}

#[both_databases]
async fn a_webhook_may_arrive_before_the_session_is_known(app: StripeApp) {
    // The session is made, and its answer gets lost.
    app.stripe.fail("POST /v1/checkout/sessions", 1, Fault::LostAfter);
    app.stripe.fail("POST /v1/checkout/sessions", 2, Fault::Status(503));
    app.checkout(&app.lena, &app.course).await.expect_problem(503, "provider_unavailable");
    let session = app.stripe.all("checkout.session")[0]["id"].as_str().unwrap().to_owned();
    let intent = app.stripe.pay(&session);
    app.stripe.dispute(&intent);
    // Of the dispute first: it names the payment in a way that nobody here knows yet.
    for event in app.stripe.events().iter().rev() {
        app.stripe.deliver(&app, event).await.expect(200);
        app.wait_for_empty_outbox().await;
    }
    let payment = app.get_as(&app.lena, "/me/payments").await.expect(200).text_at("/data/0/id");
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/status"), now.at("/disputes/0/status"), app.buyer_access().await),
        (json!("COMPLETED"), json!("OPEN"), "grant_suspended".to_owned())
    );
    app.checkout(&app.lena, &app.course).await.expect_problem(409, "already_purchased");
    assert_eq!((app.stripe.count("checkout.session"), app.count_purchases().await), (1, 1));
}
