//! The whole way through our own API against Stripe's double: what is bought, read, given back and fought over.

mod failures;
mod forgeries;

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};

use test_macros::both_databases;

use crate::support::{Fault, Till};

#[both_databases]
async fn a_course_is_bought_on_stripe_s_page(till: Till) {
    let waiting = till.begin().await;
    let (payment, session) = (waiting.payment, till.double.object(&waiting.name));
    assert_eq!(
        (&session["amount_total"], &session["currency"]),
        (&json!(4900), &json!("usd"))
    );
    assert_eq!(session["metadata"]["palestra_payment_id"], payment);
    assert!(session["success_url"].as_str().unwrap().contains(&payment));
    let customers = till.get_as(&till.lena, "/me/customers").await.expect(200);
    assert_eq!(customers.at("/data/0/provider"), "STRIPE");
    assert_eq!(
        till.double.object(session["customer"].as_str().unwrap())["email"],
        till.lena.email
    );
    // Neither the page nor the payment at Stripe gives access, but what Stripe tells.
    till.double.pay(&waiting.name);
    assert_eq!(
        (till.payment(&payment).await.at("/status"), till.reason().await),
        (json!("PENDING"), "not_granted".to_owned())
    );
    let events = till.double.events();
    for event in &events {
        till.double.deliver(&till, event).await.expect(200);
    }
    till.quiet().await;
    let paid = till.payment(&payment).await;
    assert_eq!(
        (paid.at("/status"), till.reason().await),
        (json!("COMPLETED"), "granted".to_owned())
    );
    let why = till
        .get_as(&till.lena, &format!("/me/access/courses/{}", till.course))
        .await
        .expect(200);
    assert_eq!(
        (why.at("/grants/0/source"), why.at("/grants/0/sourceId")),
        (json!("PURCHASE"), json!(payment))
    );
    // Said again, it changes nothing.
    let (events_before, receipts) = (till.rows("provider_events").await, till.rows("receipts").await);
    for event in events.iter().rev().chain(&events) {
        till.double.deliver(&till, event).await.expect(200);
    }
    till.quiet().await;
    assert_eq!(till.payment(&payment).await.text, paid.text);
    assert_eq!(
        (till.rows("provider_events").await, till.rows("receipts").await),
        (events_before, receipts)
    );
    assert_eq!(
        (
            receipts,
            till.purchases().await,
            till.double.count("checkout.session")
        ),
        (1, 1, 1)
    );
    till.checkout(&till.lena, &till.course)
        .await
        .refused(409, "already_purchased");
}

#[both_databases]
async fn a_course_is_bought_inside_the_client(till: Till) {
    let waiting = till.begin_inside().await;
    assert_eq!(till.begin_inside().await.name, waiting.name);
    assert_eq!(
        till.double.confirm(&waiting.name, "pm_card_chargeDeclined"),
        Err("card_declined".to_owned())
    );
    till.hear().await;
    let tried = till.payment(&waiting.payment).await;
    assert_eq!(
        (tried.at("/status"), tried.at("/failureCode")),
        (json!("PENDING"), json!("card_declined"))
    );
    assert_eq!(
        till.double
            .confirm(&waiting.name, "pm_card_threeDSecure2Required"),
        Ok("requires_action".to_owned())
    );
    till.hear().await;
    assert_eq!(till.payment(&waiting.payment).await.at("/status"), "PENDING");
    till.double
        .authenticate(waiting.name.split("_secret").next().unwrap());
    till.hear().await;
    let paid = till.payment(&waiting.payment).await;
    assert_eq!(
        (paid.at("/status"), paid.at("/failureCode")),
        (json!("COMPLETED"), json!(null))
    );
    assert_eq!(
        (till.reason().await, till.double.count("payment_intent")),
        ("granted".to_owned(), 1)
    );
}

#[both_databases]
async fn money_goes_back_and_access_with_it(till: Till) {
    let (payment, _) = till.bought().await;
    let part = till.give_back(&payment, json!({ "amount": 900 })).await;
    till.is(&payment, "/refunded/amount", json!(900)).await;
    assert_eq!(till.reason().await, "granted");
    till.hear().await;
    let refund = till.double.all("refund").pop().unwrap();
    assert_eq!(
        (&refund["amount"], &refund["metadata"]["palestra_refund_id"]),
        (&json!(900), &json!(part))
    );
    assert_eq!(
        till.payment(&payment)
            .await
            .at("/refunds")
            .as_array()
            .unwrap()
            .len(),
        1
    );

    till.give_back(&payment, json!({})).await;
    let back = till.is(&payment, "/status", json!("REFUNDED")).await;
    assert_eq!(
        (back.at("/refunded/amount"), till.reason().await),
        (json!(4900), "grant_refunded".to_owned())
    );
    till.hear().await;
    assert_eq!(
        till.payment(&payment)
            .await
            .at("/refunds")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(till.double.count("refund"), 2);
    // Bought again by a payment of its own; the old one's access stays gone.
    let (again, _) = till.bought().await;
    assert_ne!(again, payment);
    assert_eq!(
        (till.reason().await, till.purchases().await),
        ("granted".to_owned(), 2)
    );
}

#[both_databases]
async fn a_refund_made_at_stripe_counts_as_ours(till: Till) {
    let (payment, intent) = till.bought().await;
    till.double.refund_by_hand(&intent, 1000);
    till.hear().await;
    let now = till.payment(&payment).await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/status"), till.reason().await),
        (json!(1000), json!("COMPLETED"), "granted".to_owned())
    );
    assert_eq!(
        (now.at("/refunds/0/requestedBy"), now.at("/refunds/0/reason")),
        (json!(null), json!("OTHER"))
    );
    let path = format!("/payments/{payment}/refunds");
    till.pay_as(&till.elena, &path, json!({ "amount": 3901 }))
        .await
        .refused(409, "refund_too_large");
    till.double.refund_by_hand(&intent, 3900);
    till.hear().await;
    let now = till.payment(&payment).await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/status"), till.reason().await),
        (json!(4900), json!("REFUNDED"), "grant_refunded".to_owned())
    );
}

#[both_databases]
async fn a_refund_may_take_its_time_and_may_come_back(till: Till) {
    let waiting = till.begin().await;
    till.double
        .try_to_pay(&waiting.name, "pm_card_pendingRefund")
        .unwrap();
    till.hear().await;
    let payment = waiting.payment;
    till.give_back(&payment, json!({})).await;
    till.quiet().await;
    let now = till.payment(&payment).await;
    assert_eq!(
        (
            now.at("/refunding/amount"),
            now.at("/refunded/amount"),
            till.reason().await
        ),
        (json!(4900), json!(0), "granted".to_owned())
    );
    let refund = till.double.all("refund")[0]["id"].as_str().unwrap().to_owned();
    till.double.settle_refund(&refund);
    till.hear().await;
    assert_eq!(
        (till.payment(&payment).await.at("/status"), till.reason().await),
        (json!("REFUNDED"), "grant_refunded".to_owned())
    );
    // The bank sends it back to us: the course is the buyer's again.
    till.double.fail_refund(&refund);
    till.hear().await;
    let now = till.payment(&payment).await;
    assert_eq!(
        (
            now.at("/status"),
            now.at("/refunded/amount"),
            now.at("/refunds/0/status")
        ),
        (json!("COMPLETED"), json!(0), json!("FAILED"))
    );
    assert_eq!(now.at("/refunds/0/failureCode"), "lost_or_stolen_card");
    assert_eq!(till.reason().await, "granted");
    assert_eq!(
        till.get_as(&till.lena, "/me/purchases")
            .await
            .at("/data/0/endedAt"),
        json!(null)
    );
}

#[both_databases]
async fn a_refund_that_comes_back_after_the_course_was_bought_again_leaves_a_purchase(till: Till) {
    let (first, _) = till.bought().await;
    till.give_back(&first, json!({})).await;
    till.hear().await;
    till.is(&first, "/status", json!("REFUNDED")).await;
    let refund = till.double.all("refund")[0]["id"].as_str().unwrap().to_owned();
    let (second, _) = till.bought().await;
    till.double.fail_refund(&refund);
    till.hear().await;
    till.is(&first, "/status", json!("COMPLETED")).await;
    // Two were paid: what the later one bought goes back, and what the earlier one bought is there.
    till.give_back(&second, json!({})).await;
    till.hear().await;
    till.is(&second, "/status", json!("REFUNDED")).await;
    assert_eq!(till.reason().await, "granted");
    let purchases = till.get_as(&till.lena, "/me/purchases").await.expect(200);
    let live: Vec<Value> = purchases
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["endedAt"].is_null())
        .map(|row| row["paymentId"].clone())
        .collect();
    assert_eq!(live, [json!(first)]);
    till.checkout(&till.lena, &till.course)
        .await
        .refused(409, "already_purchased");
}

#[both_databases]
async fn a_dispute_suspends_until_the_bank_has_decided(till: Till) {
    let (payment, intent) = till.bought().await;
    let inquiry = till.double.inquire(&intent);
    till.hear().await;
    assert_eq!(till.reason().await, "granted", "an inquiry moves no money");
    till.double.decide(&inquiry, "warning_closed");
    let dispute = till.double.dispute(&intent);
    till.hear().await;
    assert_eq!(till.reason().await, "grant_suspended");
    till.double.decide(&dispute, "under_review");
    till.hear().await;
    assert_eq!(till.reason().await, "grant_suspended");
    till.double.decide(&dispute, "won");
    till.hear().await;
    assert_eq!(till.reason().await, "granted");
    let second = till.double.dispute(&intent);
    till.double.decide(&second, "lost");
    // The end is heard of before the beginning.
    for event in till.double.events().iter().rev() {
        till.double.deliver(&till, event).await.expect(200);
    }
    till.quiet().await;
    assert_eq!(till.reason().await, "grant_revoked");
    let now = till.payment(&payment).await;
    let mut disputes: Vec<String> = now
        .at("/disputes")
        .as_array()
        .unwrap()
        .iter()
        .map(|dispute| dispute["status"].to_string())
        .collect();
    disputes.sort();
    assert_eq!(
        (disputes, now.at("/status")),
        (
            vec!["\"LOST\"".to_owned(), "\"WON\"".to_owned()],
            json!("COMPLETED")
        )
    );
}

#[both_databases]
async fn stripe_is_asked_for_what_is_left_after_the_coupon(till: Till) {
    let body = json!({ "code": "SPRING", "percentOff": 20, "maxRedemptions": 1 });
    let coupon = till
        .post_as(&till.elena, "/coupons", body)
        .await
        .expect(201)
        .text_at("/id");
    let body = json!({ "courseId": till.course, "couponCode": "spring" });
    let reply = till.pay_as(&till.lena, "/checkout", body).await.expect(201);
    let session = reply.text_at("/url").rsplit('/').next().unwrap().to_owned();
    assert_eq!(till.double.object(&session)["amount_total"], 3920);
    let uses = || async {
        till.get_as(&till.elena, &format!("/coupons/{coupon}"))
            .await
            .at("/redemptionCount")
    };
    assert_eq!(uses().await, json!(1));
    till.double.pay(&session);
    till.hear().await;
    let paid = till.payment(&reply.text_at("/payment/id")).await;
    assert_eq!(
        (paid.at("/status"), paid.at("/amount/amount"), uses().await),
        (json!("COMPLETED"), json!(3920), json!(1))
    );
    // All of it off: Stripe is not asked at all.
    till.post_as(
        &till.elena,
        "/coupons",
        json!({ "code": "GIFT", "percentOff": 100 }),
    )
    .await
    .expect(201);
    let (tom, calls) = (till.learner().await, till.double.calls().len());
    let body = json!({ "courseId": till.course, "couponCode": "GIFT" });
    let free = till.pay_as(&tom, "/checkout", body).await.expect(201);
    assert_eq!(
        (free.at("/payment/status"), free.at("/payment/provider")),
        (json!("COMPLETED"), json!("NONE"))
    );
    assert_eq!(
        (till.why(&tom, &till.lessons[0]).await, till.double.calls().len()),
        ("granted".to_owned(), calls)
    );
}

#[both_databases]
async fn hooks_that_are_lost_are_made_good_by_asking(till: Till) {
    let waiting = till.begin().await;
    till.double.pay(&waiting.name);
    till.double.events();
    let payments = till.payments();
    assert_eq!(
        payments.reconcile(&till.db).await.unwrap(),
        0,
        "it is too early to ask"
    );
    till.clock.advance(Duration::minutes(11));
    assert_eq!(payments.reconcile(&till.db).await.unwrap(), 1);
    assert_eq!(
        (
            till.payment(&waiting.payment).await.at("/status"),
            till.reason().await
        ),
        (json!("COMPLETED"), "granted".to_owned())
    );
    assert_eq!(payments.reconcile(&till.db).await.unwrap(), 0);
}

#[both_databases]
async fn a_lost_word_of_a_refund_is_made_good_by_asking(till: Till) {
    let waiting = till.begin().await;
    till.double
        .try_to_pay(&waiting.name, "pm_card_pendingRefund")
        .unwrap();
    till.hear().await;
    till.give_back(&waiting.payment, json!({})).await;
    till.quiet().await;
    till.double
        .settle_refund(till.double.all("refund")[0]["id"].as_str().unwrap());
    till.double.events();
    till.clock.advance(Duration::minutes(11));
    assert_eq!(till.payments().reconcile(&till.db).await.unwrap(), 1);
    assert_eq!(
        (
            till.payment(&waiting.payment).await.at("/status"),
            till.reason().await
        ),
        (json!("REFUNDED"), "grant_refunded".to_owned())
    );
}

#[both_databases]
async fn however_many_wait_each_is_asked_about(till: Till) {
    // A refund of which no word comes, and many more checkouts than are asked about at once.
    let waiting = till.begin().await;
    till.double
        .try_to_pay(&waiting.name, "pm_card_pendingRefund")
        .unwrap();
    till.hear().await;
    till.give_back(&waiting.payment, json!({})).await;
    till.quiet().await;
    till.double
        .settle_refund(till.double.all("refund")[0]["id"].as_str().unwrap());
    till.double.events();
    let courses = join_all((0..11).map(|_| till.priced(&till.elena, 4900))).await;
    for buyer in join_all((0..10).map(|_| till.learner())).await {
        for reply in join_all(courses.iter().map(|(course, _)| till.checkout(&buyer, course))).await {
            reply.expect(201);
        }
    }
    let before = till.double.calls().len();
    // Each time everybody has been silent long enough to be asked about again.
    for _ in 0..3 {
        till.clock.advance(Duration::minutes(11));
        assert_eq!(till.payments().reconcile(&till.db).await.unwrap(), 50);
    }
    let calls = till.double.calls().split_off(before);
    let asked: std::collections::BTreeSet<&String> = calls
        .iter()
        .filter(|call| call.starts_with("GET /v1/checkout/sessions/"))
        .collect();
    assert_eq!(asked.len(), 111);
    assert_eq!(till.payment(&waiting.payment).await.at("/status"), "REFUNDED");
}

#[both_databases]
async fn a_session_that_runs_out_ends_the_payment(till: Till) {
    let body = json!({ "code": "ONCE", "percentOff": 20, "maxRedemptions": 1 });
    let coupon = till
        .post_as(&till.elena, "/coupons", body)
        .await
        .expect(201)
        .text_at("/id");
    let body = json!({ "courseId": till.course, "couponCode": "ONCE" });
    let reply = till.pay_as(&till.lena, "/checkout", body).await.expect(201);
    till.double
        .abandon(reply.text_at("/url").rsplit('/').next().unwrap());
    till.hear().await;
    let over = till.payment(&reply.text_at("/payment/id")).await;
    assert_eq!(
        (over.at("/status"), over.at("/failureCode")),
        (json!("FAILED"), json!("expired"))
    );
    let coupon = till.get_as(&till.elena, &format!("/coupons/{coupon}")).await;
    assert_eq!(
        (coupon.at("/redemptionCount"), till.reason().await),
        (json!(0), "not_granted".to_owned())
    );
}

#[both_databases]
async fn a_session_that_is_completed_but_not_paid_gives_nothing_yet(till: Till) {
    for (comes, status, reason) in [(false, "FAILED", "not_granted"), (true, "COMPLETED", "granted")] {
        let waiting = till.begin().await;
        till.double.pay_later(&waiting.name);
        till.hear().await;
        assert_eq!(
            (
                till.payment(&waiting.payment).await.at("/status"),
                till.reason().await
            ),
            (json!("PENDING"), "not_granted".to_owned())
        );
        till.double.hear_of(&waiting.name, comes);
        till.hear().await;
        assert_eq!(
            (
                till.payment(&waiting.payment).await.at("/status"),
                till.reason().await
            ),
            (json!(status), reason.to_owned())
        );
    }
}

#[both_databases]
async fn a_hook_may_arrive_before_we_know_where_the_buyer_pays(till: Till) {
    // The session is made, and its answer gets lost.
    till.double
        .fail("POST /v1/checkout/sessions", 1, Fault::LostAfter);
    till.double
        .fail("POST /v1/checkout/sessions", 2, Fault::Status(503));
    till.checkout(&till.lena, &till.course)
        .await
        .refused(503, "provider_unavailable");
    let session = till.double.all("checkout.session")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let intent = till.double.pay(&session);
    till.double.dispute(&intent);
    // Of the dispute first: it names the payment in a way that nobody here knows yet.
    for event in till.double.events().iter().rev() {
        till.double.deliver(&till, event).await.expect(200);
        till.quiet().await;
    }
    let payment = till
        .get_as(&till.lena, "/me/payments")
        .await
        .expect(200)
        .text_at("/data/0/id");
    let now = till.payment(&payment).await;
    assert_eq!(
        (
            now.at("/status"),
            now.at("/disputes/0/status"),
            till.reason().await
        ),
        (json!("COMPLETED"), json!("OPEN"), "grant_suspended".to_owned())
    );
    till.checkout(&till.lena, &till.course)
        .await
        .refused(409, "already_purchased");
    assert_eq!(
        (till.double.count("checkout.session"), till.purchases().await),
        (1, 1)
    );
}

#[both_databases]
async fn of_what_is_paid_twice_the_rest_goes_back_where_some_has_already(till: Till) {
    let first = till.begin().await;
    let intent = till.double.pay(&first.name);
    let paid = till.double.events();
    till.double.refund_by_hand(&intent, 900);
    let second = till.begin_inside().await;
    till.double.confirm(&second.name, "pm_card_visa").unwrap();
    till.hear().await;
    assert_eq!(
        (
            till.payment(&second.payment).await.at("/status"),
            till.payment(&first.payment).await.at("/refunded/amount")
        ),
        (json!("COMPLETED"), json!(900))
    );
    for event in &paid {
        till.double.deliver(&till, event).await.expect(200);
    }
    till.quiet().await;
    let back = till.is(&first.payment, "/status", json!("REFUNDED")).await;
    let parts: std::collections::BTreeSet<i64> = back
        .at("/refunds")
        .as_array()
        .unwrap()
        .iter()
        .map(|refund| refund["amount"]["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(parts, [900, 4000].into());
    assert_eq!(
        (till.reason().await, till.purchases().await),
        ("granted".to_owned(), 1)
    );
}

#[both_databases]
async fn tabs_that_name_pages_of_their_own_share_one_checkout(till: Till) {
    const SESSIONS: &str = "POST /v1/checkout/sessions";
    let from = |tab: usize| {
        json!({
            "courseId": till.course, "successUrl": format!("http://127.0.0.1:3000/{tab}/yes?payment={{paymentId}}"),
            "cancelUrl": format!("http://127.0.0.1:3000/{tab}/no"),
        })
    };
    // Stripe's answer to the first one gets lost; the second one goes on with the first one's pages.
    till.double.fail(SESSIONS, 1, Fault::LostAfter);
    till.double.fail(SESSIONS, 2, Fault::Status(503));
    till.pay_as(&till.lena, "/checkout", from(1))
        .await
        .refused(503, "provider_unavailable");
    let second = till.pay_as(&till.lena, "/checkout", from(2)).await.expect(201);
    let payment = second.text_at("/payment/id");
    let session = till
        .double
        .object(second.text_at("/url").rsplit('/').next().unwrap());
    assert_eq!(
        (session["success_url"].clone(), session["cancel_url"].clone()),
        (
            json!(format!("http://127.0.0.1:3000/1/yes?payment={payment}")),
            json!("http://127.0.0.1:3000/1/no"),
        )
    );
    assert_eq!(
        (till.rows("payments").await, till.double.count("checkout.session")),
        (1, 1)
    );
    // Many at once, while Stripe takes its time: everybody gets the page of whoever was first, and it can be paid on.
    let tom = till.learner().await;
    till.double
        .fail(SESSIONS, 1, Fault::Slow(std::time::Duration::from_millis(100)));
    let replies = join_all((0..8).map(|tab| till.pay_as(&tom, "/checkout", from(tab)))).await;
    let urls: std::collections::BTreeSet<String> = replies
        .into_iter()
        .map(|reply| reply.expect(201).text_at("/url"))
        .collect();
    assert_eq!(
        (
            urls.len(),
            till.rows("payments").await,
            till.double.count("checkout.session")
        ),
        (1, 2, 2)
    );
    till.double.pay(urls.first().unwrap().rsplit('/').next().unwrap());
    till.hear().await;
    assert_eq!(till.why(&tom, &till.lessons[0]).await, "granted");
}

#[both_databases]
async fn of_64_checkouts_at_once_no_double_charge_is_kept(till: Till) {
    let at_once = |bodies: Vec<Value>| {
        join_all(
            bodies
                .into_iter()
                .map(|body| till.pay_as(&till.lena, "/checkout", body)),
        )
    };
    let replies = at_once(vec![json!({ "courseId": till.course }); 64]).await;
    let urls: std::collections::BTreeSet<String> = replies
        .into_iter()
        .map(|reply| reply.expect(201).text_at("/url"))
        .collect();
    assert_eq!(
        (
            urls.len(),
            till.double.count("checkout.session"),
            till.double.count("customer")
        ),
        (1, 1, 1)
    );
    // On two kinds of terms they take each other's place, and the buyer pays whatever can still be paid.
    let methods = ["CHECKOUT_SESSION", "PAYMENT_INTENT"]
        .into_iter()
        .cycle()
        .take(64);
    for reply in at_once(
        methods
            .map(|method| json!({ "courseId": till.course, "method": method }))
            .collect(),
    )
    .await
    {
        if reply.status != 201 {
            reply.refused(409, "checkout_superseded");
        }
    }
    for session in till.double.all("checkout.session") {
        till.double
            .try_to_pay(session["id"].as_str().unwrap(), "pm_card_visa")
            .ok();
    }
    for intent in till.double.all("payment_intent") {
        till.double
            .confirm(intent["client_secret"].as_str().unwrap(), "pm_card_visa")
            .ok();
    }
    till.hear().await;
    let kept: i64 = till
        .double
        .all("charge")
        .iter()
        .map(|charge| {
            charge["amount_captured"].as_i64().unwrap() - charge["amount_refunded"].as_i64().unwrap()
        })
        .sum();
    assert_eq!(
        (kept, till.purchases().await, till.reason().await),
        (4900, 1, "granted".to_owned())
    );
    let captured = till.double.all("charge").len();
    assert_eq!(till.rows("receipts").await, i64::try_from(captured).unwrap());
}
