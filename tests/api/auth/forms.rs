//! `/auth`: the same password and the same address, however a device types them.

use database::Pool;
use identity::Registration;
use kernel::{Actor, Role};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD, in_query};

const COMPOSED: &str = "Größe-Möbel-Übung";
const DECOMPOSED: &str = "Gro\u{308}ße-Mo\u{308}bel-U\u{308}bung";

#[both_databases]
async fn a_password_is_the_same_composed_and_decomposed(app: App) {
    for (set, typed, email) in
        [(COMPOSED, DECOMPOSED, "a@example.com"), (DECOMPOSED, COMPOSED, "b@example.com")]
    {
        app.post("/auth/register", json!({ "email": email, "password": set })).await.expect(201);
        let person = app.login(email, typed).await;
        let body = json!({ "currentPassword": typed, "newPassword": "ｅｉｇｈｔ green anvils" });
        app.put_as(&person, "/me/password", body).await.expect(204);
        app.login(email, "eight green anvils").await;
        app.post("/auth/login", json!({ "email": email, "password": set }))
            .await
            .expect_problem(401, "invalid_credentials");
    }
}

#[both_databases]
async fn a_hash_of_the_bytes_that_were_typed_is_renewed(app: App) {
    // As passwords were hashed before they had one form.
    let hash = "$argon2id$v=19$m=64,t=1,p=1$AQEBAQEBAQEBAQEBAQEBAQ$";
    let argon = argon2_of(DECOMPOSED);
    let registration = Registration {
        email: "old@example.com".to_owned(),
        password_hash: format!("{hash}{argon}"),
        username: None,
        name: None,
    };
    let work = move |tx| async move { identity::create_account(&tx, registration, Role::User).await };
    app.db.run_in(Pool::Auth, Actor::System, work).await.unwrap();
    for typed in [COMPOSED, DECOMPOSED, COMPOSED] {
        app.login("old@example.com", typed).await;
    }
    let stored = app
        .count("SELECT count(*) FROM credentials WHERE password_hash LIKE '%AQEBAQEBAQEBAQEBAQEBAQ%'")
        .await;
    assert_eq!(stored, 0, "the hash is of the one form now");
}

fn argon2_of(password: &str) -> String {
    use argon2::{Algorithm, Argon2, Params, Version};
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let mut hash = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(32)).unwrap());
    argon.hash_password_into(password.as_bytes(), &[1; 16], &mut hash).unwrap();
    STANDARD_NO_PAD.encode(hash)
}

#[both_databases]
async fn blanks_around_an_address_are_ignored_everywhere(app: App) {
    for (index, around) in
        [("", " "), (" ", ""), ("\u{feff}", "\u{a0}"), ("\t", "\u{200b}\n")].iter().enumerate()
    {
        let email = format!("lena{index}@example.com");
        let typed = format!("{}{email}{}", around.0, around.1);
        let made =
            app.post("/auth/register", json!({ "email": typed, "password": PASSWORD })).await.expect(201);
        assert_eq!(made.at("/user/email"), email, "{typed:?}");
        app.login(&typed, PASSWORD).await;
        app.post("/auth/forgot-password", json!({ "email": typed })).await.expect(202);
        app.post("/auth/verify-email/resend", json!({ "email": typed })).await.expect(202);
        app.post("/auth/register", json!({ "email": email, "password": PASSWORD }))
            .await
            .expect_problem(409, "email_taken");
        let admin = app.admin().await;
        let found = app.get_as(&admin, &format!("/admin/users?email={}", in_query(&typed))).await;
        assert_eq!(found.expect(200).at("/data/0/email"), email, "{typed:?}");
    }
    app.post("/auth/register", json!({ "email": "le na@example.com", "password": PASSWORD }))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn an_international_domain_is_one_in_both_of_its_forms(app: App) {
    let (unicode, ascii) = ("lena@müller.example", "lena@xn--mller-kva.example");
    app.post("/auth/register", json!({ "email": unicode, "password": PASSWORD })).await.expect(201);
    for typed in [unicode, ascii, "LENA@MU\u{308}LLER.example"] {
        assert_eq!(app.login(typed, PASSWORD).await.email, unicode, "as it was written");
        let body = json!({ "email": typed, "password": PASSWORD });
        app.post("/auth/register", body).await.expect_problem(409, "email_taken");
    }
}
