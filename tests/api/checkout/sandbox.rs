//! Buying, in the sandbox: what holds whoever takes the money.

use std::collections::{BTreeSet, HashSet};

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;

use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn a_course_is_bought_and_read(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null))
        .await
        .expect(200);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
    let quote = app
        .post_as(&lena, "/checkout/quote", json!({ "courseId": course }))
        .await
        .expect(200);
    assert_eq!(quote.at("/amount"), json!({ "amount": 4900, "currency": "USD" }));

    let checkout = app.checkout(&lena, &course).await.expect(201);
    let payment = checkout.text_at("/payment/id");
    assert_eq!(checkout.header("location"), format!("/api/v1/payments/{payment}"));
    assert_eq!(
        (checkout.at("/payment/status"), checkout.at("/payment/provider")),
        (json!("PENDING"), json!("SANDBOX"))
    );
    assert_eq!(
        checkout.text_at("/url"),
        format!("http://127.0.0.1:3000/checkout/success?payment={payment}")
    );
    // The return to the front end says nothing.
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
    app.get_as(&lena, &format!("/payments/{payment}/receipt"))
        .await
        .expect_problem(404, "not_found");
    // Nobody else pays, fails or looks.
    for act in ["complete", "fail"] {
        app.post_empty_as(&tom, &format!("/sandbox/payments/{payment}/{act}"))
            .await
            .expect_problem(404, "not_found");
    }
    app.get_as(&tom, &format!("/payments/{payment}"))
        .await
        .expect_problem(404, "not_found");

    let paid = app
        .post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete"))
        .await
        .expect(200);
    assert_eq!(paid.at("/status"), "COMPLETED");
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    // Again changes nothing.
    let again = app
        .post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete"))
        .await
        .expect(200);
    assert_eq!(again.at("/completedAt"), paid.at("/completedAt"));

    let receipt = app
        .get_as(&lena, &format!("/payments/{payment}/receipt"))
        .await
        .expect(200);
    assert!(
        receipt.text_at("/number").ends_with("-000001"),
        "{}",
        receipt.text
    );
    assert_eq!(receipt.at("/amount/amount"), 4900);
    app.get_as(&elena, &format!("/payments/{payment}/receipt"))
        .await
        .expect(200);
    app.get_as(&tom, &format!("/payments/{payment}/receipt"))
        .await
        .expect_problem(404, "not_found");
    let purchases = app.get_as(&lena, "/me/purchases").await.expect(200);
    assert_eq!(
        (purchases.at("/data/0/paymentId"), purchases.at("/data/0/endedAt")),
        (json!(payment), json!(null))
    );
    assert_eq!(
        app.get_as(&lena, "/me/payments")
            .await
            .expect(200)
            .at("/data/0/id"),
        json!(payment)
    );
    assert_eq!(
        app.get_as(&lena, "/me/customers")
            .await
            .expect(200)
            .at("/data/0/provider"),
        "SANDBOX"
    );
    assert_eq!(
        app.get_as(&lena, "/me/wishlist").await.expect(200).at("/data"),
        json!([])
    );
    assert_eq!(
        app.get_as(&lena, "/me/enrollments")
            .await
            .expect(200)
            .at("/data/0/courseId"),
        json!(course)
    );
    app.checkout(&lena, &course)
        .await
        .expect_problem(409, "already_purchased");
    app.post_as(&lena, "/checkout/quote", json!({ "courseId": course }))
        .await
        .expect_problem(409, "already_purchased");
}

#[both_databases]
async fn what_cannot_be_bought(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (free, ..) = app.course(&elena, json!({})).await;
    let draft = app
        .draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } }))
        .await;
    app.checkout(&elena, &course)
        .await
        .expect_problem(409, "own_course");
    app.checkout(&admin, &course)
        .await
        .expect_problem(409, "own_course");
    app.checkout(&lena, &free)
        .await
        .expect_problem(409, "course_free");
    app.checkout(&lena, &draft).await.expect_problem(404, "not_found");
    app.checkout(&lena, &uuid::Uuid::nil().to_string())
        .await
        .expect_problem(404, "not_found");
    app.post_empty_as(&elena, &format!("/courses/{course}/archive"))
        .await
        .expect(200);
    app.checkout(&lena, &course)
        .await
        .expect_problem(404, "not_found");
    for (price, code) in [
        (json!({ "amount": 100, "currency": "XYZ" }), "unknown_currency"),
        (json!({ "amount": -1, "currency": "USD" }), "too_small"),
        (
            json!({ "amount": 9_223_372_036_854_775_807_i64, "currency": "USD" }),
            "too_large",
        ),
    ] {
        let category = app.category().await;
        let body = json!({ "title": "T", "description": "D", "categoryIds": [category], "price": price });
        let refused = app
            .post_as(&elena, "/courses", body)
            .await
            .expect_problem(422, "validation_failed");
        assert!(
            refused.errors().iter().any(|reason| reason.contains(code)),
            "{}",
            refused.text
        );
    }
}

#[both_databases]
async fn a_course_that_is_discounted_to_nothing_is_free_everywhere(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let dollars = |amount: i64| json!({ "amount": amount, "currency": "USD" });
    let (course, _, lessons) = app
        .course(
            &elena,
            json!({ "price": dollars(4900), "discountPrice": dollars(0) }),
        )
        .await;
    assert_eq!(
        app.get(&format!("/courses/{course}"))
            .await
            .expect(200)
            .at("/isFree"),
        true
    );
    for (free, expected) in [(true, json!([course])), (false, json!([]))] {
        let list = app
            .get(&format!("/courses?authorId={}&isFree={free}", elena.id))
            .await
            .expect(200);
        let ids: Vec<_> = list
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(|card| card["id"].clone())
            .collect();
        assert_eq!(json!(ids), expected, "isFree={free}");
    }
    let access = app
        .get_as(&lena, &format!("/me/access/courses/{course}"))
        .await
        .expect(200);
    assert_eq!(access.at("/unlock"), json!({ "kind": "ENROLL", "price": null }));
    app.post_as(&lena, "/checkout/quote", json!({ "courseId": course }))
        .await
        .expect_problem(409, "course_free");
    app.checkout(&lena, &course)
        .await
        .expect_problem(409, "course_free");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    // The discount ends: whoever comes later pays, and who is in stays in.
    app.patch_as(
        &elena,
        &format!("/courses/{course}"),
        "*",
        json!({ "discountPrice": null }),
    )
    .await
    .expect(200);
    let tom = app.learner().await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll"))
        .await
        .expect_problem(409, "course_not_free");
    app.checkout(&tom, &course).await.expect(201);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
}

#[both_databases]
async fn money_needs_a_key_and_a_page_of_the_front_end(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let body = json!({ "courseId": course });
    app.post_as(&lena, "/checkout", body.clone())
        .await
        .expect_problem(400, "idempotency_key_required");
    let first = app
        .post_with_key_as(&lena, "/checkout", body.clone(), "one")
        .await
        .expect(201);
    let again = app
        .post_with_key_as(&lena, "/checkout", body.clone(), "one")
        .await
        .expect(201);
    assert_eq!(
        (again.header("idempotent-replayed"), &again.text),
        ("true", &first.text)
    );
    let other = json!({ "courseId": course, "method": "PAYMENT_INTENT" });
    app.post_with_key_as(&lena, "/checkout", other, "one")
        .await
        .expect_problem(422, "idempotency_key_reused");
    let elsewhere = json!({ "courseId": course, "successUrl": "https://evil.example.com/x", "cancelUrl": "http://127.0.0.1:3000/no" });
    let refused = app
        .post_with_new_key_as(&lena, "/checkout", elsewhere)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/successUrl foreign_origin"]);
}

#[both_databases]
async fn a_checkout_goes_on_or_makes_room(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let first = app
        .checkout(&lena, &course)
        .await
        .expect(201)
        .text_at("/payment/id");
    assert_eq!(
        app.checkout(&lena, &course)
            .await
            .expect(201)
            .text_at("/payment/id"),
        first
    );
    let other = json!({ "courseId": course, "method": "PAYMENT_INTENT" });
    let second = app
        .post_with_new_key_as(&lena, "/checkout", other)
        .await
        .expect(201);
    assert_ne!(second.text_at("/payment/id"), first);
    let gone = app.get_as(&lena, &format!("/payments/{first}")).await.expect(200);
    assert_eq!(
        (gone.at("/status"), gone.at("/failureCode")),
        (json!("FAILED"), json!("superseded"))
    );
    // A price that changed is a new checkout too.
    let etag = app
        .get_as(&elena, &format!("/courses/{course}"))
        .await
        .header("etag")
        .to_owned();
    app.patch_as(
        &elena,
        &format!("/courses/{course}"),
        &etag,
        json!({ "discountPrice": { "amount": 3900, "currency": "USD" } }),
    )
    .await
    .expect(200);
    let third = app.checkout(&lena, &course).await.expect(201);
    assert_eq!(
        (
            third.at("/payment/amount/amount"),
            third.at("/payment/discount/amount")
        ),
        (json!(3900), json!(1000))
    );
    let third = third.text_at("/payment/id");
    // Money that comes for what was given up is money: the course is bought with it, once.
    app.post_empty_as(&lena, &format!("/sandbox/payments/{first}/complete"))
        .await
        .expect(200);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    // And money that is paid twice goes back.
    app.post_empty_as(&lena, &format!("/sandbox/payments/{third}/complete"))
        .await
        .expect(200);
    let back = app
        .wait_for_payment(&lena, &third, "/status", json!("REFUNDED"))
        .await;
    assert_eq!(
        (back.at("/refunds/0/reason"), back.at("/refunds/0/amount/amount")),
        (json!("DUPLICATE"), json!(3900))
    );
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    assert_eq!(
        app.get_as(&lena, "/me/purchases")
            .await
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[both_databases]
async fn of_64_checkouts_at_once_one_is_bought(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let checkouts = join_all((0..64).map(|n| {
        // Every other one on other terms, so that they take each other's place too.
        let method = if n % 2 == 0 {
            "CHECKOUT_SESSION"
        } else {
            "PAYMENT_INTENT"
        };
        let body = json!({ "courseId": course, "method": method });
        let (app, lena) = (&app, &lena);
        async move { app.post_with_new_key_as(lena, "/checkout", body).await }
    }))
    .await;
    let payments: HashSet<String> = checkouts
        .into_iter()
        .filter_map(|reply| match reply.status {
            201 => Some(reply.text_at("/payment/id")),
            _ => {
                reply.expect_problem(409, "checkout_superseded");
                None
            }
        })
        .collect();
    // The buyer pays every one of them.
    let paths: Vec<String> = payments
        .iter()
        .map(|payment| format!("/sandbox/payments/{payment}/complete"))
        .collect();
    for reply in join_all(paths.iter().map(|path| app.post_empty_as(&lena, path))).await {
        reply.expect(200);
    }
    let kept = crate::support::eventually("all but one payment to go back", || async {
        let mut kept = Vec::new();
        for payment in &payments {
            let reply = app
                .get_as(&lena, &format!("/payments/{payment}"))
                .await
                .expect(200);
            if reply.at("/status") == "COMPLETED" {
                kept.push(payment.clone());
            }
        }
        (kept.len() == 1).then_some(kept)
    })
    .await;
    let purchases = app.get_as(&lena, "/me/purchases").await.expect(200);
    assert_eq!(purchases.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(purchases.at("/data/0/paymentId"), json!(kept[0]));
}

#[both_databases]
async fn money_goes_back_in_parts_and_in_whole(app: App) {
    let (elena, greta, lena, admin) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.admin().await,
    );
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app
        .checkout(&lena, &course)
        .await
        .expect(201)
        .text_at("/payment/id");
    let path = format!("/payments/{payment}/refunds");
    app.post_with_new_key_as(&elena, &path, json!({}))
        .await
        .expect_problem(409, "payment_not_refundable");
    app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete"))
        .await
        .expect(200);
    for stranger in [&lena, &greta] {
        app.post_with_new_key_as(stranger, &path, json!({}))
            .await
            .expect_problem(404, "not_found");
    }
    app.post_as(&elena, &path, json!({}))
        .await
        .expect_problem(400, "idempotency_key_required");
    app.post_with_new_key_as(&elena, &path, json!({ "amount": 4901 }))
        .await
        .expect_problem(409, "refund_too_large");
    for amount in [0, -1] {
        app.post_with_new_key_as(&elena, &path, json!({ "amount": amount }))
            .await
            .expect_problem(422, "validation_failed");
    }
    let part = app
        .post_with_new_key_as(&elena, &path, json!({ "amount": 900, "note": "Two weeks ill." }))
        .await
        .expect(201);
    assert_eq!(
        (part.at("/status"), part.at("/reason")),
        (json!("PENDING"), json!("REQUESTED_BY_CUSTOMER"))
    );
    let now = app
        .wait_for_payment(&lena, &payment, "/refunded/amount", json!(900))
        .await;
    assert_eq!(
        (now.at("/status"), now.at("/refunds/0/note")),
        (json!("COMPLETED"), json!("Two weeks ill."))
    );
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    app.post_with_new_key_as(&elena, &path, json!({ "amount": 4001 }))
        .await
        .expect_problem(409, "refund_too_large");
    // Of many at once, no more goes back than was paid.
    let all = join_all((0..8).map(|_| app.post_with_new_key_as(&admin, &path, json!({})))).await;
    let made = all.into_iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    let now = app
        .wait_for_payment(&lena, &payment, "/status", json!("REFUNDED"))
        .await;
    assert_eq!(
        (now.at("/refunded/amount"), now.at("/refunding/amount")),
        (json!(4900), json!(0))
    );
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_refunded");
    assert!(
        app.get_as(&lena, "/me/purchases")
            .await
            .at("/data/0/endedAt")
            .is_string()
    );
    app.post_with_new_key_as(&elena, &path, json!({}))
        .await
        .expect_problem(409, "payment_not_refundable");
    // The same course may be bought again, and what was learnt is still there.
    app.buy(&lena, &course).await;
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    assert_eq!(
        app.get_as(&lena, "/me/enrollments")
            .await
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        app.get_as(&lena, "/me/purchases")
            .await
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[both_databases]
async fn a_part_may_take_the_access_with_it(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let body = json!({ "amount": 2000, "endsAccess": true, "reason": "OTHER" });
    app.post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), body)
        .await
        .expect(201);
    let now = app
        .wait_for_payment(&lena, &payment, "/refunded/amount", json!(2000))
        .await;
    assert_eq!(now.at("/status"), "COMPLETED");
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_refunded");
}

#[both_databases]
async fn a_dispute_suspends_until_it_is_decided(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app
        .checkout(&lena, &course)
        .await
        .expect(201)
        .text_at("/payment/id");
    let path = format!("/sandbox/payments/{payment}/dispute");
    app.post_as(&lena, &path, json!({}))
        .await
        .expect_problem(409, "payment_not_completed");
    app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete"))
        .await
        .expect(200);
    for (status, why) in [
        ("OPEN", "grant_suspended"),
        ("WON", "granted"),
        ("OPEN", "granted"),
        ("LOST", "grant_revoked"),
    ] {
        app.post_as(&lena, &path, json!({ "status": status }))
            .await
            .expect(200);
        assert_eq!(app.access_reason(&lena, &lessons[0]).await, why, "{status}");
    }
    let now = app
        .get_as(&lena, &format!("/payments/{payment}"))
        .await
        .expect(200);
    assert_eq!(
        (now.at("/status"), now.at("/disputes/0/status")),
        (json!("COMPLETED"), json!("LOST"))
    );
    // Nothing that was told before comes back.
    app.post_as(&lena, &path, json!({ "status": "WON" }))
        .await
        .expect(200);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_revoked");
}

#[both_databases]
async fn a_checkout_that_nobody_pays_ends(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let failed = app
        .checkout(&lena, &course)
        .await
        .expect(201)
        .text_at("/payment/id");
    let reply = app
        .post_empty_as(&lena, &format!("/sandbox/payments/{failed}/fail"))
        .await
        .expect(200);
    assert_eq!(
        (reply.at("/status"), reply.at("/failureCode")),
        (json!("FAILED"), json!("card_declined"))
    );
    let left = app
        .checkout(&lena, &course)
        .await
        .expect(201)
        .text_at("/payment/id");
    app.clock.advance(Duration::minutes(71));
    let payments = payments();
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 1);
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 0);
    let lena = app.login(&lena.email, PASSWORD).await;
    let reply = app.get_as(&lena, &format!("/payments/{left}")).await.expect(200);
    assert_eq!(
        (reply.at("/status"), reply.at("/failureCode")),
        (json!("FAILED"), json!("expired"))
    );
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
}

#[both_databases]
async fn trainers_see_their_sales_and_no_sum_of_currencies(app: App) {
    let (elena, greta, lena, tom) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.learner().await,
    );
    let (dollars, _) = app.course_for_sale(&elena, 4900).await;
    let (euros, ..) = app
        .course(&elena, json!({ "price": { "amount": 1500, "currency": "EUR" } }))
        .await;
    app.buy(&lena, &dollars).await;
    let refunded = app.buy(&tom, &dollars).await;
    app.buy(&tom, &euros).await;
    app.checkout(&lena, &euros).await.expect(201);
    app.post_with_new_key_as(
        &elena,
        &format!("/payments/{refunded}/refunds"),
        json!({ "amount": 900 }),
    )
    .await
    .expect(201);
    app.wait_for_payment(&tom, &refunded, "/refunded/amount", json!(900))
        .await;
    let takings = app.get_as(&elena, "/me/takings").await.expect(200);
    assert_eq!(
        takings.at("/currencies"),
        json!([
            { "currency": "EUR", "sales": 1, "gross": 1500, "refunded": 0, "lost": 0, "net": 1500 },
            { "currency": "USD", "sales": 2, "gross": 9800, "refunded": 900, "lost": 0, "net": 8900 },
        ])
    );
    let none = app
        .get_as(&elena, "/me/takings?to=2020-01-01T00:00:00Z")
        .await
        .expect(200);
    assert_eq!(none.at("/currencies"), json!([]));
    let one = app
        .get_as(&elena, &format!("/courses/{dollars}/takings"))
        .await
        .expect(200);
    assert_eq!(one.at("/currencies/0/net"), 8900);
    let sales = app
        .get_as(&elena, &format!("/courses/{dollars}/sales?limit=1"))
        .await
        .expect(200);
    assert_eq!(
        (sales.at("/data/0/buyer/id"), sales.at("/hasMore")),
        (json!(tom.id), json!(true))
    );
    let next = app
        .get_as(
            &elena,
            &format!(
                "/courses/{dollars}/sales?limit=1&cursor={}",
                sales.text_at("/nextCursor")
            ),
        )
        .await
        .expect(200);
    assert_eq!(
        (next.at("/data/0/buyer/id"), next.at("/hasMore")),
        (json!(lena.id), json!(false))
    );
    assert_eq!(
        app.get_as(&elena, "/me/sales")
            .await
            .expect(200)
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        3
    );
    // Another trainer sees nothing of it.
    assert_eq!(
        app.get_as(&greta, "/me/sales").await.expect(200).at("/data"),
        json!([])
    );
    app.get_as(&greta, &format!("/courses/{dollars}/sales"))
        .await
        .expect_problem(404, "not_found");
    app.get_as(&greta, &format!("/courses/{dollars}/takings"))
        .await
        .expect_problem(404, "not_found");
}

#[both_databases]
async fn what_a_bank_took_back_is_not_earned(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let path = format!("/courses/{course}/takings");
    app.buy(&lena, &course).await;
    let payment = app.buy(&tom, &course).await;
    // What had gone back before cannot be taken back again.
    app.post_with_new_key_as(
        &elena,
        &format!("/payments/{payment}/refunds"),
        json!({ "amount": 900 }),
    )
    .await
    .expect(201);
    app.wait_for_payment(&tom, &payment, "/refunded/amount", json!(900))
        .await;
    for (status, lost, net) in [("OPEN", 0, 8900), ("WON", 0, 8900), ("LOST", 4000, 4900)] {
        app.post_as(
            &tom,
            &format!("/sandbox/payments/{payment}/dispute"),
            json!({ "status": status }),
        )
        .await
        .expect(200);
        let takings = app.get_as(&elena, &path).await.expect(200);
        let expected = json!([{ "currency": "USD", "sales": 2, "gross": 9800, "refunded": 900, "lost": lost, "net": net }]);
        assert_eq!(takings.at("/currencies"), expected, "{status}");
        assert_eq!(
            app.get_as(&elena, "/me/takings")
                .await
                .expect(200)
                .at("/currencies"),
            expected,
            "{status}"
        );
        let sales = app.get_as(&elena, "/me/sales").await.expect(200);
        assert_eq!(
            (sales.at("/data/0/lost/amount"), sales.at("/data/1/lost/amount")),
            (json!(lost), json!(0)),
            "{status}"
        );
    }
}

#[both_databases]
async fn receipts_are_numbered_without_a_gap(app: App) {
    let (elena, greta) = (app.trainer().await, app.trainer().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (hers, _) = app.course_for_sale(&greta, 900).await;
    let buyers = join_all((0..12).map(|_| app.learner())).await;
    let payments = join_all(buyers.iter().map(|buyer| app.buy(buyer, &course))).await;
    let mut numbers = BTreeSet::new();
    for (buyer, payment) in buyers.iter().zip(&payments) {
        let receipt = app
            .get_as(buyer, &format!("/payments/{payment}/receipt"))
            .await
            .expect(200);
        numbers.insert(receipt.text_at("/number").split_once('-').unwrap().1.to_owned());
    }
    let expected: BTreeSet<String> = (1..=12).map(|n| format!("{n:06}")).collect();
    assert_eq!(numbers, expected);
    // Everybody counts for themselves, and every year from the beginning.
    let payment = app.buy(&buyers[0], &hers).await;
    let receipt = app
        .get_as(&buyers[0], &format!("/payments/{payment}/receipt"))
        .await
        .expect(200);
    assert!(receipt.text_at("/number").ends_with("-000001"));
    app.clock.advance(Duration::days(366));
    let lena = app.learner().await;
    let payment = app.buy(&lena, &course).await;
    let receipt = app
        .get_as(&lena, &format!("/payments/{payment}/receipt"))
        .await
        .expect(200);
    assert!(
        receipt.text_at("/number").ends_with("-000001"),
        "{}",
        receipt.text
    );
}

#[both_databases]
async fn a_bought_course_is_not_deleted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    app.checkout(&lena, &course).await.expect(201);
    // Somebody has begun to pay for it.
    app.delete_as(&elena, &format!("/courses/{course}"))
        .await
        .expect_problem(409, "course_has_learners");
}

/// What the worker of the sandbox does.
fn payments() -> payments::Payments {
    let sandbox = std::sync::Arc::new(payments::Sandbox);
    payments::Payments::new(Some(sandbox), std::time::Duration::from_secs(3600))
}
