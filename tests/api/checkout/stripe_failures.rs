//! `POST /checkout` while Stripe fails, hangs or refuses.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    Fault, StripeApp,
    stripe_faults::{SESSIONS, fail_next_calls},
};

#[both_databases]
async fn a_checkout_resumes_when_stripe_is_back(app: StripeApp) {
    let mut payments = std::collections::BTreeSet::new();
    for (call, fault) in [
        ("POST /v1/customers", Fault::Status(500)),
        (SESSIONS, Fault::Status(503)),
        (SESSIONS, Fault::LostAfter),
    ] {
        fail_next_calls(&app, call, fault);
        let refused = app.checkout(&app.lena, &app.course).await.expect_problem(503, "provider_unavailable");
        assert_eq!(refused.header("retry-after"), "5", "{call} {fault:?}");
        payments.insert(app.get_as(&app.lena, "/me/payments").await.text_at("/data/0/id"));
    }
    for fault in [Fault::Garbage, Fault::Forbidden] {
        fail_next_calls(&app, SESSIONS, fault);
        app.checkout(&app.lena, &app.course).await.expect_problem(503, "provider_unavailable");
    }
    let checkout = app.start_checkout().await;
    payments.insert(checkout.payment.clone());
    assert_eq!(
        (payments.len(), app.stripe.count("checkout.session"), app.stripe.count("customer")),
        (1, 1, 1)
    );
    app.stripe.pay(&checkout.reference);
    app.deliver_webhooks().await;
    assert_eq!(
        (app.payment(&checkout.payment).await.at("/status"), app.buyer_access().await),
        (json!("COMPLETED"), "granted".to_owned())
    );
}

#[both_databases]
async fn a_checkout_survives_a_hanging_stripe(app: StripeApp) {
    app.stripe.fail(SESSIONS, 3, Fault::Hang);
    let refused = app.checkout(&app.lena, &app.course).await.expect_problem(503, "provider_unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    app.start_checkout().await;
    assert_eq!((app.stripe.count("checkout.session"), app.count_rows("payments").await), (1, 1));
}

#[both_databases]
async fn a_checkout_about_to_expire_is_started_anew(app: StripeApp) {
    fail_next_calls(&app, SESSIONS, Fault::Status(500));
    app.checkout(&app.lena, &app.course).await.expect_problem(503, "provider_unavailable");
    app.clock.advance(Duration::minutes(35));
    let checkout = app.start_checkout().await;
    // Once there is a page, it is handed out again for almost as long as it stands.
    app.clock.advance(Duration::minutes(20));
    assert_eq!(app.start_checkout().await.payment, checkout.payment);
    app.stripe.pay(&checkout.reference);
    app.deliver_webhooks().await;
    assert_eq!(
        (app.buyer_access().await, app.count_rows("payments").await, app.stripe.count("checkout.session")),
        ("granted".to_owned(), 2, 1)
    );
}

#[both_databases]
async fn the_clients_idempotency_key_resumes_after_a_failure(app: StripeApp) {
    app.stripe.fail(SESSIONS, 3, Fault::Status(500));
    let body = json!({ "courseId": app.course });
    app.post_with_key_as(&app.lena, "/checkout", body.clone(), "mine")
        .await
        .expect_problem(503, "provider_unavailable");
    let done = app.post_with_key_as(&app.lena, "/checkout", body, "mine").await.expect(201);
    assert_eq!((done.at("/payment/status"), app.count_rows("payments").await), (json!("PENDING"), 1));
}

#[both_databases]
async fn a_session_created_behind_a_server_error_is_found_again(app: StripeApp) {
    app.stripe.fail(SESSIONS, 1, Fault::BrokenAfter);
    for _ in 0..2 {
        app.checkout(&app.lena, &app.course).await.expect_problem(503, "provider_unavailable");
    }
    assert_eq!(app.stripe.count("checkout.session"), 1);
    // On other terms it is another payment; the session that nobody can name is nobody's to pay.
    let checkout = app.start_embedded_checkout().await;
    app.stripe.confirm(&checkout.reference, "pm_card_visa").unwrap();
    app.deliver_webhooks().await;
    assert_eq!((app.buyer_access().await, app.count_purchases().await), ("granted".to_owned(), 1));
}

#[both_databases]
async fn a_refusal_by_stripe_fails_the_payment(app: StripeApp) {
    app.stripe.fail(SESSIONS, 2, Fault::Refused);
    let body =
        json!({ "code": "PLACE", "amountOff": { "amount": 1, "currency": "USD" }, "maxRedemptions": 1 });
    let coupon = app.post_as(&app.elena, "/coupons", body).await.expect(201).text_at("/id");
    let body = json!({ "courseId": app.course, "couponCode": "PLACE" });
    let refused = app
        .post_with_new_key_as(&app.lena, "/checkout", body.clone())
        .await
        .expect_problem(409, "payment_refused");
    assert!(refused.text_at("/detail").contains("account_invalid"), "{}", refused.text);
    app.wait_for_empty_outbox().await;
    let over = app.get_as(&app.lena, "/me/payments").await;
    assert_eq!(
        (over.at("/data/0/status"), over.at("/data/0/failureCode")),
        (json!("FAILED"), json!("refused"))
    );
    assert_eq!(app.get_as(&app.elena, &format!("/coupons/{coupon}")).await.at("/redemptionCount"), json!(0));
    app.post_with_new_key_as(&app.lena, "/checkout", body).await.expect_problem(409, "payment_refused");
    assert_eq!((app.count_rows("payments").await, app.stripe.count("checkout.session")), (2, 0));
}

#[both_databases]
async fn a_superseded_session_is_expired_at_stripe(app: StripeApp) {
    let first = app.start_checkout().await;
    let second = app.start_embedded_checkout().await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.stripe.object(&first.reference)["status"], "expired");
    let third = app.start_checkout().await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.stripe.object(second.reference.split("_secret").next().unwrap())["status"], "canceled");
    app.deliver_webhooks().await;
    assert_eq!(app.payment(&third.payment).await.at("/status"), "PENDING");
    for payment in [first.payment, second.payment] {
        assert_eq!(app.payment(&payment).await.at("/failureCode"), "superseded");
    }
}
