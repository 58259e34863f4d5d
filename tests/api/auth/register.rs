//! `POST /auth/register`.

use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD, Person, dump_database};

#[both_databases]
async fn registering_creates_an_account_and_logs_in(app: App) {
    let body = json!({ "email": "Lena@Example.com", "password": PASSWORD, "username": "lena_lifts", "name": "Lena" });
    let reply = app.post("/auth/register", body).await.expect(201);
    let lena = Person::from_reply(&reply);
    assert_eq!(reply.header("location"), format!("/api/v1/users/{}", lena.id));
    assert_eq!(
        (reply.at("/tokenType"), reply.at("/user/role"), reply.at("/user/email")),
        (json!("Bearer"), json!("USER"), json!("Lena@Example.com"))
    );
    assert_eq!(app.get_as(&lena, "/me").await.expect(200).at("/username"), "lena_lifts");
    assert_eq!(app.get_as(&lena, "/me/profile").await.expect(200).at("/userId"), lena.id);
    app.login("lena@example.COM", PASSWORD).await;
}

#[both_databases]
async fn email_and_username_are_unique(app: App) {
    let register = |email: &str, username: &str| {
        app.post("/auth/register", json!({ "email": email, "password": PASSWORD, "username": username }))
    };
    register("lena@example.com", "lena").await.expect(201);
    register("LENA@example.com", "other").await.expect_problem(409, "email_taken");
    register("other@example.com", "lena").await.expect_problem(409, "username_taken");
    // Nothing of a refused registration is left.
    register("other@example.com", "other").await.expect(201);
}

#[both_databases]
async fn all_validation_errors_are_reported_at_once(app: App) {
    let long = "x".repeat(10_000);
    let body = json!({ "email": "no address", "password": "short", "role": "ADMIN", "name": long, "username": "Not Allowed" });
    let reply = app.post("/auth/register", body).await.expect_problem(422, "validation_failed");
    assert_eq!(
        reply.errors(),
        [
            "/email bad_format",
            "/name too_long",
            "/password too_short",
            "/role unknown_member",
            "/username bad_format"
        ]
    );
    let guessed =
        app.post("/auth/register", json!({ "email": "a@example.com", "password": "qwertyuiop" })).await;
    assert_eq!(guessed.expect_problem(422, "validation_failed").errors(), ["/password common_password"]);
    let zero = app
        .post("/auth/register", json!({ "email": "a@example.com", "password": PASSWORD, "name": "a\u{0}b" }))
        .await;
    assert_eq!(zero.expect_problem(422, "validation_failed").errors(), ["/name bad_character"]);
}

#[both_databases]
async fn of_64_concurrent_registrations_of_one_email_one_succeeds(app: App) {
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    let replies = join_all((0..64).map(|_| app.post("/auth/register", body.clone()))).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    for reply in replies.into_iter().filter(|reply| reply.status != 201) {
        reply.expect_problem(409, "email_taken");
    }
}

#[both_databases]
async fn an_undeliverable_email_address_is_refused(app: App) {
    for email in
        ["\"a b\"@x.example", "a@[127.0.0.1]", "Lena <lena@example.com>", "lena", "lena@", "a@b@c.example"]
    {
        let refused = app
            .post("/auth/register", json!({ "email": email, "password": PASSWORD }))
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/email bad_format"], "{email}");
    }
    for email in ["lena+courses@example.com", "o'neill@example.co.uk", "lena@xn--bcher-kva.example"] {
        app.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await.expect(201);
    }
}

#[both_databases]
async fn the_name_of_an_unverified_account_is_not_mailed(app: App) {
    let body = json!({ "email": "victim@example.com", "password": PASSWORD, "name": "you won\r\n\r\nhttps://evil.example/claim\n The" });
    let made = app.post("/auth/register", body).await.expect(201);
    let me = app.send(app.request("GET", "/me").bearer_auth(made.text_at("/accessToken"))).await.expect(200);
    assert_eq!(me.at("/name"), "you won https://evil.example/claim The");
    let (mail, _) = app.mail_to("victim@example.com", "Confirm your e-mail address").await;
    assert!(mail.contains("Hello,") && !mail.contains("evil.example"), "{mail}");
}

#[both_databases]
async fn no_token_or_password_is_stored_in_plain_text(app: App) {
    let key = "register-once";
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    let request = || app.request("POST", "/auth/register").header("idempotency-key", key).json(&body);
    let first = app.send(request()).await.expect(201);
    let again = app.send(request()).await.expect(201);
    assert_eq!((first.text.clone(), again.header("idempotent-replayed")), (again.text.clone(), "true"));
    let (_, link) = app.mail_to("lena@example.com", "Confirm your e-mail address").await;
    let everything = dump_database(&app).await;
    assert!(everything.contains("lena@example.com"), "the dump shows what is there");
    for secret in [first.text_at("/refreshToken"), first.text_at("/accessToken"), PASSWORD.to_owned(), link] {
        // PostgreSQL shows bytes in hexadecimal.
        let hex = kernel::hex(secret.as_bytes());
        assert!(!everything.contains(&secret) && !everything.contains(&hex), "a secret rests readable");
    }
}

#[both_databases]
async fn an_invisible_name_is_blank(app: App) {
    let lena = app.learner().await;
    let named = app
        .patch_as(&lena, "/me", "*", json!({ "name": "Le\u{200b}na \u{202e}L\u{200d}." }))
        .await
        .expect(200);
    assert_eq!(named.at("/name"), "Lena L.");
    let refused = app
        .patch_as(&lena, "/me", "*", json!({ "name": "\u{200b}\u{2066}" }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/name blank"]);
    let new = json!({ "email": "new@example.com", "password": "seven purple anvils", "name": "\u{3164}" });
    app.post("/auth/register", new).await.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_password_that_is_guessed_first_is_refused(app: App) {
    for password in ["Password123!", "qwertyuiop12", "aaaaaaaaaaaa", "lena_lifts_42"] {
        let body = json!({ "email": "lena_lifts@example.com", "password": password });
        app.post("/auth/register", body).await.expect_problem(422, "validation_failed");
    }
}

/// Where the address is confirmed first, one that has an account is answered like any other.
#[both_databases]
async fn with_confirmed_addresses_nobody_learns_who_has_an_account(database: DatabaseKind) {
    let app = App::start_with(database, &[("PALESTRA_CONFIRM_ADDRESSES", "true")]).await;
    let register = |email: &str| app.post("/auth/register", json!({ "email": email, "password": PASSWORD }));
    let first = register("lena@example.com").await.expect(202);
    let again = register("LENA@example.com").await.expect(202);
    assert_eq!(first.json(), json!({ "email": "lena@example.com" }));
    assert_eq!(again.json(), json!({ "email": "LENA@example.com" }));
    // Nobody has verified it yet: whoever reads its mails chooses the password.
    app.mail_to("lena@example.com", "Choose a new password").await;
    // The link comes before the first login.
    let login = || app.post("/auth/login", json!({ "email": "lena@example.com", "password": PASSWORD }));
    login().await.expect_problem(401, "invalid_credentials");
    let with_name = json!({ "email": "tom@example.com", "password": PASSWORD, "username": "tom_runs" });
    let refused = app.post("/auth/register", with_name).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/username not_allowed"]);
    let wrong = json!({ "email": "lena@example.com", "password": "seven yellow anvils" });
    app.post("/auth/login", wrong).await.expect_problem(401, "invalid_credentials");
    let (_, token) = app.mail_to("lena@example.com", "Confirm your e-mail address").await;
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(204);
    login().await.expect(200);
    register("lena@example.com").await.expect(202);
    app.mail_to("lena@example.com", "You have an account already").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trying_which_addresses_have_accounts_is_bounded() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_GUESSES_PER_HOUR", "10")]).await;
    let lena = app.learner().await;
    let register = |email: &str| app.post("/auth/register", json!({ "email": email, "password": PASSWORD }));
    for _ in 0..20 {
        register(&lena.email).await.expect_problem(409, "email_taken");
    }
    register(&lena.email).await.expect_problem(429, "rate_limited");
    register("free@example.com").await.expect_problem(429, "rate_limited");
    app.clock.advance(chrono::Duration::minutes(61));
    register("free@example.com").await.expect(201);
}
