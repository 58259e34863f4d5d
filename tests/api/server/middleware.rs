//! What holds for every request: errors, headers, limits, CORS.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind};

#[both_databases]
async fn an_unknown_route_is_not_found(app: App) {
    app.get("//nothing/here").await.expect_problem(404, "not_found");
    app.get("/nothing/here").await.expect_problem(404, "not_found");
    // A needlessly encoded segment is the same segment; an empty one, or one too many, is none.
    app.get("/cour%73es").await.expect(200);
    for path in ["/courses/", "//api/v1//courses", "/courses/a/b/c/d/e/f"] {
        app.get(path).await.expect_problem(404, "not_found");
    }
}

#[both_databases]
async fn a_wrong_method_names_the_allowed_ones(app: App) {
    let wrong = app.send(app.request("DELETE", "/courses")).await.expect_problem(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), "GET, HEAD, POST");
    let odd = app.send(app.request("BREW", "/courses/abc")).await.expect_problem(405, "method_not_allowed");
    assert_eq!(odd.header("allow"), "DELETE, GET, HEAD, PATCH");
}

#[both_databases]
async fn a_body_that_is_no_json_is_refused(app: App) {
    let post = |body: &'static [u8], kind: &'static str| {
        app.send(app.request("POST", "/auth/login").header("content-type", kind).body(body))
    };
    post(b"{\"email\":", "application/json").await.expect_problem(400, "malformed_request");
    post(b"{\"email\":\"\xff\"}", "application/json").await.expect_problem(400, "malformed_request");
    post(b"", "application/json").await.expect_problem(400, "malformed_request");
    post(b"{}", "text/plain").await.expect_problem(415, "unsupported_media_type");
    let deep = "[".repeat(50_000);
    app.send(app.request("POST", "/auth/login").header("content-type", "application/json").body(deep))
        .await
        .expect_problem(400, "malformed_request");
}

#[both_databases]
async fn a_body_of_another_shape_is_refused(app: App) {
    let post = |body: &'static [u8], kind: &'static str| {
        app.send(app.request("POST", "/auth/login").header("content-type", kind).body(body))
    };
    post(b"[1, 2]", "application/json").await.expect_problem(422, "validation_failed");
    post(b"null", "application/json; charset=utf-8").await.expect_problem(422, "validation_failed");
    app.post("/auth/login", json!({ "email": 5, "password": ["x"], "unknown": { "a": 1e300 } }))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_large_body_or_head_is_refused(app: App) {
    let huge = format!("{{\"email\":\"{}\"}}", "x".repeat(270_000));
    app.send(app.request("POST", "/auth/login").header("content-type", "application/json").body(huge))
        .await
        .expect_problem(413, "payload_too_large");
    app.send(app.request("GET", "/courses").header("x-large", "x".repeat(17_000)))
        .await
        .expect_problem(431, "head_too_large");
}

#[both_databases]
async fn every_answer_has_a_request_id_and_security_headers(app: App) {
    let given = app.send(app.request("GET", "/courses").header("x-request-id", "my-id.1")).await;
    assert_eq!(given.header("x-request-id"), "my-id.1");
    let odd = app.send(app.request("GET", "/courses").header("x-request-id", "two words")).await;
    assert_eq!(odd.header("x-request-id").len(), 36);
    for (reply, caching) in
        [(given, "no-cache"), (app.get("/nothing").await, "no-store"), (app.get("/me").await, "no-store")]
    {
        assert_eq!(
            (
                reply.header("x-content-type-options"),
                reply.header("referrer-policy"),
                reply.header("cache-control")
            ),
            ("nosniff", "no-referrer", caching)
        );
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
    }
}

#[both_databases]
async fn head_is_get_without_a_body(app: App) {
    let head = app.send(app.request("HEAD", "/courses")).await.expect(200);
    assert_eq!((head.text.as_str(), head.header("content-type")), ("", "application/json"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_configured_origins_pass_cors() {
    let app =
        App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_CORS_ORIGINS", "https://app.example.com")]).await;
    let preflight = |origin: &'static str| {
        let request = app.request("OPTIONS", "/courses").header("origin", origin);
        app.send(
            request
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization,idempotency-key"),
        )
    };
    assert_eq!(
        preflight("https://app.example.com").await.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert_eq!(preflight("https://evil.example.com").await.header("access-control-allow-origin"), "");
    let refused = app
        .send(app.request("GET", "/me").header("origin", "https://app.example.com"))
        .await
        .expect_problem(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), "https://app.example.com");
    assert!(refused.header("access-control-expose-headers").contains("x-request-id"));
    for name in ["accept-ranges", "content-range", "content-disposition"] {
        assert!(refused.header("access-control-expose-headers").contains(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_rate_limited_per_member() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_REQUESTS_PER_MINUTE", "20")]).await;
    let lena = app.learner().await;
    let first = app.get_as(&lena, "/me").await.expect(200);
    assert_eq!(
        (first.header("ratelimit-policy"), first.header("ratelimit")),
        ("\"member\";q=20;w=60", "\"member\";r=19;t=60")
    );
    let mut slowed = None;
    for _ in 0..25 {
        let reply = app.get_as(&lena, "/me").await;
        if reply.status == 429 {
            slowed = Some(reply.expect_problem(429, "rate_limited"));
            break;
        }
    }
    let wait: u64 = slowed.expect("a limit").header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    // Health answers from a lane of its own.
    app.get("//livez").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_ends_times_out() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_BODY_TIMEOUT_SECONDS", "1")]).await;
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{").unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[both_databases]
async fn the_documents_of_problems(app: App) {
    let unknown = app.get("/nothing/here").await.expect_problem(404, "not_found");
    insta::assert_json_snapshot!("problem_unknown_route", unknown.document());
    let body = json!({ "email": "no address", "password": "short", "role": "ADMIN" });
    let invalid = app.post("/auth/register", body).await.expect_problem(422, "validation_failed");
    insta::assert_json_snapshot!("problem_with_errors", invalid.document());
}
