//! Stripe hangs, breaks, talks nonsense, or says no.

use chrono::Duration;
use serde_json::json;

use test_macros::both_databases;

use crate::support::{Fault, Till};

const SESSIONS: &str = "POST /v1/checkout/sessions";
const REFUNDS: &str = "POST /v1/refunds";

/// Every try of one call fails, and the first of them so.
fn fail(till: &Till, call: &str, fault: Fault) {
    till.double.fail(call, 1, fault);
    // An answer that was read, and is none, is not asked for again.
    if !matches!(fault, Fault::Garbage | Fault::Forbidden) {
        till.double.fail(call, 2, Fault::Status(503));
    }
}

#[both_databases]
async fn a_checkout_goes_on_when_stripe_is_back(till: Till) {
    let mut payments = std::collections::BTreeSet::new();
    for (call, fault) in [
        ("POST /v1/customers", Fault::Status(500)),
        (SESSIONS, Fault::Status(503)),
        (SESSIONS, Fault::LostAfter),
    ] {
        fail(&till, call, fault);
        let refused = till
            .checkout(&till.lena, &till.course)
            .await
            .refused(503, "provider_unavailable");
        assert_eq!(refused.header("retry-after"), "5", "{call} {fault:?}");
        payments.insert(
            till.get_as(&till.lena, "/me/payments")
                .await
                .text_at("/data/0/id"),
        );
    }
    for fault in [Fault::Garbage, Fault::Forbidden] {
        fail(&till, SESSIONS, fault);
        till.checkout(&till.lena, &till.course)
            .await
            .refused(503, "provider_unavailable");
    }
    let waiting = till.begin().await;
    payments.insert(waiting.payment.clone());
    assert_eq!(
        (
            payments.len(),
            till.double.count("checkout.session"),
            till.double.count("customer")
        ),
        (1, 1, 1)
    );
    till.double.pay(&waiting.name);
    till.hear().await;
    assert_eq!(
        (
            till.payment(&waiting.payment).await.at("/status"),
            till.reason().await
        ),
        (json!("COMPLETED"), "granted".to_owned())
    );
}

#[both_databases]
async fn a_checkout_outlives_a_stripe_that_hangs(till: Till) {
    till.double.fail(SESSIONS, 3, Fault::Hang);
    let refused = till
        .checkout(&till.lena, &till.course)
        .await
        .refused(503, "provider_unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    till.begin().await;
    assert_eq!(
        (till.double.count("checkout.session"), till.rows("payments").await),
        (1, 1)
    );
}

#[both_databases]
async fn a_checkout_that_stripe_would_find_too_short_by_now_begins_anew(till: Till) {
    fail(&till, SESSIONS, Fault::Status(500));
    till.checkout(&till.lena, &till.course)
        .await
        .refused(503, "provider_unavailable");
    till.clock.advance(Duration::minutes(35));
    let waiting = till.begin().await;
    // Once there is a page, it is handed out again for almost as long as it stands.
    till.clock.advance(Duration::minutes(20));
    assert_eq!(till.begin().await.payment, waiting.payment);
    till.double.pay(&waiting.name);
    till.hear().await;
    assert_eq!(
        (
            till.reason().await,
            till.rows("payments").await,
            till.double.count("checkout.session")
        ),
        ("granted".to_owned(), 2, 1)
    );
}

#[both_databases]
async fn a_client_s_own_key_goes_on_after_a_failure(till: Till) {
    till.double.fail(SESSIONS, 3, Fault::Status(500));
    let body = json!({ "courseId": till.course });
    till.pay_again(&till.lena, "/checkout", body.clone(), "mine")
        .await
        .refused(503, "provider_unavailable");
    let done = till
        .pay_again(&till.lena, "/checkout", body, "mine")
        .await
        .expect(201);
    assert_eq!(
        (done.at("/payment/status"), till.rows("payments").await),
        (json!("PENDING"), 1)
    );
}

#[both_databases]
async fn stripe_may_break_after_its_work_and_remember_only_that(till: Till) {
    till.double.fail(SESSIONS, 1, Fault::BrokenAfter);
    for _ in 0..2 {
        till.checkout(&till.lena, &till.course)
            .await
            .refused(503, "provider_unavailable");
    }
    assert_eq!(till.double.count("checkout.session"), 1);
    // On other terms it is another payment; the session that nobody can name is nobody's to pay.
    let waiting = till.begin_inside().await;
    till.double.confirm(&waiting.name, "pm_card_visa").unwrap();
    till.hear().await;
    assert_eq!(
        (till.reason().await, till.purchases().await),
        ("granted".to_owned(), 1)
    );
}

#[both_databases]
async fn what_stripe_refuses_is_over(till: Till) {
    let (cheap, _) = till.priced(&till.elena, 49).await;
    let body =
        json!({ "code": "PLACE", "amountOff": { "amount": 1, "currency": "USD" }, "maxRedemptions": 1 });
    let coupon = till
        .post_as(&till.elena, "/coupons", body)
        .await
        .expect(201)
        .text_at("/id");
    let body = json!({ "courseId": cheap, "couponCode": "PLACE" });
    let refused = till
        .pay_as(&till.lena, "/checkout", body.clone())
        .await
        .refused(409, "payment_refused");
    assert!(
        refused.text_at("/detail").contains("amount_too_small"),
        "{}",
        refused.text
    );
    till.quiet().await;
    let over = till.get_as(&till.lena, "/me/payments").await;
    assert_eq!(
        (over.at("/data/0/status"), over.at("/data/0/failureCode")),
        (json!("FAILED"), json!("refused"))
    );
    assert_eq!(
        till.get_as(&till.elena, &format!("/coupons/{coupon}"))
            .await
            .at("/redemptionCount"),
        json!(0)
    );
    till.pay_as(&till.lena, "/checkout", body)
        .await
        .refused(409, "payment_refused");
    assert_eq!(
        (till.rows("payments").await, till.double.count("checkout.session")),
        (2, 0)
    );
}

#[both_databases]
async fn a_session_is_stopped_when_another_took_its_place(till: Till) {
    let first = till.begin().await;
    let second = till.begin_inside().await;
    till.quiet().await;
    assert_eq!(till.double.object(&first.name)["status"], "expired");
    let third = till.begin().await;
    till.quiet().await;
    assert_eq!(
        till.double.object(second.name.split("_secret").next().unwrap())["status"],
        "canceled"
    );
    till.hear().await;
    assert_eq!(till.payment(&third.payment).await.at("/status"), "PENDING");
    for payment in [first.payment, second.payment] {
        assert_eq!(till.payment(&payment).await.at("/failureCode"), "superseded");
    }
}

#[both_databases]
async fn a_refund_is_asked_for_until_stripe_has_made_it_once(till: Till) {
    let (payment, _) = till.bought().await;
    for (amount, fault) in [
        (900, Fault::Status(500)),
        (1000, Fault::LostAfter),
        (1100, Fault::Garbage),
    ] {
        fail(&till, REFUNDS, fault);
        let refund = till.give_back(&payment, json!({ "amount": amount })).await;
        // The next try is later, by the clock that this test moves.
        crate::support::eventually("the refund", || async {
            till.clock.advance(Duration::seconds(2));
            let now = till.payment(&payment).await;
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
    till.hear().await;
    let now = till.payment(&payment).await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/refunding/amount")),
        (json!(3000), json!(0))
    );
    assert_eq!((till.double.count("refund"), till.rows("refunds").await), (3, 3));
}

#[both_databases]
async fn a_refund_that_stripe_refuses_has_failed(till: Till) {
    let (payment, intent) = till.bought().await;
    till.double.dispute(&intent);
    till.give_back(&payment, json!({ "amount": 900 })).await;
    till.quiet().await;
    let now = till.payment(&payment).await;
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
    assert_eq!(till.double.count("refund"), 0);
    till.hear().await;
    assert_eq!(till.reason().await, "grant_suspended");
}
