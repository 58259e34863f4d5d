//! `POST /auth/login`: credentials and its rate limit.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD, Reply};

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

/// A server behind a proxy, so that a test chooses the addresses, with this many guesses an hour.
async fn guarded(per_hour: &str, per_minute: &str) -> App {
    let settings = [
        ("PALESTRA_GUESSES_PER_HOUR", per_hour),
        ("PALESTRA_LOGINS_PER_MINUTE", per_minute),
        ("PALESTRA_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    App::start_with(DatabaseKind::Sqlite, &settings).await
}

async fn login_from(app: &App, address: &str, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    app.send(app.request("POST", "/auth/login").header("x-forwarded-for", address).json(&body)).await
}

async fn register(app: &App, email: &str) {
    app.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_rate_limited_and_does_not_lock_the_owner_out() {
    let app = guarded("10", "3").await;
    let email = "lena@example.com";
    register(&app, email).await;
    for _ in 0..3 {
        login_from(&app, "192.0.2.1", email, "seven yellow anvils")
            .await
            .expect_problem(401, "invalid_credentials");
    }
    let slowed = login_from(&app, "192.0.2.1", email, PASSWORD).await.expect_problem(429, "rate_limited");
    assert!(slowed.header("retry-after").parse::<u64>().unwrap() >= 1);
    login_from(&app, "192.0.2.2", email, PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_devices_share_ten_guesses_an_hour_and_the_owners_device_has_its_own() {
    let app = guarded("10", "0").await;
    register(&app, "lena@example.com").await;
    login_from(&app, "203.0.113.7", "lena@example.com", PASSWORD).await.expect(200);
    // Sixty addresses at once, for an account that exists and for one that does not: the answers are the same.
    for email in ["lena@example.com", "nobody@example.com"] {
        let guesses =
            (0..60).map(|from| {
                let app = &app;
                async move {
                    login_from(app, &format!("192.0.2.{from}"), email, "seven yellow anvils").await.status
                }
            });
        let statuses = futures_util::future::join_all(guesses).await;
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10, "{email}");
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 50, "{email}");
    }
    login_from(&app, "192.0.2.99", "lena@example.com", PASSWORD).await.expect_problem(429, "rate_limited");
    // The owner's own device is not an unknown one, and after an hour nobody is.
    login_from(&app, "203.0.113.7", "lena@example.com", PASSWORD).await.expect(200);
    app.clock.advance(chrono::Duration::minutes(61));
    login_from(&app, "192.0.2.99", "lena@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_lock_nobody_else_at_the_same_address_out() {
    let app = guarded("10", "10").await;
    for who in ["lena@example.com", "tom@example.com"] {
        register(&app, who).await;
    }
    for number in 0..150 {
        let email = format!("somebody{}@example.com", number % 50);
        login_from(&app, "192.0.2.1", &email, "seven yellow anvils").await;
    }
    login_from(&app, "192.0.2.1", "tom@example.com", PASSWORD).await.expect(200);
    login_from(&app, "192.0.2.1", "lena@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_passwords_do_not_count() {
    let app = guarded("3", "3").await;
    register(&app, "lena@example.com").await;
    for _ in 0..12 {
        login_from(&app, "192.0.2.1", "lena@example.com", PASSWORD).await.expect(200);
    }
}

/// A flood of unknown accounts from one address waits behind itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_unknown_accounts_starves_no_honest_login() {
    let settings = [
        ("PALESTRA_HASH_QUEUE", "16"),
        ("PALESTRA_HASH_THREADS", "1"),
        ("PALESTRA_TRUSTED_PROXIES", "127.0.0.1"),
        ("PALESTRA_ARGON2_MEMORY_KIB", "4096"),
    ];
    let app = App::start_with(DatabaseKind::Sqlite, &settings).await;
    let people: Vec<_> = futures_util::future::join_all((0..8).map(|_| app.learner())).await;
    let flood = futures_util::future::join_all((0..200).map(|number| {
        let app = &app;
        async move {
            let email = format!("nobody{number}@example.com");
            login_from(app, "192.0.2.1", &email, "seven yellow anvils").await.status
        }
    }));
    let honest = futures_util::future::join_all(people.iter().enumerate().map(|(index, person)| {
        let app = &app;
        async move { login_from(app, &format!("203.0.113.{index}"), &person.email, PASSWORD).await.status }
    }));
    let (flood, honest) = tokio::join!(flood, honest);
    assert!(flood.contains(&503), "there was a flood");
    assert_eq!(honest, [200; 8]);
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
