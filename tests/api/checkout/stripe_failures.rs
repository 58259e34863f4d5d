//! Stripe hangs, breaks, talks nonsense, or says no.

use chrono::Duration;
use serde_json::json;

use test_macros::both_databases;

use crate::support::{Fault, StripeApp};

const SESSIONS: &str = "POST /v1/checkout/sessions";
const REFUNDS: &str = "POST /v1/refunds";

/// Every try of one call fails, and the first of them so.
fn fail(app: &StripeApp, call: &str, fault: Fault) {
    app.stripe.fail(call, 1, fault);
    // An answer that was read, and is none, is not asked for again.
    if !matches!(fault, Fault::Garbage | Fault::Forbidden) {
        app.stripe.fail(call, 2, Fault::Status(503));
    }
}

#[both_databases]
async fn a_checkout_goes_on_when_stripe_is_back(app: StripeApp) {
    let mut payments = std::collections::BTreeSet::new();
    for (call, fault) in [
        ("POST /v1/customers", Fault::Status(500)),
        (SESSIONS, Fault::Status(503)),
        (SESSIONS, Fault::LostAfter),
    ] {
        fail(&app, call, fault);
        let refused = app
            .checkout(&app.lena, &app.course)
            .await
            .expect_problem(503, "provider_unavailable");
        assert_eq!(refused.header("retry-after"), "5", "{call} {fault:?}");
        payments.insert(app.get_as(&app.lena, "/me/payments").await.text_at("/data/0/id"));
    }
    for fault in [Fault::Garbage, Fault::Forbidden] {
        fail(&app, SESSIONS, fault);
        app.checkout(&app.lena, &app.course)
            .await
            .expect_problem(503, "provider_unavailable");
    }
    let checkout = app.start_checkout().await;
    payments.insert(checkout.payment.clone());
    assert_eq!(
        (
            payments.len(),
            app.stripe.count("checkout.session"),
            app.stripe.count("customer")
        ),
        (1, 1, 1)
    );
    app.stripe.pay(&checkout.reference);
    app.deliver_webhooks().await;
    assert_eq!(
        (
            app.payment(&checkout.payment).await.at("/status"),
            app.buyer_access().await
        ),
        (json!("COMPLETED"), "granted".to_owned())
    );
}

#[both_databases]
async fn a_checkout_outlives_a_stripe_that_hangs(app: StripeApp) {
    app.stripe.fail(SESSIONS, 3, Fault::Hang);
    let refused = app
        .checkout(&app.lena, &app.course)
        .await
        .expect_problem(503, "provider_unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    app.start_checkout().await;
    assert_eq!(
        (
            app.stripe.count("checkout.session"),
            app.count_rows("payments").await
        ),
        (1, 1)
    );
}

#[both_databases]
async fn a_checkout_that_stripe_would_find_too_short_by_now_begins_anew(app: StripeApp) {
    fail(&app, SESSIONS, Fault::Status(500));
    app.checkout(&app.lena, &app.course)
        .await
        .expect_problem(503, "provider_unavailable");
    app.clock.advance(Duration::minutes(35));
    let checkout = app.start_checkout().await;
    // Once there is a page, it is handed out again for almost as long as it stands.
    app.clock.advance(Duration::minutes(20));
    assert_eq!(app.start_checkout().await.payment, checkout.payment);
    app.stripe.pay(&checkout.reference);
    app.deliver_webhooks().await;
    assert_eq!(
        (
            app.buyer_access().await,
            app.count_rows("payments").await,
            app.stripe.count("checkout.session")
        ),
        ("granted".to_owned(), 2, 1)
    );
}

#[both_databases]
async fn a_client_s_own_key_goes_on_after_a_failure(app: StripeApp) {
    app.stripe.fail(SESSIONS, 3, Fault::Status(500));
    let body = json!({ "courseId": app.course });
    app.post_with_key_as(&app.lena, "/checkout", body.clone(), "mine")
        .await
        .expect_problem(503, "provider_unavailable");
    let done = app
        .post_with_key_as(&app.lena, "/checkout", body, "mine")
        .await
        .expect(201);
    assert_eq!(
        (done.at("/payment/status"), app.count_rows("payments").await),
        (json!("PENDING"), 1)
    );
}

#[both_databases]
async fn stripe_may_break_after_its_work_and_remember_only_that(app: StripeApp) {
    app.stripe.fail(SESSIONS, 1, Fault::BrokenAfter);
    for _ in 0..2 {
        app.checkout(&app.lena, &app.course)
            .await
            .expect_problem(503, "provider_unavailable");
    }
    assert_eq!(app.stripe.count("checkout.session"), 1);
    // On other terms it is another payment; the session that nobody can name is nobody's to pay.
    let checkout = app.start_embedded_checkout().await;
    app.stripe.confirm(&checkout.reference, "pm_card_visa").unwrap();
    app.deliver_webhooks().await;
    assert_eq!(
        (app.buyer_access().await, app.count_purchases().await),
        ("granted".to_owned(), 1)
    );
}

#[both_databases]
async fn what_stripe_refuses_is_over(app: StripeApp) {
    let (cheap, _) = app.course_for_sale(&app.elena, 49).await;
    let body =
        json!({ "code": "PLACE", "amountOff": { "amount": 1, "currency": "USD" }, "maxRedemptions": 1 });
    let coupon = app
        .post_as(&app.elena, "/coupons", body)
        .await
        .expect(201)
        .text_at("/id");
    let body = json!({ "courseId": cheap, "couponCode": "PLACE" });
    let refused = app
        .post_with_new_key_as(&app.lena, "/checkout", body.clone())
        .await
        .expect_problem(409, "payment_refused");
    assert!(
        refused.text_at("/detail").contains("amount_too_small"),
        "{}",
        refused.text
    );
    app.wait_for_empty_outbox().await;
    let over = app.get_as(&app.lena, "/me/payments").await;
    assert_eq!(
        (over.at("/data/0/status"), over.at("/data/0/failureCode")),
        (json!("FAILED"), json!("refused"))
    );
    assert_eq!(
        app.get_as(&app.elena, &format!("/coupons/{coupon}"))
            .await
            .at("/redemptionCount"),
        json!(0)
    );
    app.post_with_new_key_as(&app.lena, "/checkout", body)
        .await
        .expect_problem(409, "payment_refused");
    assert_eq!(
        (
            app.count_rows("payments").await,
            app.stripe.count("checkout.session")
        ),
        (2, 0)
    );
}

#[both_databases]
async fn a_session_is_stopped_when_another_took_its_place(app: StripeApp) {
    let first = app.start_checkout().await;
    let second = app.start_embedded_checkout().await;
    app.wait_for_empty_outbox().await;
    assert_eq!(app.stripe.object(&first.reference)["status"], "expired");
    let third = app.start_checkout().await;
    app.wait_for_empty_outbox().await;
    assert_eq!(
        app.stripe
            .object(second.reference.split("_secret").next().unwrap())["status"],
        "canceled"
    );
    app.deliver_webhooks().await;
    assert_eq!(app.payment(&third.payment).await.at("/status"), "PENDING");
    for payment in [first.payment, second.payment] {
        assert_eq!(app.payment(&payment).await.at("/failureCode"), "superseded");
    }
}

#[both_databases]
async fn a_refund_is_asked_for_until_stripe_has_made_it_once(app: StripeApp) {
    let (payment, _) = app.complete_purchase().await;
    for (amount, fault) in [
        (900, Fault::Status(500)),
        (1000, Fault::LostAfter),
        (1100, Fault::Garbage),
    ] {
        fail(&app, REFUNDS, fault);
        let refund = app.refund(&payment, json!({ "amount": amount })).await;
        // The next try is later, by the clock that this test moves.
        crate::support::eventually("the refund", || async {
            app.clock.advance(Duration::seconds(2));
            let now = app.payment(&payment).await;
            let refunds = now.at("/refunds");
            let this = refunds
                .as_array()
                .unwrap()
                .iter()
                .find(|row| row["id"] == *refund)
                .unwrap();
            (this["status"] == "SUCCEEDED").then_some(())
        })
        .await;
    }
    app.deliver_webhooks().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/refunding/amount")),
        (json!(3000), json!(0))
    );
    assert_eq!(
        (app.stripe.count("refund"), app.count_rows("refunds").await),
        (3, 3)
    );
}

#[both_databases]
async fn a_refund_that_stripe_refuses_has_failed(app: StripeApp) {
    let (payment, intent) = app.complete_purchase().await;
    app.stripe.dispute(&intent);
    app.refund(&payment, json!({ "amount": 900 })).await;
    app.wait_for_empty_outbox().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (
            now.at("/refunds/0/status"),
            now.at("/refunding/amount"),
            now.at("/status")
        ),
        (json!("FAILED"), json!(0), json!("COMPLETED"))
    );
    assert!(
        now.text_at("/refunds/0/failureCode").contains("charge_disputed"),
        "{}",
        now.text
    );
    assert_eq!(app.stripe.count("refund"), 0);
    app.deliver_webhooks().await;
    assert_eq!(app.buyer_access().await, "grant_suspended");
}
