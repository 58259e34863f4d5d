//! Disputes of payments, in the sandbox.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, Person};

#[both_databases]
async fn a_dispute_suspends_access_until_decided(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let path = format!("/sandbox/payments/{payment}/dispute");
    app.post_as(&lena, &path, json!({})).await.expect_problem(409, "payment_not_completed");
    app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    for (status, why) in
        [("OPEN", "grant_suspended"), ("WON", "granted"), ("OPEN", "granted"), ("LOST", "grant_revoked")]
    {
        app.post_as(&lena, &path, json!({ "status": status })).await.expect(200);
        assert_eq!(app.access_reason(&lena, &lessons[0]).await, why, "{status}");
    }
    let now = app.get_as(&lena, &format!("/payments/{payment}")).await.expect(200);
    assert_eq!((now.at("/status"), now.at("/disputes/0/status")), (json!("COMPLETED"), json!("LOST")));
    // Nothing that was reported before comes back.
    app.post_as(&lena, &path, json!({ "status": "WON" })).await.expect(200);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_revoked");
}

/// A payment with a dispute: the trainer, the buyer, the payment.
async fn disputed(app: &App, status: &str) -> (Person, Person, String) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    dispute(app, &lena, &payment, status).await;
    (elena, lena, payment)
}

async fn dispute(app: &App, buyer: &Person, payment: &str, status: &str) {
    let path = format!("/sandbox/payments/{payment}/dispute");
    app.post_as(buyer, &path, json!({ "status": status })).await.expect(200);
}

#[both_databases]
async fn money_that_a_bank_holds_or_has_taken_is_not_refunded(app: App) {
    let admin = app.admin().await;
    for status in ["OPEN", "LOST"] {
        let (elena, _, payment) = disputed(&app, status).await;
        let path = format!("/payments/{payment}/refunds");
        for (who, body) in [
            (&elena, json!({})),
            (&elena, json!({ "amount": 100 })),
            (&admin, json!({})),
            (&admin, json!({ "amount": 1, "endsAccess": true })),
        ] {
            app.post_with_new_key_as(who, &path, body).await.expect_problem(409, "payment_disputed");
        }
        let takings = app.get_as(&elena, "/me/takings").await.expect(200);
        let lost = if status == "LOST" { 4900 } else { 0 };
        assert_eq!(
            takings.at("/currencies"),
            json!([{ "currency": "USD", "sales": 1, "gross": 4900, "refunded": 0, "lost": lost, "net": 4900 - lost }])
        );
    }
}

#[both_databases]
async fn money_that_a_bank_gave_back_is_refunded(app: App) {
    let (elena, lena, payment) = disputed(&app, "OPEN").await;
    dispute(&app, &lena, &payment, "WON").await;
    let path = format!("/payments/{payment}/refunds");
    app.post_with_new_key_as(&elena, &path, json!({})).await.expect(201);
    app.wait_for_payment(&lena, &payment, "/status", json!("REFUNDED")).await;
    let takings = app.get_as(&elena, "/me/takings").await.expect(200);
    assert_eq!(takings.at("/currencies/0/net"), 0);
}

#[both_databases]
async fn a_part_that_was_refunded_is_not_lost_as_well(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let path = format!("/payments/{payment}/refunds");
    app.post_with_new_key_as(&elena, &path, json!({ "amount": 900 })).await.expect(201);
    app.wait_for_payment(&lena, &payment, "/refunded/amount", json!(900)).await;
    dispute(&app, &lena, &payment, "LOST").await;
    let takings = app.get_as(&elena, "/me/takings").await.expect(200);
    let expected =
        json!([{ "currency": "USD", "sales": 1, "gross": 4900, "refunded": 900, "lost": 4000, "net": 0 }]);
    assert_eq!(takings.at("/currencies"), expected);
    app.post_with_new_key_as(&elena, &path, json!({})).await.expect_problem(409, "payment_disputed");
}
