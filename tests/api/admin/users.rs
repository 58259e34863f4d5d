//! `GET /admin/users` and `PATCH /admin/users/{user}`: finding accounts, roles, suspension.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn an_admin_lists_and_finds_accounts(app: App) {
    let (admin, lena) = (app.admin().await, app.learner().await);
    app.trainer().await;
    let count = |reply: crate::support::Reply| reply.expect(200).at("/data").as_array().unwrap().len();
    assert_eq!(count(app.get_as(&admin, "/admin/users").await), 3);
    assert_eq!(count(app.get_as(&admin, "/admin/users?role=TRAINER").await), 1);
    assert_eq!(count(app.get_as(&admin, "/admin/users?status=SUSPENDED").await), 0);
    let found =
        app.get_as(&admin, &format!("/admin/users?email={}", lena.email.to_uppercase())).await.expect(200);
    assert_eq!(found.at("/data/0/id"), lena.id);
}

#[both_databases]
async fn a_changed_role_takes_effect_at_once(app: App) {
    let (admin, lena) = (app.admin().await, app.learner().await);
    let path = format!("/admin/users/{}", lena.id);
    app.post_as(&lena, "/courses", json!({ "title": "Mine" })).await.expect_problem(403, "forbidden");
    let etag = app.get_as(&admin, &path).await.expect(200).header("etag").to_owned();
    let reply = app.patch_as(&admin, &path, &etag, json!({ "role": "TRAINER" })).await.expect(200);
    let lena = app.login(&lena.email, PASSWORD).await;
    app.post_as(&lena, "/courses", json!({ "title": "Mine" })).await.expect(201);
    let reply =
        app.patch_as(&admin, &path, reply.header("etag"), json!({ "role": "ADMIN" })).await.expect(200);
    let lena = app.login(&lena.email, PASSWORD).await;
    app.get_as(&lena, "/admin/users").await.expect(200);
    app.patch_as(&admin, &path, reply.header("etag"), json!({ "role": "USER" })).await.expect(200);
    app.get_as(&lena, "/admin/users").await.expect_problem(401, "session_revoked");
}

#[both_databases]
async fn a_suspended_account_is_locked_out_until_restored(app: App) {
    let (admin, lena) = (app.admin().await, app.learner().await);
    let path = format!("/admin/users/{}", lena.id);
    let etag = app.get_as(&admin, &path).await.header("etag").to_owned();
    let reply = app.patch_as(&admin, &path, &etag, json!({ "status": "SUSPENDED" })).await.expect(200);
    app.post("/auth/refresh", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    app.get_as(&lena, "/me/sessions").await.expect_problem(401, "session_revoked");
    app.patch_as(&admin, &path, reply.header("etag"), json!({ "status": "ACTIVE" })).await.expect(200);
    app.login(&lena.email, PASSWORD).await;
}

#[both_databases]
async fn the_last_admin_cannot_be_removed(app: App) {
    let admin = app.admin().await;
    let path = |id: &str| format!("/admin/users/{id}");
    let etag = app.get_as(&admin, &path(&admin.id)).await.header("etag").to_owned();
    app.patch_as(&admin, &path(&admin.id), &etag, json!({ "role": "USER" }))
        .await
        .expect_problem(409, "last_admin");
    app.patch_as(&admin, &path(&admin.id), &etag, json!({ "status": "SUSPENDED" }))
        .await
        .expect_problem(409, "last_admin");
    let other = app.admin().await;
    app.patch_as(&admin, &path(&admin.id), &etag, json!({ "role": "USER" }))
        .await
        .expect_problem(422, "validation_failed");
    // Two who demote each other at once: one stays.
    let their = app.get_as(&admin, &path(&other.id)).await.header("etag").to_owned();
    let (a, b) = (path(&other.id), path(&admin.id));
    let (one, two) = futures_util::join!(
        app.patch_as(&admin, &a, &their, json!({ "role": "USER" })),
        app.patch_as(&other, &b, &etag, json!({ "role": "USER" })),
    );
    let done = [one.status, two.status].iter().filter(|status| **status == 200).count();
    assert_eq!(done, 1, "{one:?} {two:?}");
}

#[both_databases]
async fn others_may_not_manage_accounts(app: App) {
    let (trainer, lena) = (app.trainer().await, app.learner().await);
    for who in [&trainer, &lena] {
        app.get_as(who, "/admin/users").await.expect_problem(403, "forbidden");
        app.get_as(who, &format!("/admin/users/{}", who.id)).await.expect_problem(403, "forbidden");
        app.patch_as(who, &format!("/admin/users/{}", who.id), "*", json!({ "role": "ADMIN" }))
            .await
            .expect_problem(403, "forbidden");
        app.post_as(who, "/categories", json!({ "name": "Mine" })).await.expect_problem(403, "forbidden");
    }
    let admin = app.admin().await;
    app.get_as(&admin, "/admin/users/0198c0de-0000-7000-8000-000000000001")
        .await
        .expect_problem(404, "not_found");
    app.get_as(&admin, "/admin/users/nobody").await.expect_problem(404, "not_found");
}
