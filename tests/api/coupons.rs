//! `/coupons`: creating, changing, deleting.

use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD, Reply, coupons::create_coupon};

#[both_databases]
async fn a_coupon_is_created_with_a_unique_code(app: App) {
    let (elena, greta) = (app.trainer().await, app.trainer().await);
    let made = app
        .post_as(&elena, "/coupons", json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 }))
        .await
        .expect(201);
    assert_eq!(
        (made.at("/code"), made.at("/scope"), made.at("/percentOff")),
        (json!("SPRING26"), json!("OWNER"), json!(20))
    );
    let path = format!("/coupons/{}", made.text_at("/id"));
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    app.post_as(&greta, "/coupons", json!({ "code": "Spring26", "percentOff": 5 }))
        .await
        .expect_problem(409, "coupon_taken");
}

#[both_databases]
async fn trainers_create_coupons_and_admins_those_of_the_school(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    app.post_as(&lena, "/coupons", json!({ "code": "FREE", "percentOff": 100 }))
        .await
        .expect_problem(403, "forbidden");
    app.post_as(&elena, "/coupons", json!({ "code": "ALL-OF-IT", "percentOff": 5, "scope": "ALL" }))
        .await
        .expect_problem(403, "forbidden");
    app.post_as(&admin, "/coupons", json!({ "code": "ALL-OF-IT", "percentOff": 5, "scope": "ALL" }))
        .await
        .expect(201);
}

#[both_databases]
async fn the_members_of_a_coupon_are_validated(app: App) {
    let (elena, greta) = (app.trainer().await, app.trainer().await);
    let (hers, _) = app.course_for_sale(&greta, 4900).await;
    for (body, reason) in [
        (json!({ "code": "NONE" }), "/percentOff required"),
        (
            json!({ "code": "BOTH", "percentOff": 5, "amountOff": { "amount": 5, "currency": "USD" } }),
            "/amountOff not_allowed",
        ),
        (
            json!({ "code": "NOUGHT", "amountOff": { "amount": 0, "currency": "USD" } }),
            "/amountOff/amount too_small",
        ),
        (
            json!({ "code": "MONEY", "amountOff": { "amount": 5, "currency": "XYZ" } }),
            "/amountOff/currency unknown_currency",
        ),
        (json!({ "code": "SOME", "percentOff": 5, "scope": "COURSES" }), "/courseIds required"),
        (
            json!({ "code": "FOREIGN", "percentOff": 5, "scope": "COURSES", "courseIds": [hers] }),
            "/courseIds/0 unknown_course",
        ),
        (json!({ "code": "MINE", "percentOff": 5, "courseIds": [hers] }), "/courseIds not_allowed"),
        (
            json!({ "code": "FAR", "percentOff": 5, "endsAt": "9999-12-31T23:59:59-23:59" }),
            "/endsAt bad_format",
        ),
        (
            json!({ "code": "BACK", "percentOff": 5, "startsAt": "2026-02-01T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z" }),
            "/endsAt not_after_start",
        ),
    ] {
        let refused = app.post_as(&elena, "/coupons", body).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), [reason]);
    }
    for body in [
        json!({ "code": "x", "percentOff": 5 }),
        json!({ "code": "MUCH", "percentOff": 101 }),
        json!({ "code": "SP ACE", "percentOff": 5 }),
    ] {
        app.post_as(&elena, "/coupons", body).await.expect_problem(422, "validation_failed");
    }
}

#[both_databases]
async fn every_broken_rule_of_a_coupon_is_a_reason(app: App) {
    let elena = app.trainer().await;
    let window = json!({
        "code": "BOTH", "percentOff": 5, "amountOff": { "amount": 5, "currency": "USD" },
        "startsAt": "2026-02-01T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z",
    });
    let refused =
        app.post_as(&elena, "/coupons", window.clone()).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/amountOff not_allowed", "/endsAt not_after_start"]);
    // With a bound of one member, which its schema holds.
    let mut all = window;
    all["percentOff"] = json!(101);
    let refused = app.post_as(&elena, "/coupons", all).await.expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        ["/amountOff not_allowed", "/endsAt not_after_start", "/percentOff too_large"]
    );
}

#[both_databases]
async fn a_coupon_is_visible_to_its_owner_only(app: App) {
    let greta = app.trainer().await;
    let elena = app.trainer().await;
    let id =
        create_coupon(&app, &elena, json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 }))
            .await;
    let path = format!("/coupons/{id}");
    app.get_as(&greta, &path).await.expect_problem(404, "not_found");
    app.patch_as(&greta, &path, "*", json!({ "isActive": false })).await.expect_problem(404, "not_found");
    app.delete_as(&greta, &path).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_change_needs_the_current_version(app: App) {
    let elena = app.trainer().await;
    let id =
        create_coupon(&app, &elena, json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 }))
            .await;
    let path = format!("/coupons/{id}");
    let etag = app.get_as(&elena, &path).await.expect(200).header("etag").to_owned();
    let changed = app
        .patch_as(&elena, &path, &etag, json!({ "isActive": false, "maxRedemptions": null }))
        .await
        .expect(200);
    assert_eq!((changed.at("/isActive"), changed.at("/maxRedemptions")), (json!(false), json!(null)));
    app.patch_as(&elena, &path, &etag, json!({ "isActive": true }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn coupons_are_listed_for_owner_and_admins(app: App) {
    let elena = app.trainer().await;
    create_coupon(&app, &elena, json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 })).await;
    let admin = app.admin().await;
    create_coupon(&app, &admin, json!({ "code": "ALL-OF-IT", "percentOff": 5, "scope": "ALL" })).await;
    assert_eq!(app.get_as(&elena, "/coupons").await.expect(200).at("/data").as_array().unwrap().len(), 1);
    assert_eq!(app.get_as(&admin, "/coupons").await.expect(200).at("/data").as_array().unwrap().len(), 2);
}

#[both_databases]
async fn an_unused_coupon_is_deleted(app: App) {
    let elena = app.trainer().await;
    let id =
        create_coupon(&app, &elena, json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 }))
            .await;
    let path = format!("/coupons/{id}");
    app.delete_as(&elena, &path).await.expect(204);
    app.get_as(&elena, &path).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn concurrent_changes_of_a_coupon_conflict(app: App) {
    let elena = app.trainer().await;
    let id = create_coupon(&app, &elena, json!({ "code": "RACE", "percentOff": 20, "maxPerUser": 1 })).await;
    let path = format!("/coupons/{id}");
    for round in 0..8_i64 {
        let etag = app.get_as(&elena, &path).await.expect(200).header("etag").to_owned();
        let change =
            |n: i64| app.patch_as(&elena, &path, &etag, json!({ "maxPerUser": 100 * (round + 1) + n }));
        let replies = join_all((0..8).map(change)).await;
        let (done, late): (Vec<Reply>, Vec<Reply>) =
            replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!(done.len(), 1, "who saw the same version may not write over each other");
        for reply in late {
            reply.expect_problem(412, "precondition_failed");
        }
        assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/maxPerUser"), done[0].at("/maxPerUser"));
    }
}

#[both_databases]
async fn the_document_of_a_coupon(app: App) {
    let elena = app.trainer().await;
    let body = json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 });
    let coupon = app.post_as(&elena, "/coupons", body).await.expect(201);
    insta::assert_json_snapshot!("coupon", coupon.document());
}

#[both_databases]
async fn a_coupon_whose_courses_are_gone_can_still_be_changed(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let body = json!({ "code": "LONE", "percentOff": 10, "scope": "COURSES", "courseIds": [course] });
    let path = format!("/coupons/{}", create_coupon(&app, &elena, body).await);
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    app.delete_as(&elena, &format!("/courses/{course}")).await.expect(204);
    for change in [
        json!({ "isActive": false }),
        json!({ "endsAt": "2026-12-01T00:00:00Z" }),
        json!({ "maxRedemptions": 3 }),
        json!({ "courseIds": [], "maxPerUser": 1 }),
    ] {
        app.patch_as(&elena, &path, "*", change).await.expect(200);
    }
    // What is changed is judged.
    let stray = uuid::Uuid::nil();
    let refused = app.patch_as(&elena, &path, "*", json!({ "courseIds": [stray] })).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").errors(), ["/courseIds/0 unknown_course"]);
}

#[both_databases]
async fn a_course_that_went_to_somebody_else_does_not_lock_a_coupon(app: App) {
    let (elena, greta) = (app.trainer().await, app.trainer().await);
    let (kept, _) = app.course_for_sale(&elena, 4900).await;
    let (given, _) = app.course_for_sale(&elena, 4900).await;
    let body = json!({ "code": "TWO", "percentOff": 10, "scope": "COURSES", "courseIds": [kept, given] });
    let path = format!("/coupons/{}", create_coupon(&app, &elena, body).await);
    let id = |id: &str| match app.database {
        DatabaseKind::Sqlite => format!("X'{}'", id.replace('-', "")),
        DatabaseKind::Postgres => format!("'{id}'"),
    };
    app.sql(&format!("UPDATE courses SET author_id = {} WHERE id = {}", id(&greta.id), id(&given))).await;
    app.patch_as(&elena, &path, "*", json!({ "maxRedemptions": 3 })).await.expect(200);
    let (third, _) = app.course_for_sale(&elena, 4900).await;
    app.patch_as(&elena, &path, "*", json!({ "courseIds": [kept, given, third] })).await.expect(200);
}

#[both_databases]
async fn a_former_admin_changes_no_coupon_for_all_courses(app: App) {
    let (admin, other) = (app.admin().await, app.admin().await);
    let id = create_coupon(&app, &admin, json!({ "code": "HOUSE", "percentOff": 5, "scope": "ALL" })).await;
    app.patch_as(&other, &format!("/admin/users/{}", admin.id), "*", json!({ "role": "TRAINER" }))
        .await
        .expect(200);
    let trainer = app.login(&admin.email, PASSWORD).await;
    let path = format!("/coupons/{id}");
    app.patch_as(&trainer, &path, "*", json!({ "maxRedemptions": null }))
        .await
        .expect_problem(403, "forbidden");
    app.delete_as(&trainer, &path).await.expect_problem(403, "forbidden");
}
