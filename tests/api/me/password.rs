//! `PUT /me/password`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD};

#[both_databases]
async fn a_new_password_ends_the_other_sessions(app: App) {
    let lena = app.learner().await;
    let phone = app.login(&lena.email, PASSWORD).await;
    let change = |current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        app.send(app.request("PUT", "/me/password").bearer_auth(&lena.token).json(&body))
    };
    assert_eq!(
        change("seven yellow anvils", "eight green anvils")
            .await
            .expect_problem(422, "validation_failed")
            .errors(),
        ["/currentPassword wrong_password"]
    );
    change(PASSWORD, "password123").await.expect_problem(422, "validation_failed");
    change(PASSWORD, "eight green anvils").await.expect(204);
    app.get_as(&lena, "/me/sessions").await.expect(200);
    app.get_as(&phone, "/me/sessions").await.expect_problem(401, "session_revoked");
    app.post("/auth/refresh", json!({ "refreshToken": phone.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    app.login(&lena.email, "eight green anvils").await;
}

/// Whoever found a device unlocked does not guess the password either.
#[both_databases]
async fn wrong_current_passwords_are_limited(database: DatabaseKind) {
    let app = App::start_with(database, &[("PALESTRA_GUESSES_PER_HOUR", "3")]).await;
    let lena = app.learner().await;
    let change = |current: &str| {
        let body = json!({ "currentPassword": current, "newPassword": "eight green anvils" });
        app.send(app.request("PUT", "/me/password").bearer_auth(&lena.token).json(&body))
    };
    for _ in 0..3 {
        change("seven yellow anvils").await.expect_problem(422, "validation_failed");
    }
    let refused = change(PASSWORD).await.expect_problem(429, "rate_limited");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 3_000);
}
