//! `POST /auth/forgot-password` and `POST /auth/reset-password`.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn a_password_reset_by_the_mailed_link_ends_every_session(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": "nobody@example.com" })).await.expect(202);
    app.post("/auth/forgot-password", json!({ "email": lena.email.to_uppercase() })).await.expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    let reset = |token: &str, password: &str| {
        app.post("/auth/reset-password", json!({ "token": token, "newPassword": password }))
    };
    reset(&token, "1234567890").await.expect_problem(422, "validation_failed");
    reset(&token, "eight green anvils").await.expect(204);
    reset(&token, "nine brown anvils").await.expect_problem(422, "link_invalid");
    app.post("/auth/refresh", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    app.post("/auth/login", json!({ "email": lena.email, "password": PASSWORD }))
        .await
        .expect_problem(401, "invalid_credentials");
    app.login(&lena.email, "eight green anvils").await;
    app.mail_to(&lena.email, "Your password was changed").await;
}

#[both_databases]
async fn changing_the_password_invalidates_reset_links(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": lena.email })).await.expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "eight green anvils" });
    app.put_as(&lena, "/me/password", change).await.expect(204);
    let body = json!({ "token": token, "newPassword": "nine brown anvils" });
    app.post("/auth/reset-password", body).await.expect_problem(422, "link_invalid");
    app.login(&lena.email, "eight green anvils").await;
}

#[both_databases]
async fn a_reset_link_expires(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": lena.email })).await.expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    app.clock.advance(Duration::minutes(61));
    let body = json!({ "token": token, "newPassword": "eight green anvils" });
    app.post("/auth/reset-password", body).await.expect_problem(422, "link_invalid");
}
