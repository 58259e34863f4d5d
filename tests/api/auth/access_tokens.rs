//! Access tokens and `/.well-known/jwks.json`: what is accepted, and how keys rotate.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use identity::{TokenSettings, Tokens};
use kernel::{Actor, Role, Uuid};
use test_macros::both_databases;

use crate::support::{App, PASSWORD, Person};

#[both_databases]
async fn foreign_and_forged_tokens_are_refused(app: App) {
    let lena = app.learner().await;
    let mut parts = lena.token.split('.');
    let (header, claims, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let none = URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    let stronger =
        String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap().replace("USER", "ADMIN");
    let forged = [
        format!("{none}.{claims}."),
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(stronger)),
        format!("{header}.{claims}.{}", "A".repeat(signature.len())),
        format!("{header}.{claims}"),
        "not a token".to_owned(),
    ];
    for token in forged {
        app.send(app.request("GET", "/me").bearer_auth(&token)).await.expect_problem(401, "token_invalid");
    }
    // Ours, but for somebody else: signed with our own key.
    let lifetime = std::time::Duration::from_secs(600);
    for (issuer, audience) in [("http://127.0.0.1:8080", "another"), ("https://another.example", "palestra")]
    {
        let settings = TokenSettings { issuer: issuer.to_owned(), audience: audience.to_owned(), lifetime };
        let tokens = Tokens::load(&app.db, settings).await.unwrap();
        let user: Uuid = lena.id.parse().unwrap();
        let token = app
            .db
            .read(Actor::Anonymous, move |tx| async move {
                tokens.issue(&tx, user.into(), Role::Admin, user.into())
            })
            .await
            .unwrap();
        app.send(app.request("GET", "/me").bearer_auth(&token)).await.expect_problem(401, "token_invalid");
    }
    app.send(app.request("GET", "/me").header("authorization", "Basic abc"))
        .await
        .expect_problem(401, "token_invalid");
    let nobody = app.get("/me").await.expect_problem(401, "unauthenticated");
    assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"palestra\"");
    app.clock.advance(Duration::seconds(606));
    app.get_as(&lena, "/me").await.expect_problem(401, "token_expired");
}

#[both_databases]
async fn key_rotation_logs_nobody_out(app: App) {
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
        let header = URL_SAFE_NO_PAD.decode(person.token.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
    };
    let old = kids(app.get("//.well-known/jwks.json").await.expect(200));
    let lifetime = std::time::Duration::from_secs(600);
    let work = move |tx| async move { identity::rotate_signing_key(&tx, lifetime).await };
    let new = app.db.run_in(database::Pool::Auth, Actor::System, work).await.unwrap();
    // The worker's tick of another process: tokens of an unknown key make the server look.
    let before = app.login(&lena.email, PASSWORD).await;
    assert_eq!(kid_of(&before), old[0]);
    app.clock.advance(Duration::seconds(601));
    let settings =
        TokenSettings { issuer: "http://127.0.0.1:8080".into(), audience: "palestra".into(), lifetime };
    let elsewhere = Tokens::load(&app.db, settings).await.unwrap();
    let id: Uuid = lena.id.parse().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(before.token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let session: Uuid = claims["sid"].as_str().unwrap().parse().unwrap();
    let token = app
        .db
        .read(Actor::Anonymous, move |tx| async move {
            elsewhere.issue(&tx, id.into(), Role::User, session.into())
        })
        .await
        .unwrap();
    app.send(app.request("GET", "/me").bearer_auth(&token)).await.expect(200);
    let after = app.login(&lena.email, PASSWORD).await;
    assert_eq!(kid_of(&after), new);
    let published = kids(app.get("//.well-known/jwks.json").await.expect(200));
    assert!(published.contains(&new) && published.contains(&old[0]), "{published:?}");
}
