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
    app.post("/auth/verify-email", json!({ "token": token })).await.expect_problem(422, "link_invalid");
    // The answer never tells whether there is something to verify.
    app.post("/auth/verify-email/resend", json!({ "email": "lena@example.com" })).await.expect(202);
    app.post("/auth/verify-email/resend", json!({ "email": "nobody@example.com" })).await.expect(202);
}
