//! `POST /auth/forgot-password` and `POST /auth/reset-password`.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD};

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

/// Whoever fills a mailbox gets the same answer, and the mailbox three mails an hour.
#[both_databases]
async fn three_mails_of_a_kind_an_hour_are_sent_to_one_person(app: App) {
    let lena = app.learner().await;
    let forgot = || app.post("/auth/forgot-password", json!({ "email": lena.email }));
    let mails = || {
        let is_one =
            |mail: &&String| mail.contains(&lena.email) && mail.contains("Subject: Choose a new password");
        app.sent_mails().iter().filter(is_one).count()
    };
    for _ in 0..6 {
        forgot().await.expect(202);
    }
    app.outbox_is_done().await;
    assert_eq!(mails(), 3);
    app.clock.advance(Duration::minutes(61));
    forgot().await.expect(202);
    crate::support::eventually("the fourth mail", || async { (mails() == 4).then_some(()) }).await;
}

/// What is asked for is written down, for an address with an account and without one, and is not readable there.
#[both_databases]
async fn asking_for_a_mail_does_the_same_for_every_address(database: DatabaseKind) {
    let app = App::start_without_worker(database).await;
    let (lena, verified) = (app.learner().await, app.learner().await);
    let statements = async |path: &str, email: &str| {
        let before = app.db.statements();
        app.post(path, json!({ "email": email })).await.expect(202);
        app.db.statements() - before
    };
    for path in ["/auth/forgot-password", "/auth/verify-email/resend"] {
        let unknown = statements(path, "nobody@example.com").await;
        assert_eq!(statements(path, &lena.email).await, unknown, "{path}");
        assert_eq!(statements(path, &verified.email).await, unknown, "{path}");
    }
    let readable =
        "SELECT count(*) FROM outbox WHERE kind LIKE 'mail.%' AND CAST(payload AS text) LIKE '%example.com%'";
    assert_eq!(app.count(readable).await, 0);
}
