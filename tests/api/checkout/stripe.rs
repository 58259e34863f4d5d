//! `POST /checkout` with Stripe: hosted page, embedded payment, concurrency.

use futures_util::future::join_all;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{Fault, StripeApp};

#[both_databases]
async fn a_course_is_bought_on_the_hosted_page(app: StripeApp) {
    let checkout = app.start_checkout().await;
    let (payment, session) = (checkout.payment, app.stripe.object(&checkout.reference));
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(4900), &json!("usd")));
    assert_eq!(session["metadata"]["palestra_payment_id"], payment);
    assert!(session["success_url"].as_str().unwrap().contains(&payment));
    let customers = app.get_as(&app.lena, "/me/customers").await.expect(200);
    assert_eq!(customers.at("/data/0/provider"), "STRIPE");
    assert_eq!(app.stripe.object(session["customer"].as_str().unwrap())["email"], app.lena.email);
    // Neither the page nor the payment at Stripe gives access, but what Stripe tells.
    app.stripe.pay(&checkout.reference);
    assert_eq!(
        (app.payment(&payment).await.at("/status"), app.buyer_access().await),
        (json!("PENDING"), "not_granted".to_owned())
    );
    let events = app.stripe.events();
    for event in &events {
        app.stripe.deliver(&app, event).await.expect(200);
    }
    app.wait_for_empty_outbox().await;
    let paid = app.payment(&payment).await;
    assert_eq!((paid.at("/status"), app.buyer_access().await), (json!("COMPLETED"), "granted".to_owned()));
    let why = app.get_as(&app.lena, &format!("/me/access/courses/{}", app.course)).await.expect(200);
    assert_eq!(
        (why.at("/grants/0/source"), why.at("/grants/0/sourceId")),
        (json!("PURCHASE"), json!(payment))
    );
    // Said again, it changes nothing.
    let (events_before, receipts) =
        (app.count_rows("provider_events").await, app.count_rows("receipts").await);
    for event in events.iter().rev().chain(&events) {
        app.stripe.deliver(&app, event).await.expect(200);
    }
    app.wait_for_empty_outbox().await;
    assert_eq!(app.payment(&payment).await.text, paid.text);
    assert_eq!(
        (app.count_rows("provider_events").await, app.count_rows("receipts").await),
        (events_before, receipts)
    );
    assert_eq!((receipts, app.count_purchases().await, app.stripe.count("checkout.session")), (1, 1, 1));
    app.checkout(&app.lena, &app.course).await.expect_problem(409, "already_purchased");
}

#[both_databases]
async fn a_course_is_bought_with_an_embedded_payment(app: StripeApp) {
    let checkout = app.start_embedded_checkout().await;
    assert_eq!(app.start_embedded_checkout().await.reference, checkout.reference);
    assert_eq!(
        app.stripe.confirm(&checkout.reference, "pm_card_chargeDeclined"),
        Err("card_declined".to_owned())
    );
    app.deliver_webhooks().await;
    let tried = app.payment(&checkout.payment).await;
    assert_eq!((tried.at("/status"), tried.at("/failureCode")), (json!("PENDING"), json!("card_declined")));
    assert_eq!(
        app.stripe.confirm(&checkout.reference, "pm_card_threeDSecure2Required"),
        Ok("requires_action".to_owned())
    );
    app.deliver_webhooks().await;
    assert_eq!(app.payment(&checkout.payment).await.at("/status"), "PENDING");
    app.stripe.authenticate(checkout.reference.split("_secret").next().unwrap());
    app.deliver_webhooks().await;
    let paid = app.payment(&checkout.payment).await;
    assert_eq!((paid.at("/status"), paid.at("/failureCode")), (json!("COMPLETED"), json!(null)));
    assert_eq!((app.buyer_access().await, app.stripe.count("payment_intent")), ("granted".to_owned(), 1));
}

#[both_databases]
async fn stripe_charges_the_amount_after_the_coupon(app: StripeApp) {
    let body = json!({ "code": "SPRING", "percentOff": 20, "maxRedemptions": 1 });
    let coupon = app.post_as(&app.elena, "/coupons", body).await.expect(201).text_at("/id");
    let body = json!({ "courseId": app.course, "couponCode": "spring" });
    let reply = app.post_with_new_key_as(&app.lena, "/checkout", body).await.expect(201);
    let session = reply.text_at("/url").rsplit('/').next().unwrap().to_owned();
    assert_eq!(app.stripe.object(&session)["amount_total"], 3920);
    let uses =
        || async { app.get_as(&app.elena, &format!("/coupons/{coupon}")).await.at("/redemptionCount") };
    assert_eq!(uses().await, json!(1));
    app.stripe.pay(&session);
    app.deliver_webhooks().await;
    let paid = app.payment(&reply.text_at("/payment/id")).await;
    assert_eq!(
        (paid.at("/status"), paid.at("/amount/amount"), uses().await),
        (json!("COMPLETED"), json!(3920), json!(1))
    );
    // All of it off: Stripe is not asked at all.
    app.post_as(&app.elena, "/coupons", json!({ "code": "GIFT", "percentOff": 100 })).await.expect(201);
    let (tom, calls) = (app.learner().await, app.stripe.calls().len());
    let body = json!({ "courseId": app.course, "couponCode": "GIFT" });
    let free = app.post_with_new_key_as(&tom, "/checkout", body).await.expect(201);
    assert_eq!(
        (free.at("/payment/status"), free.at("/payment/provider")),
        (json!("COMPLETED"), json!("NONE"))
    );
    assert_eq!(
        (app.access_reason(&tom, &app.lessons[0]).await, app.stripe.calls().len()),
        ("granted".to_owned(), calls)
    );
}

#[both_databases]
async fn an_expired_session_fails_the_payment(app: StripeApp) {
    let body = json!({ "code": "ONCE", "percentOff": 20, "maxRedemptions": 1 });
    let coupon = app.post_as(&app.elena, "/coupons", body).await.expect(201).text_at("/id");
    let body = json!({ "courseId": app.course, "couponCode": "ONCE" });
    let reply = app.post_with_new_key_as(&app.lena, "/checkout", body).await.expect(201);
    app.stripe.abandon(reply.text_at("/url").rsplit('/').next().unwrap());
    app.deliver_webhooks().await;
    let over = app.payment(&reply.text_at("/payment/id")).await;
    assert_eq!((over.at("/status"), over.at("/failureCode")), (json!("FAILED"), json!("expired")));
    let coupon = app.get_as(&app.elena, &format!("/coupons/{coupon}")).await;
    assert_eq!(
        (coupon.at("/redemptionCount"), app.buyer_access().await),
        (json!(0), "not_granted".to_owned())
    );
}

#[both_databases]
async fn a_completed_but_unpaid_session_grants_nothing_yet(app: StripeApp) {
    for (comes, status, reason) in [(false, "FAILED", "not_granted"), (true, "COMPLETED", "granted")] {
        let checkout = app.start_checkout().await;
        app.stripe.pay_later(&checkout.reference);
        app.deliver_webhooks().await;
        assert_eq!(
            (app.payment(&checkout.payment).await.at("/status"), app.buyer_access().await),
            (json!("PENDING"), "not_granted".to_owned())
        );
        app.stripe.hear_of(&checkout.reference, comes);
        app.deliver_webhooks().await;
        assert_eq!(
            (app.payment(&checkout.payment).await.at("/status"), app.buyer_access().await),
            (json!(status), reason.to_owned())
        );
    }
}

#[both_databases]
async fn tabs_with_different_return_pages_share_one_checkout(app: StripeApp) {
    const SESSIONS: &str = "POST /v1/checkout/sessions";
    let from = |tab: usize| {
        json!({
            "courseId": app.course, "successUrl": format!("http://127.0.0.1:3000/{tab}/yes?payment={{paymentId}}"),
            "cancelUrl": format!("http://127.0.0.1:3000/{tab}/no"),
        })
    };
    // Stripe's answer to the first one gets lost; the second one goes on with the first one's pages.
    app.stripe.fail(SESSIONS, 1, Fault::LostAfter);
    app.stripe.fail(SESSIONS, 2, Fault::Status(503));
    app.post_with_new_key_as(&app.lena, "/checkout", from(1))
        .await
        .expect_problem(503, "provider_unavailable");
    let second = app.post_with_new_key_as(&app.lena, "/checkout", from(2)).await.expect(201);
    let payment = second.text_at("/payment/id");
    let session = app.stripe.object(second.text_at("/url").rsplit('/').next().unwrap());
    assert_eq!(
        (session["success_url"].clone(), session["cancel_url"].clone()),
        (
            json!(format!("http://127.0.0.1:3000/1/yes?payment={payment}")),
            json!("http://127.0.0.1:3000/1/no"),
        )
    );
    assert_eq!((app.count_rows("payments").await, app.stripe.count("checkout.session")), (1, 1));
    // Many at once, while Stripe takes its time: everybody gets the page of whoever was first, and it can be paid on.
    let tom = app.learner().await;
    app.stripe.fail(SESSIONS, 1, Fault::Slow(std::time::Duration::from_millis(100)));
    let replies = join_all((0..8).map(|tab| app.post_with_new_key_as(&tom, "/checkout", from(tab)))).await;
    let urls: std::collections::BTreeSet<String> =
        replies.into_iter().map(|reply| reply.expect(201).text_at("/url")).collect();
    assert_eq!(
        (urls.len(), app.count_rows("payments").await, app.stripe.count("checkout.session")),
        (1, 2, 2)
    );
    app.stripe.pay(urls.first().unwrap().rsplit('/').next().unwrap());
    app.deliver_webhooks().await;
    assert_eq!(app.access_reason(&tom, &app.lessons[0]).await, "granted");
}

#[both_databases]
async fn of_64_concurrent_checkouts_no_double_charge_remains(app: StripeApp) {
    let at_once = |bodies: Vec<Value>| {
        join_all(bodies.into_iter().map(|body| app.post_with_new_key_as(&app.lena, "/checkout", body)))
    };
    let replies = at_once(vec![json!({ "courseId": app.course }); 64]).await;
    let urls: std::collections::BTreeSet<String> =
        replies.into_iter().map(|reply| reply.expect(201).text_at("/url")).collect();
    assert_eq!((urls.len(), app.stripe.count("checkout.session"), app.stripe.count("customer")), (1, 1, 1));
    // On two kinds of terms they take each other's place, and the buyer pays whatever can still be paid.
    let methods = ["CHECKOUT_SESSION", "PAYMENT_INTENT"].into_iter().cycle().take(64);
    for reply in
        at_once(methods.map(|method| json!({ "courseId": app.course, "method": method })).collect()).await
    {
        if reply.status != 201 {
            reply.expect_problem(409, "checkout_superseded");
        }
    }
    for session in app.stripe.all("checkout.session") {
        app.stripe.try_to_pay(session["id"].as_str().unwrap(), "pm_card_visa").ok();
    }
    for intent in app.stripe.all("payment_intent") {
        app.stripe.confirm(intent["client_secret"].as_str().unwrap(), "pm_card_visa").ok();
    }
    app.deliver_webhooks().await;
    let kept: i64 = app
        .stripe
        .all("charge")
        .iter()
        .map(|charge| {
            charge["amount_captured"].as_i64().unwrap() - charge["amount_refunded"].as_i64().unwrap()
        })
        .sum();
    assert_eq!(
        (kept, app.count_purchases().await, app.buyer_access().await),
        (4900, 1, "granted".to_owned())
    );
    let captured = app.stripe.all("charge").len();
    assert_eq!(app.count_rows("receipts").await, i64::try_from(captured).unwrap());
}

#[both_databases]
async fn money_without_an_offer_goes_back_up_to_the_remainder(app: StripeApp) {
    let open = app.start_checkout().await;
    let intent = app.stripe.pay(&open.reference);
    app.stripe.refund_by_hand(&intent, 900);
    app.stripe.events();
    app.post_empty_as(&app.elena, &format!("/courses/{}/unpublish", app.course)).await.expect(200);
    let back = app.wait_until(&open.payment, "/status", json!("REFUNDED")).await;
    let parts: std::collections::BTreeSet<i64> = back
        .at("/refunds")
        .as_array()
        .unwrap()
        .iter()
        .map(|refund| refund["amount"]["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(parts, [900, 4000].into());
    assert_eq!(app.count_purchases().await, 0);
}

/// The buyer paid at the first session, which nobody has heard of, and began another.
#[both_databases]
async fn what_was_paid_at_a_superseded_session_buys_the_course(app: StripeApp) {
    let first = app.start_checkout().await;
    app.stripe.pay(&first.reference);
    app.stripe.events();
    let second = app.start_embedded_checkout().await;
    app.wait_until(&first.payment, "/status", json!("COMPLETED")).await;
    app.wait_until(&second.payment, "/status", json!("FAILED")).await;
    assert_eq!((app.buyer_access().await, app.count_purchases().await), ("granted".to_owned(), 1));
}
