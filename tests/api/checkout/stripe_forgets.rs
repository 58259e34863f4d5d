//! `POST /checkout` when Stripe does not know an id any more: deleted there, or of another account or mode.

use kernel::{Actor, Role};
use payments::{CheckoutRequest, PaymentMethod};
use serde_json::{Value, json};
use test_macros::both_databases;
use uuid::Uuid;

use crate::support::{App, StripeApp, StripeDouble};

async fn another_course(app: &StripeApp) -> String {
    app.course_for_sale(&app.elena, 1900).await.0
}

/// The ids under which Stripe knows the learner.
async fn customers(app: &StripeApp) -> Vec<Value> {
    let customers = app.get_as(&app.lena, "/me/customers").await.expect(200);
    let rows = customers.at("/data").as_array().unwrap().clone();
    rows.into_iter().map(|row| row["providerCustomerId"].clone()).collect()
}

#[both_databases]
async fn a_customer_deleted_at_stripe_is_created_anew(app: StripeApp) {
    app.start_checkout().await;
    let before = customers(&app).await;
    app.stripe.delete(before[0].as_str().unwrap());
    let course = another_course(&app).await;
    let session = app.checkout(&app.lena, &course).await.expect(201);
    let session = session.text_at("/url").rsplit('/').next().unwrap().to_owned();
    let after = customers(&app).await;
    assert_eq!(after.len(), 1, "the new id takes the place of the old one");
    assert_ne!(after, before);
    assert_eq!(app.stripe.object(&session)["customer"], after[0]);
    assert_eq!(app.stripe.count("customer"), 1);
}

#[both_databases]
async fn a_customer_deleted_at_stripe_can_pay_in_the_client(app: StripeApp) {
    app.start_checkout().await;
    app.stripe.delete(customers(&app).await[0].as_str().unwrap());
    let body = json!({ "courseId": another_course(&app).await, "method": "PAYMENT_INTENT" });
    app.post_with_new_key_as(&app.lena, "/checkout", body).await.expect(201);
    assert_eq!(app.stripe.count("customer"), 1);
}

#[both_databases]
async fn a_customer_who_is_deleted_again_is_created_again(app: StripeApp) {
    for _ in 0..3 {
        let course = another_course(&app).await;
        app.checkout(&app.lena, &course).await.expect(201);
        app.stripe.delete(customers(&app).await[0].as_str().unwrap());
    }
}

#[both_databases]
async fn a_session_that_stripe_does_not_know_is_made_anew(app: StripeApp) {
    let first = app.start_checkout().await;
    app.stripe.delete(&first.reference);
    let again = app.start_checkout().await;
    assert_eq!(again.payment, first.payment);
    assert_ne!(again.reference, first.reference);
    app.stripe.pay(&again.reference);
    app.deliver_webhooks().await;
    app.wait_until(&first.payment, "/status", json!("COMPLETED")).await;
    assert_eq!(app.buyer_access().await, "granted");
}

#[both_databases]
async fn a_session_made_anew_lasts_long_enough(app: StripeApp) {
    let first = app.start_checkout().await;
    app.clock.advance(chrono::Duration::minutes(45));
    app.stripe.delete(&first.reference);
    let again = app.start_checkout().await;
    assert_eq!(again.payment, first.payment);
    let left = app.stripe.object(&again.reference)["expires_at"].as_i64().unwrap() - app.unix_time();
    assert!(left >= 1800, "{left}");
}

#[both_databases]
async fn an_intent_that_stripe_does_not_know_is_made_anew(app: StripeApp) {
    let first = app.start_embedded_checkout().await;
    app.stripe.delete(first.reference.split("_secret").next().unwrap());
    let again = app.start_embedded_checkout().await;
    assert_eq!(again.payment, first.payment);
    assert_eq!(app.stripe.confirm(&again.reference, "pm_card_visa"), Ok("succeeded".to_owned()));
    app.deliver_webhooks().await;
    let paid = app.wait_until(&first.payment, "/status", json!("COMPLETED")).await;
    assert_eq!(paid.text_at("/providerPaymentId"), again.reference.split("_secret").next().unwrap());
}

#[both_databases]
async fn an_open_session_stays_while_stripe_does_not_answer(app: StripeApp) {
    let first = app.start_checkout().await;
    app.stripe.fail("GET /v1/checkout/sessions", 3, crate::support::Fault::Status(503));
    assert_eq!(app.start_checkout().await.reference, first.reference);
}

#[both_databases]
async fn test_keys_replaced_by_live_ones_sell_on(app: StripeApp) {
    let open = app.start_checkout().await;
    let live = StripeDouble::start_live(app.clock.clone());
    let payments = app.payments_at(&live);
    let lena =
        Actor::User { id: app.lena.id.parse().unwrap(), role: Role::User, session: Uuid::nil().into() };
    let request = |course: &str| CheckoutRequest {
        course_id: course.parse().unwrap(),
        coupon_code: None,
        method: PaymentMethod::CheckoutSession,
        success_url: "https://app.example.com/".to_owned(),
        cancel_url: "https://app.example.com/".to_owned(),
    };
    // The checkout that was open in the test mode goes on in a session of the live mode.
    let course = app.course.clone();
    let continued = payments.checkout(&app.db, lena, request(&course)).await.unwrap();
    assert_eq!(continued.payment.id.to_string(), open.payment);
    let session = continued.session.unwrap().session_id.unwrap();
    assert_eq!(live.object(&session)["metadata"]["palestra_payment_id"], open.payment);
    let other = another_course(&app).await;
    payments.checkout(&app.db, lena, request(&other)).await.unwrap();
    assert_eq!((live.count("customer"), live.count("checkout.session")), (1, 2));
    // The customer of the test mode is kept beside the one of the live mode: keys may be put back.
    assert_eq!(customers(&app).await.len(), 2);
    let third = another_course(&app).await;
    app.checkout(&app.lena, &third).await.expect(201);
    assert_eq!(app.stripe.count("customer"), 1);
}

#[both_databases]
async fn who_could_register_can_pay(app: StripeApp) {
    for email in ["otameshi@com", "lena@localhost", "j\u{fc}rgen@example.com", "ops@b\u{fc}cher.example"] {
        let registration = json!({ "email": email, "password": "plain but long enough 42" });
        let registered = app.post("/auth/register", registration).await;
        if registered.status != 201 {
            // Refused where it was typed.
            registered.expect_problem(422, "validation_failed");
            continue;
        }
        let body = json!({ "courseId": app.course });
        let request = app.request("POST", "/checkout").bearer_auth(registered.text_at("/accessToken"));
        let reply = app.send(request.header("idempotency-key", email.len().to_string()).json(&body)).await;
        assert_eq!(reply.status, 201, "{email}: {}", reply.text);
    }
    // Stripe is told what it takes: a domain in the form of the domain name system, or no address at all.
    for customer in app.stripe.all("customer") {
        assert!(customer["email"].is_null() || customer["email"].as_str().unwrap().is_ascii(), "{customer}");
    }
}

#[both_databases]
async fn a_sandbox_has_one_customer_for_each_buyer(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    for _ in 0..2 {
        let (course, _) = app.course_for_sale(&elena, 4900).await;
        app.checkout(&lena, &course).await.expect(201);
    }
    assert_eq!(app.get_as(&lena, "/me/customers").await.at("/data").as_array().unwrap().len(), 1);
}
