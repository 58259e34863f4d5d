//! An open checkout ends with its offer: its session at Stripe is ended, and money that comes all the same goes back.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{Fault, StripeApp};

async fn reprice(app: &StripeApp, amount: i64) {
    let change = json!({ "price": { "amount": amount, "currency": "USD" } });
    app.patch_as(&app.elena, &format!("/courses/{}", app.course), "*", change).await.expect(200);
}

async fn unpublish(app: &StripeApp) {
    app.post_empty_as(&app.elena, &format!("/courses/{}/unpublish", app.course)).await.expect(200);
}

#[both_databases]
async fn the_session_at_stripe_is_ended(app: StripeApp) {
    let open = app.start_checkout().await;
    unpublish(&app).await;
    app.wait_until(&open.payment, "/failureCode", json!("course_unavailable")).await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.stripe.object(&open.reference)["status"], "expired");
    app.deliver_webhooks().await;
    let ended = app.payment(&open.payment).await;
    assert_eq!(
        (ended.at("/status"), ended.at("/failureCode")),
        (json!("FAILED"), json!("course_unavailable"))
    );
}

#[both_databases]
async fn the_intent_at_stripe_is_canceled(app: StripeApp) {
    let open = app.start_embedded_checkout().await;
    reprice(&app, 5900).await;
    app.wait_until(&open.payment, "/failureCode", json!("price_changed")).await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.stripe.object(open.reference.split("_secret").next().unwrap())["status"], "canceled");
}

#[both_databases]
async fn a_session_is_ended_once_stripe_answers_again(app: StripeApp) {
    let open = app.start_checkout().await;
    app.stripe.fail("POST /v1/checkout/sessions/", 6, Fault::Status(503));
    unpublish(&app).await;
    crate::support::eventually("the session to be ended", || async {
        app.clock.advance(chrono::Duration::seconds(2));
        (app.stripe.object(&open.reference)["status"] == "expired").then_some(())
    })
    .await;
}

#[both_databases]
async fn money_paid_at_the_last_moment_goes_back(app: StripeApp) {
    let open = app.start_checkout().await;
    let intent = app.stripe.pay(&open.reference);
    unpublish(&app).await;
    app.deliver_webhooks().await;
    let back = app.wait_until(&open.payment, "/status", json!("REFUNDED")).await;
    assert_eq!(back.at("/failureCode"), "course_unavailable");
    let refund = app.stripe.all("refund").pop().unwrap();
    assert_eq!((&refund["payment_intent"], &refund["amount"]), (&json!(intent), &json!(4900)));
    assert_eq!((app.stripe.count("refund"), app.count_purchases().await), (1, 0));
    // Said again, it gives back nothing more.
    app.stripe.events();
    app.deliver_webhooks().await;
    assert_eq!(app.stripe.count("refund"), 1);
}

#[both_databases]
async fn what_was_paid_by_a_slow_method_keeps_its_price(app: StripeApp) {
    let open = app.start_checkout().await;
    app.stripe.pay_later(&open.reference);
    app.deliver_webhooks().await;
    reprice(&app, 5900).await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.payment(&open.payment).await.at("/status"), "PENDING");
    app.stripe.hear_of(&open.reference, true);
    app.deliver_webhooks().await;
    app.wait_until(&open.payment, "/status", json!("COMPLETED")).await;
    assert_eq!(app.buyer_access().await, "granted");
}

#[both_databases]
async fn what_was_paid_by_a_slow_method_goes_back_where_the_course_is_gone(app: StripeApp) {
    let open = app.start_checkout().await;
    app.stripe.pay_later(&open.reference);
    app.deliver_webhooks().await;
    unpublish(&app).await;
    app.wait_until(&open.payment, "/failureCode", json!("course_unavailable")).await;
    app.stripe.hear_of(&open.reference, true);
    app.deliver_webhooks().await;
    app.wait_until(&open.payment, "/status", json!("REFUNDED")).await;
    assert_eq!(app.stripe.count("refund"), 1);
}

#[both_databases]
async fn a_lost_webhook_about_money_without_an_offer_is_made_good(app: StripeApp) {
    let open = app.start_checkout().await;
    app.stripe.pay(&open.reference);
    unpublish(&app).await;
    // Nobody hears of the payment: Stripe is asked where it does not end the session.
    app.stripe.events();
    let back = app.wait_until(&open.payment, "/status", json!("REFUNDED")).await;
    assert_eq!(back.at("/failureCode"), "course_unavailable");
}

#[both_databases]
async fn a_buyer_who_has_paid_is_not_asked_to_pay_again(app: StripeApp) {
    let open = app.start_checkout().await;
    app.stripe.pay_later(&open.reference);
    app.deliver_webhooks().await;
    reprice(&app, 5900).await;
    assert_eq!(app.start_checkout().await.payment, open.payment);
    assert_eq!(app.stripe.count("checkout.session"), 1);
}

#[both_databases]
async fn a_payment_that_failed_on_its_way_ends_with_its_offer(app: StripeApp) {
    let open = app.start_embedded_checkout().await;
    let intent = open.reference.split("_secret").next().unwrap();
    app.stripe.confirm(&open.reference, "pm_usBankAccount").unwrap();
    app.deliver_webhooks().await;
    reprice(&app, 5900).await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.payment(&open.payment).await.at("/status"), "PENDING");
    app.stripe.bounce(intent);
    app.deliver_webhooks().await;
    app.wait_until(&open.payment, "/failureCode", json!("price_changed")).await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.stripe.object(intent)["status"], "canceled");
}
