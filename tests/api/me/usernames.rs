//! `PATCH /me` with `username`: names that were given up, and names of roles.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn a_name_that_was_given_up_leads_to_its_owner_for_90_days(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.patch_as(&lena, "/me", "*", json!({ "username": "lena" })).await.expect(200);
    app.patch_as(&lena, "/me", "*", json!({ "username": "lena_lifts" })).await.expect(200);
    let shown = app.get("/users/lena").await.expect(200);
    assert_eq!((shown.at("/id"), shown.at("/username")), (json!(lena.id), json!("lena_lifts")));
    app.patch_as(&tom, "/me", "*", json!({ "username": "lena" })).await.expect_problem(409, "username_taken");
    let register = |email: &str| {
        app.post("/auth/register", json!({ "email": email, "password": PASSWORD, "username": "lena" }))
    };
    register("a@example.com").await.expect_problem(409, "username_taken");
    app.clock.advance(Duration::days(90));
    app.get("/users/lena").await.expect_problem(404, "not_found");
    let tom = app.login(&tom.email, PASSWORD).await;
    app.patch_as(&tom, "/me", "*", json!({ "username": "lena" })).await.expect(200);
    assert_eq!(app.get("/users/lena").await.expect(200).at("/id"), tom.id);
    register("a@example.com").await.expect_problem(409, "username_taken");
}

#[both_databases]
async fn its_owner_takes_a_name_back(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.patch_as(&lena, "/me", "*", json!({ "username": "lena" })).await.expect(200);
    app.patch_as(&lena, "/me", "*", json!({ "username": null })).await.expect(200);
    assert_eq!(app.get("/users/lena").await.expect(200).at("/username"), json!(null));
    app.patch_as(&tom, "/me", "*", json!({ "username": "lena" })).await.expect_problem(409, "username_taken");
    app.patch_as(&lena, "/me", "*", json!({ "username": "lena" })).await.expect(200);
    assert_eq!(app.get("/users/lena").await.expect(200).at("/username"), "lena");
}

#[both_databases]
async fn an_account_keeps_five_names_at_most(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    for number in 0..8 {
        app.clock.advance(Duration::seconds(1));
        app.patch_as(&lena, "/me", "*", json!({ "username": format!("lena_{number}") })).await.expect(200);
    }
    app.patch_as(&tom, "/me", "*", json!({ "username": "lena_1" })).await.expect(200);
    app.patch_as(&tom, "/me", "*", json!({ "username": "lena_2" }))
        .await
        .expect_problem(409, "username_taken");
}

#[both_databases]
async fn a_mention_of_the_old_name_reaches_its_owner(app: App) {
    let (lena, elena) = (app.learner().await, app.trainer().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&lena, "lena_lifts").await;
    app.publish_post(&elena, None, "<p>Well done, @lena!</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["MENTION"]);
}

#[both_databases]
async fn names_of_roles_are_for_admins(app: App) {
    let (lena, admin) = (app.learner().await, app.admin().await);
    for name in ["admin", "support", "moderator", "trainer", "palestra", "adm1n", "_admin_"] {
        let refused = app.patch_as(&lena, "/me", "*", json!({ "username": name })).await;
        assert_eq!(
            refused.expect_problem(422, "validation_failed").errors(),
            ["/username reserved"],
            "{name}"
        );
        let body = json!({ "email": "a@example.com", "password": PASSWORD, "username": name });
        let refused = app.post("/auth/register", body).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/username reserved"], "{name}");
    }
    app.patch_as(&admin, "/me", "*", json!({ "username": "support" })).await.expect(200);
}

#[both_databases]
async fn of_two_at_once_one_gets_a_name_that_is_given_up(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    let give_up = app.patch_as(&lena, "/me", "*", json!({ "username": "lena_lifts" }));
    let take = app.patch_as(&tom, "/me", "*", json!({ "username": "lena" }));
    let (gave_up, took) = futures_util::join!(give_up, take);
    gave_up.expect(200);
    took.expect_problem(409, "username_taken");
    assert_eq!(app.get("/users/lena").await.expect(200).at("/id"), lena.id);
}
