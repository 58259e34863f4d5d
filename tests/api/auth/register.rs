use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use futures_util::future::join_all;
use identity::{TokenSettings, Tokens};
use kernel::{Actor, Role, Uuid};
use serde_json::json;

use test_macros::both_databases;

use crate::support::{App, PASSWORD, Person};

#[both_databases]
async fn registering_makes_an_account_that_is_logged_in(app: App) {
    let body = json!({ "email": "Lena@Example.com", "password": PASSWORD, "username": "lena_lifts", "name": "Lena" });
    let reply = app.post("/auth/register", body).await.expect(201);
    let lena = Person::from_reply(&reply);
    assert_eq!(reply.header("location"), format!("/api/v1/users/{}", lena.id));
    assert_eq!(
        (
            reply.at("/tokenType"),
            reply.at("/user/role"),
            reply.at("/user/email")
        ),
        (json!("Bearer"), json!("USER"), json!("Lena@Example.com"))
    );
    assert_eq!(
        app.get_as(&lena, "/me").await.expect(200).at("/username"),
        "lena_lifts"
    );
    assert_eq!(
        app.get_as(&lena, "/me/profile").await.expect(200).at("/userId"),
        lena.id
    );
    app.login("lena@example.COM", PASSWORD).await;
}

#[both_databases]
async fn an_address_and_a_username_belong_to_one_account(app: App) {
    let register = |email: &str, username: &str| {
        app.post(
            "/auth/register",
            json!({ "email": email, "password": PASSWORD, "username": username }),
        )
    };
    register("lena@example.com", "lena").await.expect(201);
    register("LENA@example.com", "other")
        .await
        .expect_problem(409, "email_taken");
    register("other@example.com", "lena")
        .await
        .expect_problem(409, "username_taken");
    // Nothing of a refused registration is left.
    register("other@example.com", "other").await.expect(201);
}

#[both_databases]
async fn every_reason_comes_at_once(app: App) {
    let long = "x".repeat(10_000);
    let body = json!({ "email": "no address", "password": "short", "role": "ADMIN", "name": long, "username": "Not Allowed" });
    let reply = app
        .post("/auth/register", body)
        .await
        .expect_problem(422, "validation_failed");
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
    let guessed = app
        .post(
            "/auth/register",
            json!({ "email": "a@example.com", "password": "qwertyuiop" }),
        )
        .await;
    assert_eq!(
        guessed.expect_problem(422, "validation_failed").errors(),
        ["/password common_password"]
    );
    let zero = app
        .post(
            "/auth/register",
            json!({ "email": "a@example.com", "password": PASSWORD, "name": "a\u{0}b" }),
        )
        .await;
    assert_eq!(
        zero.expect_problem(422, "validation_failed").errors(),
        ["/name bad_character"]
    );
}

#[both_databases]
async fn of_64_registrations_of_one_address_one_is_made(app: App) {
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    let replies = join_all((0..64).map(|_| app.post("/auth/register", body.clone()))).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    for reply in replies.into_iter().filter(|reply| reply.status != 201) {
        reply.expect_problem(409, "email_taken");
    }
}

#[both_databases]
async fn unknown_wrong_and_suspended_answer_the_same(app: App) {
    let (lena, admin) = (app.learner().await, app.admin().await);
    let login = |email: &str, password: &str| {
        app.post("/auth/login", json!({ "email": email, "password": password }))
    };
    let wrong = login(&lena.email, "seven yellow anvils")
        .await
        .expect_problem(401, "invalid_credentials");
    let unknown = login("nobody@example.com", PASSWORD)
        .await
        .expect_problem(401, "invalid_credentials");
    let etag = app
        .get_as(&admin, &format!("/admin/users/{}", lena.id))
        .await
        .header("etag")
        .to_owned();
    app.patch_as(
        &admin,
        &format!("/admin/users/{}", lena.id),
        &etag,
        json!({ "status": "SUSPENDED" }),
    )
    .await
    .expect(200);
    let suspended = login(&lena.email, PASSWORD)
        .await
        .expect_problem(401, "invalid_credentials");
    let shown = |reply: &crate::support::Reply| {
        (
            reply.at("/title"),
            reply.json().get("detail").cloned(),
            reply.header("www-authenticate").to_owned(),
        )
    };
    assert_eq!(shown(&wrong), shown(&unknown));
    assert_eq!(shown(&wrong), shown(&suspended));
    assert!(wrong.header("www-authenticate").starts_with("Bearer"));
}

#[both_databases]
async fn a_refresh_token_is_spent_once(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    let next = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    assert_ne!(next.refresh_token, lena.refresh_token);
    app.get_as(&next, "/me").await.expect(200);
    // A client whose answer was lost asks again within seconds, and gets the same successor.
    let again = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    assert_eq!(again.refresh_token, next.refresh_token);
    // Later it is a thief, or the owner after a thief: the session ends for both.
    app.clock.advance(Duration::seconds(11));
    refresh(&lena.refresh_token)
        .await
        .expect_problem(401, "refresh_token_reused");
    refresh(&next.refresh_token)
        .await
        .expect_problem(401, "refresh_token_invalid");
    app.get_as(&next, "/me/sessions")
        .await
        .expect_problem(401, "session_revoked");
    refresh("made up")
        .await
        .expect_problem(401, "refresh_token_invalid");
}

#[both_databases]
async fn reuse_after_the_successor_was_used_ends_the_session_at_once(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    let second = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    refresh(&second.refresh_token).await.expect(200);
    refresh(&lena.refresh_token)
        .await
        .expect_problem(401, "refresh_token_reused");
}

#[both_databases]
async fn two_refreshes_at_once_get_the_same_successor(app: App) {
    let lena = app.learner().await;
    let body = json!({ "refreshToken": lena.refresh_token });
    let replies = join_all((0..8).map(|_| app.post("/auth/refresh", body.clone()))).await;
    let tokens: Vec<String> = replies
        .into_iter()
        .map(|reply| Person::from_reply(&reply.expect(200)).refresh_token)
        .collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    app.post("/auth/refresh", json!({ "refreshToken": tokens[0] }))
        .await
        .expect(200);
}

#[both_databases]
async fn a_session_ends_with_logout_and_with_time(app: App) {
    let lena = app.learner().await;
    app.post("/auth/logout", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect(204);
    app.post("/auth/logout", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect(204);
    app.post("/auth/refresh", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    let later = app.login(&lena.email, PASSWORD).await;
    app.clock.advance(Duration::days(31));
    app.post("/auth/refresh", json!({ "refreshToken": later.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
}

#[both_databases]
async fn tokens_that_are_not_ours_are_refused(app: App) {
    let lena = app.learner().await;
    let mut parts = lena.token.split('.');
    let (header, claims, signature) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    let none = URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    let stronger = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap())
        .unwrap()
        .replace("USER", "ADMIN");
    let forged = [
        format!("{none}.{claims}."),
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(stronger)),
        format!("{header}.{claims}.{}", "A".repeat(signature.len())),
        format!("{header}.{claims}"),
        "not a token".to_owned(),
    ];
    for token in forged {
        app.send(app.request("GET", "/me").bearer_auth(&token))
            .await
            .expect_problem(401, "token_invalid");
    }
    // Ours, but for somebody else: signed with our own key.
    let lifetime = std::time::Duration::from_secs(600);
    for (issuer, audience) in [
        ("http://127.0.0.1:8080", "another"),
        ("https://another.example", "palestra"),
    ] {
        let settings = TokenSettings {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            lifetime,
        };
        let tokens = Tokens::load(&app.db, settings).await.unwrap();
        let user: Uuid = lena.id.parse().unwrap();
        let token = app
            .db
            .read(Actor::Anonymous, move |tx| async move {
                tokens.issue(&tx, user, Role::Admin, user)
            })
            .await
            .unwrap();
        app.send(app.request("GET", "/me").bearer_auth(&token))
            .await
            .expect_problem(401, "token_invalid");
    }
    app.send(app.request("GET", "/me").header("authorization", "Basic abc"))
        .await
        .expect_problem(401, "token_invalid");
    let nobody = app.get("/me").await.expect_problem(401, "unauthenticated");
    assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"palestra\"");
    app.clock.advance(Duration::seconds(606));
    app.get_as(&lena, "/me")
        .await
        .expect_problem(401, "token_expired");
}

#[both_databases]
async fn keys_rotate_without_logging_anyone_out(app: App) {
    let lena = app.learner().await;
    let kids = |reply: crate::support::Reply| -> Vec<String> {
        reply
            .at("/keys")
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    let kid_of = |person: &Person| {
        let header = URL_SAFE_NO_PAD
            .decode(person.token.split('.').next().unwrap())
            .unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let old = kids(app.get("//.well-known/jwks.json").await.expect(200));
    let lifetime = std::time::Duration::from_secs(600);
    let work = move |tx| async move { identity::rotate_signing_key(&tx, lifetime).await };
    let new = app
        .db
        .run_in(database::Pool::Auth, Actor::System, work)
        .await
        .unwrap();
    // The worker's tick of another process: tokens of an unknown key make the server look.
    let before = app.login(&lena.email, PASSWORD).await;
    assert_eq!(kid_of(&before), old[0]);
    app.clock.advance(Duration::seconds(601));
    let settings = TokenSettings {
        issuer: "http://127.0.0.1:8080".into(),
        audience: "palestra".into(),
        lifetime,
    };
    let elsewhere = Tokens::load(&app.db, settings).await.unwrap();
    let id: Uuid = lena.id.parse().unwrap();
    let token = app
        .db
        .read(Actor::Anonymous, move |tx| async move {
            elsewhere.issue(&tx, id, Role::User, id)
        })
        .await
        .unwrap();
    app.send(app.request("GET", "/me").bearer_auth(&token))
        .await
        .expect(200);
    let after = app.login(&lena.email, PASSWORD).await;
    assert_eq!(kid_of(&after), new);
    let published = kids(app.get("//.well-known/jwks.json").await.expect(200));
    assert!(
        published.contains(&new) && published.contains(&old[0]),
        "{published:?}"
    );
}

#[both_databases]
async fn an_address_is_verified_by_the_link_that_was_sent(app: App) {
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    let lena = Person::from_reply(&app.post("/auth/register", body).await.expect(201));
    let (_, token) = app
        .mail_to("lena@example.com", "Confirm your e-mail address")
        .await;
    assert!(app.get_as(&lena, "/me").await.at("/emailVerifiedAt").is_null());
    app.post("/auth/verify-email", json!({ "token": "made up" }))
        .await
        .expect_problem(422, "link_invalid");
    app.post("/auth/verify-email", json!({ "token": token }))
        .await
        .expect(204);
    assert!(app.get_as(&lena, "/me").await.at("/emailVerifiedAt").is_string());
    app.post("/auth/verify-email", json!({ "token": token }))
        .await
        .expect_problem(422, "link_invalid");
    // The answer never tells whether there is something to verify.
    app.post(
        "/auth/verify-email/resend",
        json!({ "email": "lena@example.com" }),
    )
    .await
    .expect(202);
    app.post(
        "/auth/verify-email/resend",
        json!({ "email": "nobody@example.com" }),
    )
    .await
    .expect(202);
}

#[both_databases]
async fn a_forgotten_password_is_set_by_the_link_and_ends_every_session(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": "nobody@example.com" }))
        .await
        .expect(202);
    app.post(
        "/auth/forgot-password",
        json!({ "email": lena.email.to_uppercase() }),
    )
    .await
    .expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    let reset = |token: &str, password: &str| {
        app.post(
            "/auth/reset-password",
            json!({ "token": token, "newPassword": password }),
        )
    };
    reset(&token, "1234567890")
        .await
        .expect_problem(422, "validation_failed");
    reset(&token, "eight green anvils").await.expect(204);
    reset(&token, "nine brown anvils")
        .await
        .expect_problem(422, "link_invalid");
    app.post("/auth/refresh", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    app.post(
        "/auth/login",
        json!({ "email": lena.email, "password": PASSWORD }),
    )
    .await
    .expect_problem(401, "invalid_credentials");
    app.login(&lena.email, "eight green anvils").await;
    app.mail_to(&lena.email, "Your password was changed").await;
}

#[both_databases]
async fn an_address_that_no_mail_reaches_is_none(app: App) {
    for email in [
        "\"a b\"@x.example",
        "a@[127.0.0.1]",
        "Lena <lena@example.com>",
        "lena",
        "lena@",
        "a@b@c.example",
    ] {
        let refused = app
            .post("/auth/register", json!({ "email": email, "password": PASSWORD }))
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/email bad_format"], "{email}");
    }
    for email in [
        "lena+courses@example.com",
        "o'neill@example.co.uk",
        "lena@xn--bcher-kva.example",
    ] {
        app.post("/auth/register", json!({ "email": email, "password": PASSWORD }))
            .await
            .expect(201);
    }
}

#[both_databases]
async fn a_changed_password_spends_the_links_to_reset_it(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": lena.email }))
        .await
        .expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "eight green anvils" });
    app.put_as(&lena, "/me/password", change).await.expect(204);
    let body = json!({ "token": token, "newPassword": "nine brown anvils" });
    app.post("/auth/reset-password", body)
        .await
        .expect_problem(422, "link_invalid");
    app.login(&lena.email, "eight green anvils").await;
}

#[both_databases]
async fn a_name_is_one_line_and_not_in_mail_to_whoever_has_not_confirmed(app: App) {
    let body = json!({ "email": "victim@example.com", "password": PASSWORD, "name": "you won\r\n\r\nhttps://evil.example/claim\n The" });
    let made = app.post("/auth/register", body).await.expect(201);
    let me = app
        .send(
            app.request("GET", "/me")
                .bearer_auth(made.text_at("/accessToken")),
        )
        .await
        .expect(200);
    assert_eq!(me.at("/name"), "you won https://evil.example/claim The");
    let (letter, _) = app
        .mail_to("victim@example.com", "Confirm your e-mail address")
        .await;
    assert!(
        letter.contains("Hello,") && !letter.contains("evil.example"),
        "{letter}"
    );
}

#[both_databases]
async fn a_reset_link_expires(app: App) {
    let lena = app.learner().await;
    app.post("/auth/forgot-password", json!({ "email": lena.email }))
        .await
        .expect(202);
    let (_, token) = app.mail_to(&lena.email, "Choose a new password").await;
    app.clock.advance(Duration::minutes(61));
    let body = json!({ "token": token, "newPassword": "eight green anvils" });
    app.post("/auth/reset-password", body)
        .await
        .expect_problem(422, "link_invalid");
}

#[both_databases]
async fn no_token_or_password_rests_readable_in_the_database(app: App) {
    let key = "register-once";
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    let request = || {
        app.request("POST", "/auth/register")
            .header("idempotency-key", key)
            .json(&body)
    };
    let first = app.send(request()).await.expect(201);
    let again = app.send(request()).await.expect(201);
    assert_eq!(
        (first.text.clone(), again.header("idempotent-replayed")),
        (again.text.clone(), "true")
    );
    let (_, link) = app
        .mail_to("lena@example.com", "Confirm your e-mail address")
        .await;
    let everything = crate::database::dump(&app).await;
    assert!(
        everything.contains("lena@example.com"),
        "the dump shows what is there"
    );
    for secret in [
        first.text_at("/refreshToken"),
        first.text_at("/accessToken"),
        PASSWORD.to_owned(),
        link,
    ] {
        // PostgreSQL shows bytes in hexadecimal.
        let hex = kernel::hex(secret.as_bytes());
        assert!(
            !everything.contains(&secret) && !everything.contains(&hex),
            "a secret rests readable"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_slowed_and_does_not_lock_the_owner_out() {
    let settings = [
        ("PALESTRA_LOGINS_PER_MINUTE", "3"),
        ("PALESTRA_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let app = App::start_with(crate::support::DatabaseKind::Sqlite, &settings).await;
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    app.post("/auth/register", body.clone()).await.expect(201);
    let guess = |from: &str, password: &str| {
        let body = json!({ "email": "lena@example.com", "password": password });
        app.send(
            app.request("POST", "/auth/login")
                .header("x-forwarded-for", from)
                .json(&body),
        )
    };
    for _ in 0..3 {
        guess("192.0.2.1", "seven yellow anvils")
            .await
            .expect_problem(401, "invalid_credentials");
    }
    let slowed = guess("192.0.2.1", PASSWORD)
        .await
        .expect_problem(429, "rate_limited");
    assert!(slowed.header("retry-after").parse::<u64>().unwrap() >= 1);
    guess("192.0.2.2", PASSWORD).await.expect(200);
}
