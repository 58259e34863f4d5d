//! `POST /courses/{course}/enroll`.

use enrollment::PurchaseState;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    grants::{grant, report_purchase},
};

#[both_databases]
async fn enrolling_again_returns_the_same_enrollment(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let first = app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let path = format!("/courses/{course}/enroll");
    let replies = futures_util::future::join_all((0..8).map(|_| app.post_empty_as(&lena, &path))).await;
    for reply in replies {
        assert_eq!(reply.expect(200).at("/id"), first.at("/id"));
    }
    let mine = app.get_as(&lena, "/me/enrollments").await.expect(200);
    assert_eq!(mine.at("/data").as_array().unwrap().len(), 1);
    let draft = app.draft(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{draft}/enroll")).await.expect_problem(404, "not_found");
    app.post_empty_as(&elena, &format!("/courses/{draft}/enroll")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn of_eight_concurrent_enrollments_one_is_created(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/enroll");
    let replies = futures_util::future::join_all((0..8).map(|_| app.post_empty_as(&lena, &path))).await;
    let ids: std::collections::HashSet<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
}

#[both_databases]
async fn enrolling_creates_a_free_grant(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let enroll = format!("/courses/{course}/enroll");
    let access = format!("/me/access/courses/{course}");
    assert_eq!(
        app.get_as(&lena, &access).await.expect(200).at("/unlock"),
        json!({ "kind": "ENROLL", "price": null })
    );
    let record = app.post_empty_as(&lena, &enroll).await.expect(201);
    assert_eq!(app.post_empty_as(&lena, &enroll).await.expect(200).at("/id"), record.at("/id"));
    let explanation = app.get_as(&lena, &access).await.expect(200);
    assert_eq!(
        (explanation.at("/grants/0/source"), explanation.at("/grants/0/sourceId"), explanation.at("/unlock")),
        (json!("FREE"), json!(null), json!(null))
    );
}

#[both_databases]
async fn enrolling_restores_no_revoked_access(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let (enroll, path) = (format!("/courses/{course}/enroll"), format!("/lessons/{}", lessons[0]));
    let access = format!("/me/access/courses/{course}");
    let record = app.post_empty_as(&lena, &enroll).await.expect(201);
    let id = app.get_as(&lena, &access).await.expect(200).text_at("/grantId");
    app.post_as(&elena, &format!("/grants/{id}/revoke"), json!({ "reason": "Rude" })).await.expect(200);
    app.post_empty_as(&lena, &enroll).await.expect_problem(403, "grant_revoked");
    app.get_as(&lena, &path).await.expect_problem(403, "grant_revoked");
    let explanation = app.get_as(&lena, &access).await.expect(200);
    assert_eq!(
        (explanation.at("/unlock/kind"), explanation.at("/grants/0/statusReason")),
        (json!("ASK_TRAINER"), json!("Rude"))
    );
    // What the trainer gives by hand opens again, and enrolling finds the record.
    grant(&app, &elena, &course, &lena, json!({})).await.expect(201);
    assert_eq!(app.post_empty_as(&lena, &enroll).await.expect(200).at("/id"), record.at("/id"));
}

#[both_databases]
async fn a_refunded_buyer_may_enroll_when_the_course_is_free(app: App) {
    let (elena, tom) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let (enroll, path) = (format!("/courses/{course}/enroll"), format!("/lessons/{}", lessons[0]));
    let access = format!("/me/access/courses/{course}");
    let payment = app.db.environment().new_id();
    report_purchase(&app, &tom, &course, payment, PurchaseState::Active).await;
    app.post_empty_as(&tom, &enroll).await.expect(200);
    report_purchase(&app, &tom, &course, payment, PurchaseState::Refunded).await;
    app.get_as(&tom, &path).await.expect_problem(403, "grant_refunded");
    assert_eq!(app.get_as(&tom, &access).await.at("/unlock/kind"), "ENROLL");
    app.post_empty_as(&tom, &enroll).await.expect(201);
    app.get_as(&tom, &path).await.expect(200);
}

#[both_databases]
async fn learners_stay_when_a_course_gets_a_price_or_is_archived(app: App) {
    let (elena, tom) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let (enroll, path) = (format!("/courses/{course}/enroll"), format!("/lessons/{}", lessons[0]));
    let access = format!("/me/access/courses/{course}");
    app.post_empty_as(&tom, &enroll).await.expect(201);
    let new = app.learner().await;
    let etag = app.get_as(&elena, &format!("/courses/{course}")).await.header("etag").to_owned();
    let price = json!({ "price": { "amount": 4900, "currency": "USD" } });
    app.patch_as(&elena, &format!("/courses/{course}"), &etag, price).await.expect(200);
    app.post_empty_as(&tom, &enroll).await.expect(200);
    app.post_empty_as(&new, &enroll).await.expect_problem(409, "course_not_free");
    app.post_empty_as(&elena, &format!("/courses/{course}/archive")).await.expect(200);
    app.get_as(&tom, &path).await.expect(200);
    app.post_empty_as(&tom, &enroll).await.expect(200);
    app.post_empty_as(&new, &enroll).await.expect_problem(404, "not_found");
    assert_eq!(app.get_as(&new, &access).await.at("/unlock"), json!({ "kind": "NONE", "price": null }));
}
