//! `POST /auth/verify-email` and its `resend`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD, Person};

#[both_databases]
async fn an_email_is_verified_by_the_mailed_link(app: App) {
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    let lena = Person::from_reply(&app.post("/auth/register", body).await.expect(201));
    let (_, token) = app.mail_to("lena@example.com", "Confirm your e-mail address").await;
    assert!(app.get_as(&lena, "/me").await.at("/emailVerifiedAt").is_null());
    app.post("/auth/verify-email", json!({ "token": "made up" })).await.expect_problem(422, "link_invalid");
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(204);
    assert!(app.get_as(&lena, "/me").await.at("/emailVerifiedAt").is_string());
    // A scanner of mails, or a page that loads twice, has used it already: the address is verified, and that is all it is for.
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(204);
    app.clock.advance(chrono::Duration::hours(49));
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(204);
    // The answer never tells whether there is something to verify.
    app.post("/auth/verify-email/resend", json!({ "email": "lena@example.com" })).await.expect(202);
    app.post("/auth/verify-email/resend", json!({ "email": "nobody@example.com" })).await.expect(202);
}

#[both_databases]
async fn a_second_link_is_good_as_long_as_the_address_is_verified(app: App) {
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    app.post("/auth/register", body).await.expect(201);
    let (_, first) = app.mail_to("lena@example.com", "Confirm your e-mail address").await;
    app.post("/auth/verify-email/resend", json!({ "email": "lena@example.com" })).await.expect(202);
    let second = crate::support::eventually("a second link", || async {
        let (_, token) = app.mail_to("lena@example.com", "Confirm your e-mail address").await;
        (token != first).then_some(token)
    })
    .await;
    app.clock.advance(chrono::Duration::hours(47));
    app.post("/auth/verify-email", json!({ "token": second })).await.expect(204);
    app.clock.advance(chrono::Duration::hours(2));
    app.post("/auth/verify-email", json!({ "token": first })).await.expect(204);
}

#[both_databases]
async fn an_expired_link_of_an_unverified_address_is_refused(app: App) {
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    app.post("/auth/register", body).await.expect(201);
    let (_, token) = app.mail_to("lena@example.com", "Confirm your e-mail address").await;
    app.clock.advance(chrono::Duration::hours(49));
    app.post("/auth/verify-email", json!({ "token": token })).await.expect_problem(422, "link_invalid");
}

/// A link to set a new password stays good for one use.
#[both_databases]
async fn a_link_for_a_new_password_does_not_verify_a_second_time(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": lena.email })).await.expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    app.post("/auth/verify-email", json!({ "token": token })).await.expect_problem(422, "link_invalid");
    let reset = json!({ "token": token, "newPassword": "eight green anvils" });
    app.post("/auth/reset-password", reset.clone()).await.expect(204);
    app.post("/auth/reset-password", reset).await.expect_problem(422, "link_invalid");
}
