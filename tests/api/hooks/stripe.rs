//! The whole way through our own API: bought at Stripe, told by its hooks, given back.

use serde_json::json;

use test_macros::both_databases;

use crate::support::{App, Person, StripeDouble, eventually};

/// The same database server with another server, which uses this Stripe.
async fn with_stripe(app: &App) -> (App, StripeDouble) {
    let double = StripeDouble::start();
    let settings = double.settings();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    (App::start_with(app.database, &settings).await, double)
}

async fn becomes(app: &App, who: &Person, lesson: &str, expected: &str) {
    let now = || async { (app.access_reason(who, lesson).await == expected).then_some(()) };
    eventually(expected, now).await;
}

#[both_databases]
async fn a_course_is_bought_at_stripe_and_given_back(app: App) {
    let (app, double) = with_stripe(&app).await;
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let checkout = app.checkout(&lena, &course).await.expect(201);
    let payment = checkout.text_at("/payment/id");
    let session = checkout.text_at("/url").rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        app.checkout(&lena, &course)
            .await
            .expect(201)
            .text_at("/payment/id"),
        payment
    );
    assert_eq!(double.count("checkout.session"), 1);
    double.pay(&session);
    // The buyer's return says nothing; the signed hooks do, in any order and number.
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
    let events = double.events();
    for event in events.iter().rev().chain(&events) {
        double.deliver(&app, event).await.expect(200);
    }
    app.wait_for_payment(&lena, &payment, "/status", json!("COMPLETED"))
        .await;
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");

    app.post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), json!({}))
        .await
        .expect(201);
    app.wait_for_payment(&elena, &payment, "/status", json!("REFUNDED"))
        .await;
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
    app.wait_for_payment(&lena, &payment, "/status", json!("COMPLETED"))
        .await;
    let dispute = double.dispute(&intent);
    becomes(&app, &lena, &lessons[0], "grant_suspended").await;
    double.decide(&dispute, "won");
    becomes(&app, &lena, &lessons[0], "granted").await;
}
