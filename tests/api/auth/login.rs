//! `POST /auth/login`: credentials and its rate limit.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD};

#[both_databases]
async fn unknown_wrong_and_suspended_get_the_same_answer(app: App) {
    let (lena, admin) = (app.learner().await, app.admin().await);
    let login = |email: &str, password: &str| {
        app.post("/auth/login", json!({ "email": email, "password": password }))
    };
    let wrong = login(&lena.email, "seven yellow anvils").await.expect_problem(401, "invalid_credentials");
    let unknown = login("nobody@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    let etag = app.get_as(&admin, &format!("/admin/users/{}", lena.id)).await.header("etag").to_owned();
    app.patch_as(&admin, &format!("/admin/users/{}", lena.id), &etag, json!({ "status": "SUSPENDED" }))
        .await
        .expect(200);
    let suspended = login(&lena.email, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let shown = |reply: &crate::support::Reply| {
        (reply.at("/title"), reply.json().get("detail").cloned(), reply.header("www-authenticate").to_owned())
    };
    assert_eq!(shown(&wrong), shown(&unknown));
    assert_eq!(shown(&wrong), shown(&suspended));
    assert!(wrong.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_rate_limited_and_does_not_lock_the_owner_out() {
    let settings = [("PALESTRA_LOGINS_PER_MINUTE", "3"), ("PALESTRA_TRUSTED_PROXIES", "127.0.0.1")];
    let app = App::start_with(crate::support::DatabaseKind::Sqlite, &settings).await;
    let body = json!({ "email": "lena@example.com", "password": PASSWORD });
    app.post("/auth/register", body.clone()).await.expect(201);
    let guess = |from: &str, password: &str| {
        let body = json!({ "email": "lena@example.com", "password": password });
        app.send(app.request("POST", "/auth/login").header("x-forwarded-for", from).json(&body))
    };
    for _ in 0..3 {
        guess("192.0.2.1", "seven yellow anvils").await.expect_problem(401, "invalid_credentials");
    }
    let slowed = guess("192.0.2.1", PASSWORD).await.expect_problem(429, "rate_limited");
    assert!(slowed.header("retry-after").parse::<u64>().unwrap() >= 1);
    guess("192.0.2.2", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_hashing_queue_refuses_logins_and_reads_go_on() {
    let settings = [
        ("PALESTRA_HASH_QUEUE", "1"),
        ("PALESTRA_HASH_THREADS", "1"),
        ("PALESTRA_ARGON2_MEMORY_KIB", "19456"),
        ("PALESTRA_ARGON2_PASSES", "4"),
    ];
    let app = App::start_with(DatabaseKind::Sqlite, &settings).await;
    let body = json!({ "email": "nobody@example.com", "password": "seven yellow anvils" });
    let replies =
        futures_util::future::join_all((0..32).map(|_| app.post("/auth/login", body.clone()))).await;
    let turned_away: Vec<_> = replies.iter().filter(|reply| reply.status == 503).collect();
    assert!(!turned_away.is_empty());
    for reply in turned_away {
        assert!(!reply.clone().expect_problem(503, "overloaded").header("retry-after").is_empty());
    }
    assert!(replies.iter().all(|reply| [401, 503].contains(&reply.status)));
    app.get("/courses").await.expect(200);
}
