//! Refunds and disputes of payments at Stripe.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    Fault, StripeApp,
    stripe_faults::{REFUNDS, fail_next_calls},
};

#[both_databases]
async fn a_refund_ends_access(app: StripeApp) {
    let (payment, _) = app.complete_purchase().await;
    let part = app.refund(&payment, json!({ "amount": 900 })).await;
    app.wait_until(&payment, "/refunded/amount", json!(900)).await;
    assert_eq!(app.buyer_access().await, "granted");
    app.deliver_webhooks().await;
    let refund = app.stripe.all("refund").pop().unwrap();
    assert_eq!((&refund["amount"], &refund["metadata"]["palestra_refund_id"]), (&json!(900), &json!(part)));
    assert_eq!(app.payment(&payment).await.at("/refunds").as_array().unwrap().len(), 1);

    app.refund(&payment, json!({})).await;
    let back = app.wait_until(&payment, "/status", json!("REFUNDED")).await;
    assert_eq!(
        (back.at("/refunded/amount"), app.buyer_access().await),
        (json!(4900), "grant_refunded".to_owned())
    );
    app.deliver_webhooks().await;
    assert_eq!(app.payment(&payment).await.at("/refunds").as_array().unwrap().len(), 2);
    assert_eq!(app.stripe.count("refund"), 2);
    // Bought again by a payment of its own; the old one's access stays gone.
    let (again, _) = app.complete_purchase().await;
    assert_ne!(again, payment);
    assert_eq!((app.buyer_access().await, app.count_purchases().await), ("granted".to_owned(), 2));
}

#[both_databases]
async fn a_refund_made_at_stripe_is_recorded(app: StripeApp) {
    let (payment, intent) = app.complete_purchase().await;
    app.stripe.refund_by_hand(&intent, 1000);
    app.deliver_webhooks().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/status"), app.buyer_access().await),
        (json!(1000), json!("COMPLETED"), "granted".to_owned())
    );
    assert_eq!(
        (now.at("/refunds/0/requestedBy"), now.at("/refunds/0/reason")),
        (json!(null), json!("OTHER"))
    );
    let path = format!("/payments/{payment}/refunds");
    app.post_with_new_key_as(&app.elena, &path, json!({ "amount": 3901 }))
        .await
        .expect_problem(409, "refund_too_large");
    app.stripe.refund_by_hand(&intent, 3900);
    app.deliver_webhooks().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/status"), app.buyer_access().await),
        (json!(4900), json!("REFUNDED"), "grant_refunded".to_owned())
    );
}

#[both_databases]
async fn a_refund_may_be_pending_and_may_fail_later(app: StripeApp) {
    let checkout = app.start_checkout().await;
    app.stripe.try_to_pay(&checkout.reference, "pm_card_pendingRefund").unwrap();
    app.deliver_webhooks().await;
    let payment = checkout.payment;
    app.refund(&payment, json!({})).await;
    app.wait_for_empty_outbox().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/refunding/amount"), now.at("/refunded/amount"), app.buyer_access().await),
        (json!(4900), json!(0), "granted".to_owned())
    );
    let refund = app.stripe.all("refund")[0]["id"].as_str().unwrap().to_owned();
    app.stripe.settle_refund(&refund);
    app.deliver_webhooks().await;
    assert_eq!(
        (app.payment(&payment).await.at("/status"), app.buyer_access().await),
        (json!("REFUNDED"), "grant_refunded".to_owned())
    );
    // The bank sends it back to us: the course is the buyer's again.
    app.stripe.fail_refund(&refund);
    app.deliver_webhooks().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/status"), now.at("/refunded/amount"), now.at("/refunds/0/status")),
        (json!("COMPLETED"), json!(0), json!("FAILED"))
    );
    assert_eq!(now.at("/refunds/0/failureCode"), "lost_or_stolen_card");
    assert_eq!(app.buyer_access().await, "granted");
    assert_eq!(app.get_as(&app.lena, "/me/purchases").await.at("/data/0/endedAt"), json!(null));
}

#[both_databases]
async fn a_failed_refund_after_a_second_purchase_leaves_one_purchase(app: StripeApp) {
    let (first, _) = app.complete_purchase().await;
    app.refund(&first, json!({})).await;
    app.deliver_webhooks().await;
    app.wait_until(&first, "/status", json!("REFUNDED")).await;
    let refund = app.stripe.all("refund")[0]["id"].as_str().unwrap().to_owned();
    let (second, _) = app.complete_purchase().await;
    app.stripe.fail_refund(&refund);
    app.deliver_webhooks().await;
    app.wait_until(&first, "/status", json!("COMPLETED")).await;
    // Two were paid: what the later one bought goes back, and what the earlier one bought is there.
    app.refund(&second, json!({})).await;
    app.deliver_webhooks().await;
    app.wait_until(&second, "/status", json!("REFUNDED")).await;
    assert_eq!(app.buyer_access().await, "granted");
    let purchases = app.get_as(&app.lena, "/me/purchases").await.expect(200);
    let live: Vec<Value> = purchases
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["endedAt"].is_null())
        .map(|row| row["paymentId"].clone())
        .collect();
    assert_eq!(live, [json!(first)]);
    app.checkout(&app.lena, &app.course).await.expect_problem(409, "already_purchased");
}

#[both_databases]
async fn a_dispute_suspends_access_until_decided(app: StripeApp) {
    let (payment, intent) = app.complete_purchase().await;
    let inquiry = app.stripe.inquire(&intent);
    app.deliver_webhooks().await;
    assert_eq!(app.buyer_access().await, "granted", "an inquiry moves no money");
    app.stripe.decide(&inquiry, "warning_closed");
    let dispute = app.stripe.dispute(&intent);
    app.deliver_webhooks().await;
    assert_eq!(app.buyer_access().await, "grant_suspended");
    app.stripe.decide(&dispute, "under_review");
    app.deliver_webhooks().await;
    assert_eq!(app.buyer_access().await, "grant_suspended");
    app.stripe.decide(&dispute, "won");
    app.deliver_webhooks().await;
    assert_eq!(app.buyer_access().await, "granted");
    let second = app.stripe.dispute(&intent);
    app.stripe.decide(&second, "lost");
    // The end is reported before the beginning.
    for event in app.stripe.events().iter().rev() {
        app.stripe.deliver(&app, event).await.expect(200);
    }
    app.wait_for_empty_outbox().await;
    assert_eq!(app.buyer_access().await, "grant_revoked");
    let now = app.payment(&payment).await;
    let mut disputes: Vec<String> =
        now.at("/disputes").as_array().unwrap().iter().map(|dispute| dispute["status"].to_string()).collect();
    disputes.sort();
    assert_eq!(
        (disputes, now.at("/status")),
        (vec!["\"LOST\"".to_owned(), "\"WON\"".to_owned()], json!("COMPLETED"))
    );
}

#[both_databases]
async fn a_refund_is_retried_until_it_is_created_once(app: StripeApp) {
    let (payment, _) = app.complete_purchase().await;
    for (amount, fault) in [(900, Fault::Status(500)), (1000, Fault::LostAfter), (1100, Fault::Garbage)] {
        fail_next_calls(&app, REFUNDS, fault);
        let refund = app.refund(&payment, json!({ "amount": amount })).await;
        // The next try is later, by the clock that this test moves.
        crate::support::eventually("the refund", || async {
            app.clock.advance(Duration::seconds(2));
            let now = app.payment(&payment).await;
            let refunds = now.at("/refunds");
            let this = refunds.as_array().unwrap().iter().find(|row| row["id"] == *refund).unwrap();
            (this["status"] == "SUCCEEDED").then_some(())
        })
        .await;
    }
    app.deliver_webhooks().await;
    let now = app.payment(&payment).await;
    assert_eq!((now.at("/refunded/amount"), now.at("/refunding/amount")), (json!(3000), json!(0)));
    assert_eq!((app.stripe.count("refund"), app.count_rows("refunds").await), (3, 3));
}

#[both_databases]
async fn a_refund_refused_by_stripe_fails(app: StripeApp) {
    let (payment, intent) = app.complete_purchase().await;
    app.stripe.dispute(&intent);
    app.refund(&payment, json!({ "amount": 900 })).await;
    app.wait_for_empty_outbox().await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/refunds/0/status"), now.at("/refunding/amount"), now.at("/status")),
        (json!("FAILED"), json!(0), json!("COMPLETED"))
    );
    assert!(now.text_at("/refunds/0/failureCode").contains("charge_disputed"), "{}", now.text);
    assert_eq!(app.stripe.count("refund"), 0);
    app.deliver_webhooks().await;
    assert_eq!(app.buyer_access().await, "grant_suspended");
}

#[both_databases]
async fn a_refund_that_waits_is_not_made_when_the_money_is_disputed(app: StripeApp) {
    let (payment, intent) = app.complete_purchase().await;
    app.stripe.fail(REFUNDS, 3, Fault::Status(503));
    app.refund(&payment, json!({ "amount": 900 })).await;
    app.stripe.dispute(&intent);
    app.stripe.deliver_all(&app).await;
    app.wait_until(&payment, "/disputes/0/status", json!("OPEN")).await;
    let before = app.stripe.calls().iter().filter(|call| *call == REFUNDS).count();
    crate::support::eventually("the refund to fail", || async {
        app.clock.advance(Duration::seconds(2));
        let now = app.payment(&payment).await;
        (now.at("/refunds/0/status") == "FAILED").then_some(())
    })
    .await;
    let now = app.payment(&payment).await;
    assert_eq!(
        (now.at("/refunds/0/failureCode"), now.at("/refunding/amount")),
        (json!("charge_disputed"), json!(0))
    );
    let after = app.stripe.calls().iter().filter(|call| *call == REFUNDS).count();
    assert!(after <= before + 3 && app.stripe.count("refund") == 0);
}

#[both_databases]
async fn money_without_an_offer_goes_back_when_its_dispute_is_won(app: StripeApp) {
    let open = app.start_checkout().await;
    let intent = app.stripe.pay(&open.reference);
    app.post_empty_as(&app.elena, &format!("/courses/{}/unpublish", app.course)).await.expect(200);
    app.wait_until(&open.payment, "/failureCode", json!("course_unavailable")).await;
    let dispute = app.stripe.dispute(&intent);
    // The bank is heard of first.
    for event in app.stripe.events().iter().rev() {
        app.stripe.deliver(&app, event).await.expect(200);
    }
    app.wait_for_empty_outbox().await;
    app.wait_until(&open.payment, "/disputes/0/status", json!("OPEN")).await;
    assert_eq!(app.stripe.count("refund"), 0, "the money would leave twice");
    app.stripe.decide(&dispute, "won");
    app.deliver_webhooks().await;
    app.wait_until(&open.payment, "/status", json!("REFUNDED")).await;
    assert_eq!(app.stripe.count("refund"), 1);
}

#[both_databases]
async fn the_books_say_what_a_refund_and_a_lost_dispute_took(app: StripeApp) {
    let (payment, intent) = app.complete_purchase().await;
    app.stripe.refund_by_hand(&intent, 900);
    let dispute = app.stripe.dispute(&intent);
    app.stripe.decide(&dispute, "lost");
    app.deliver_webhooks().await;
    app.wait_until(&payment, "/disputes/0/status", json!("LOST")).await;
    let takings = app.get_as(&app.elena, "/me/takings").await.expect(200);
    // The bank took all of it, although a part had gone back: Stripe's own balance says the same.
    let expected =
        json!([{ "currency": "USD", "sales": 1, "gross": 4900, "refunded": 900, "lost": 4900, "net": -900 }]);
    assert_eq!(takings.at("/currencies"), expected);
    assert_eq!(app.get_as(&app.elena, "/me/sales").await.expect(200).at("/data/0/lost/amount"), 4900);
}
