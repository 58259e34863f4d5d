//! `POST /checkout` with the sandbox provider.

use std::collections::HashSet;

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn a_checkout_opens_a_pending_payment(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
    let quote = app.post_as(&lena, "/checkout/quote", json!({ "courseId": course })).await.expect(200);
    assert_eq!(quote.at("/amount"), json!({ "amount": 4900, "currency": "USD" }));

    let checkout = app.checkout(&lena, &course).await.expect(201);
    let payment = checkout.text_at("/payment/id");
    assert_eq!(checkout.header("location"), format!("/api/v1/payments/{payment}"));
    assert_eq!(
        (checkout.at("/payment/status"), checkout.at("/payment/provider")),
        (json!("PENDING"), json!("SANDBOX"))
    );
    assert_eq!(checkout.text_at("/url"), format!("http://127.0.0.1:3000/checkout/success?payment={payment}"));
    // The return to the front end grants nothing: only the provider does.
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
    app.get_as(&lena, &format!("/payments/{payment}/receipt")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn only_the_buyer_pays_and_sees_a_payment(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    for act in ["complete", "fail"] {
        app.post_empty_as(&tom, &format!("/sandbox/payments/{payment}/{act}"))
            .await
            .expect_problem(404, "not_found");
    }
    app.get_as(&tom, &format!("/payments/{payment}")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_completed_payment_grants_access_once(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let paid = app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    assert_eq!(paid.at("/status"), "COMPLETED");
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    // Again changes nothing.
    let again = app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    assert_eq!(again.at("/completedAt"), paid.at("/completedAt"));
}

#[both_databases]
async fn a_receipt_is_visible_to_buyer_and_seller(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let receipt = app.get_as(&lena, &format!("/payments/{payment}/receipt")).await.expect(200);
    assert!(receipt.text_at("/number").ends_with("-000001"), "{}", receipt.text);
    assert_eq!(receipt.at("/amount/amount"), 4900);
    app.get_as(&elena, &format!("/payments/{payment}/receipt")).await.expect(200);
    app.get_as(&tom, &format!("/payments/{payment}/receipt")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_purchase_is_listed_and_leaves_the_wishlist(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null)).await.expect(200);
    let payment = app.buy(&lena, &course).await;
    let purchases = app.get_as(&lena, "/me/purchases").await.expect(200);
    assert_eq!(
        (purchases.at("/data/0/paymentId"), purchases.at("/data/0/endedAt")),
        (json!(payment), json!(null))
    );
    assert_eq!(app.get_as(&lena, "/me/payments").await.expect(200).at("/data/0/id"), json!(payment));
    assert_eq!(app.get_as(&lena, "/me/customers").await.expect(200).at("/data/0/provider"), "SANDBOX");
    assert_eq!(app.get_as(&lena, "/me/wishlist").await.expect(200).at("/data"), json!([]));
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.expect(200).at("/data/0/courseId"), json!(course));
}

#[both_databases]
async fn a_purchased_course_is_not_sold_again(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    app.buy(&lena, &course).await;
    app.checkout(&lena, &course).await.expect_problem(409, "already_purchased");
    app.post_as(&lena, "/checkout/quote", json!({ "courseId": course }))
        .await
        .expect_problem(409, "already_purchased");
}

#[both_databases]
async fn what_is_not_for_sale_is_refused(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (free, ..) = app.course(&elena, json!({})).await;
    let draft = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    app.checkout(&elena, &course).await.expect_problem(409, "own_course");
    app.checkout(&admin, &course).await.expect_problem(409, "own_course");
    app.checkout(&lena, &free).await.expect_problem(409, "course_free");
    app.checkout(&lena, &draft).await.expect_problem(404, "not_found");
    app.checkout(&lena, &uuid::Uuid::nil().to_string()).await.expect_problem(404, "not_found");
    app.post_empty_as(&elena, &format!("/courses/{course}/archive")).await.expect(200);
    app.checkout(&lena, &course).await.expect_problem(404, "not_found");
    for (price, code) in [
        (json!({ "amount": 100, "currency": "XYZ" }), "unknown_currency"),
        (json!({ "amount": -1, "currency": "USD" }), "too_small"),
        (json!({ "amount": 9_223_372_036_854_775_807_i64, "currency": "USD" }), "too_large"),
    ] {
        let category = app.category().await;
        let body = json!({ "title": "T", "description": "D", "categoryIds": [category], "price": price });
        let refused = app.post_as(&elena, "/courses", body).await.expect_problem(422, "validation_failed");
        assert!(refused.errors().iter().any(|reason| reason.contains(code)), "{}", refused.text);
    }
}

#[both_databases]
async fn a_checkout_needs_an_idempotency_key_and_own_pages(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let body = json!({ "courseId": course });
    app.post_as(&lena, "/checkout", body.clone()).await.expect_problem(400, "idempotency_key_required");
    let first = app.post_with_key_as(&lena, "/checkout", body.clone(), "one").await.expect(201);
    let again = app.post_with_key_as(&lena, "/checkout", body.clone(), "one").await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
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
async fn the_same_checkout_is_resumed(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let first = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    assert_eq!(app.checkout(&lena, &course).await.expect(201).text_at("/payment/id"), first);
}

#[both_databases]
async fn other_terms_supersede_a_checkout(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let first = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let other = json!({ "courseId": course, "method": "PAYMENT_INTENT" });
    let second = app.post_with_new_key_as(&lena, "/checkout", other).await.expect(201);
    assert_ne!(second.text_at("/payment/id"), first);
    let gone = app.get_as(&lena, &format!("/payments/{first}")).await.expect(200);
    assert_eq!((gone.at("/status"), gone.at("/failureCode")), (json!("FAILED"), json!("superseded")));
    // A price that changed is a new checkout too.
    let etag = app.get_as(&elena, &format!("/courses/{course}")).await.header("etag").to_owned();
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
        (third.at("/payment/amount/amount"), third.at("/payment/discount/amount")),
        (json!(3900), json!(1000))
    );
}

#[both_databases]
async fn a_superseded_checkout_that_is_paid_buys_the_course_once(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let first = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let other = json!({ "courseId": course, "method": "PAYMENT_INTENT" });
    let second = app.post_with_new_key_as(&lena, "/checkout", other).await.expect(201).text_at("/payment/id");
    app.post_empty_as(&lena, &format!("/sandbox/payments/{first}/complete")).await.expect(200);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    // The second payment is a duplicate and is refunded.
    app.post_empty_as(&lena, &format!("/sandbox/payments/{second}/complete")).await.expect(200);
    let back = app.wait_for_payment(&lena, &second, "/status", json!("REFUNDED")).await;
    assert_eq!(
        (back.at("/refunds/0/reason"), back.at("/refunds/0/amount/amount")),
        (json!("DUPLICATE"), json!(4900))
    );
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    assert_eq!(app.get_as(&lena, "/me/purchases").await.at("/data").as_array().unwrap().len(), 1);
}

#[both_databases]
async fn of_64_concurrent_checkouts_one_purchase_remains(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let checkouts = join_all((0..64).map(|n| {
        // Every other one on other terms, so that they take each other's place too.
        let method = if n % 2 == 0 { "CHECKOUT_SESSION" } else { "PAYMENT_INTENT" };
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
    let paths: Vec<String> =
        payments.iter().map(|payment| format!("/sandbox/payments/{payment}/complete")).collect();
    for reply in join_all(paths.iter().map(|path| app.post_empty_as(&lena, path))).await {
        reply.expect(200);
    }
    let kept = crate::support::eventually("all but one payment to go back", || async {
        let mut kept = Vec::new();
        for payment in &payments {
            let reply = app.get_as(&lena, &format!("/payments/{payment}")).await.expect(200);
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
async fn an_unpaid_checkout_expires(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let failed = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let reply = app.post_empty_as(&lena, &format!("/sandbox/payments/{failed}/fail")).await.expect(200);
    assert_eq!((reply.at("/status"), reply.at("/failureCode")), (json!("FAILED"), json!("card_declined")));
    let left = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    app.clock.advance(Duration::minutes(71));
    let payments = sandbox_payments();
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 1);
    assert_eq!(payments.reconcile(&app.db).await.unwrap(), 0);
    let lena = app.login(&lena.email, PASSWORD).await;
    let reply = app.get_as(&lena, &format!("/payments/{left}")).await.expect(200);
    assert_eq!((reply.at("/status"), reply.at("/failureCode")), (json!("FAILED"), json!("expired")));
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "not_granted");
}

/// The payment service with the sandbox, as the worker uses it.
fn sandbox_payments() -> payments::Payments {
    let sandbox = std::sync::Arc::new(payments::Sandbox);
    payments::Payments::new(Some(sandbox), std::time::Duration::from_secs(3600))
}

#[both_databases]
async fn the_document_of_a_checkout(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let checkout = app.checkout(&lena, &course).await.expect(201);
    insta::assert_json_snapshot!("checkout", checkout.document());
}
