//! `POST /payments/{payment}/refunds`, in the sandbox.

use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn an_unpaid_payment_is_not_refundable(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let path = format!("/payments/{payment}/refunds");
    app.post_with_new_key_as(&elena, &path, json!({})).await.expect_problem(409, "payment_not_refundable");
}

#[both_databases]
async fn a_refund_is_validated(app: App) {
    let (elena, greta, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let path = format!("/payments/{payment}/refunds");
    for stranger in [&lena, &greta] {
        app.post_with_new_key_as(stranger, &path, json!({})).await.expect_problem(404, "not_found");
    }
    app.post_as(&elena, &path, json!({})).await.expect_problem(400, "idempotency_key_required");
    app.post_with_new_key_as(&elena, &path, json!({ "amount": 4901 }))
        .await
        .expect_problem(409, "refund_too_large");
    for amount in [0, -1] {
        app.post_with_new_key_as(&elena, &path, json!({ "amount": amount }))
            .await
            .expect_problem(422, "validation_failed");
    }
}

#[both_databases]
async fn a_partial_refund_keeps_access(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let path = format!("/payments/{payment}/refunds");
    let part = app
        .post_with_new_key_as(&elena, &path, json!({ "amount": 900, "note": "Two weeks ill." }))
        .await
        .expect(201);
    assert_eq!((part.at("/status"), part.at("/reason")), (json!("PENDING"), json!("REQUESTED_BY_CUSTOMER")));
    let now = app.wait_for_payment(&lena, &payment, "/refunded/amount", json!(900)).await;
    assert_eq!((now.at("/status"), now.at("/refunds/0/note")), (json!("COMPLETED"), json!("Two weeks ill.")));
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    app.post_with_new_key_as(&elena, &path, json!({ "amount": 4001 }))
        .await
        .expect_problem(409, "refund_too_large");
}

#[both_databases]
async fn of_concurrent_refunds_no_more_than_the_payment_goes_back(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let path = format!("/payments/{payment}/refunds");
    let all = join_all((0..8).map(|_| app.post_with_new_key_as(&admin, &path, json!({})))).await;
    let made = all.into_iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    let now = app.wait_for_payment(&lena, &payment, "/status", json!("REFUNDED")).await;
    assert_eq!((now.at("/refunded/amount"), now.at("/refunding/amount")), (json!(4900), json!(0)));
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_refunded");
    assert!(app.get_as(&lena, "/me/purchases").await.at("/data/0/endedAt").is_string());
    app.post_with_new_key_as(&elena, &path, json!({})).await.expect_problem(409, "payment_not_refundable");
}

#[both_databases]
async fn a_refunded_course_can_be_bought_again(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let path = format!("/payments/{payment}/refunds");
    app.post_with_new_key_as(&elena, &path, json!({})).await.expect(201);
    app.wait_for_payment(&lena, &payment, "/status", json!("REFUNDED")).await;
    app.buy(&lena, &course).await;
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(app.get_as(&lena, "/me/purchases").await.at("/data").as_array().unwrap().len(), 2);
}

#[both_databases]
async fn a_partial_refund_may_end_access(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let body = json!({ "amount": 2000, "endsAccess": true, "reason": "OTHER" });
    app.post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), body).await.expect(201);
    let now = app.wait_for_payment(&lena, &payment, "/refunded/amount", json!(2000)).await;
    assert_eq!(now.at("/status"), "COMPLETED");
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_refunded");
}

#[both_databases]
async fn the_document_of_a_refunded_payment(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let payment = app.buy(&lena, &course).await;
    let part = json!({ "amount": 900, "note": "Two weeks ill." });
    app.post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), part).await.expect(201);
    let refunded = app.wait_for_payment(&lena, &payment, "/refunds/0/status", json!("SUCCEEDED")).await;
    insta::assert_json_snapshot!("payment_with_refund", refunded.document());
}
