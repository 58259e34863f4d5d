//! What holds for every request: errors, headers, limits, CORS.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};
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
    let refused = preflight("https://evil.example.com").await.expect_problem(403, "forbidden");
    assert_eq!(refused.header("access-control-allow-origin"), "");
    let detail = refused.text_at("/detail");
    assert!(
        detail.contains("https://evil.example.com") && detail.contains("PALESTRA_CORS_ORIGINS"),
        "{detail}"
    );
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
async fn in_development_pages_of_this_machine_and_of_the_front_end_pass_cors() {
    let app =
        App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_APP_URL", "https://app.example.com/start")]).await;
    let allowed = async |method: &str, origin: &'static str| {
        let request = app.request(method, "/courses").header("origin", origin);
        let reply = app.send(request.header("access-control-request-method", "POST")).await;
        reply.header("access-control-allow-origin").to_owned()
    };
    for origin in [
        "http://localhost:5173",
        "http://localhost:3000",
        "https://localhost",
        "http://127.0.0.1:8081",
        "http://[::1]:4200",
        "https://app.example.com",
    ] {
        for method in ["OPTIONS", "GET"] {
            assert_eq!(allowed(method, origin).await, origin);
        }
    }
    for origin in ["http://localhost.example.com", "http://app.example.com", "https://example.com", "null"] {
        for method in ["OPTIONS", "GET"] {
            assert_eq!(allowed(method, origin).await, "", "{origin}");
        }
    }
}

/// Every way in which a body is JSON: a plain one, a patch, a document, a batch.
#[both_databases]
async fn a_byte_order_mark_before_json_is_passed_over(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let document = app.get_as(&elena, &format!("/courses/{course}/export")).await.expect(200).text;
    for (method, path, body, status) in [
        ("PATCH", "/me".to_owned(), "{\"name\":\"Elena\"}".to_owned(), 200),
        ("POST", "/course-imports".to_owned(), document, 201),
        ("POST", "/me/progress/batch".to_owned(), "{\"items\":[]}".to_owned(), 422),
        ("POST", "/posts".to_owned(), "{\"title\":\"A title\"}".to_owned(), 201),
    ] {
        let request = app.request(method, &path).bearer_auth(&elena.token).header("if-match", "*");
        let request = request.header("content-type", "application/json").body(format!("\u{feff}{body}"));
        let reply = app.send(request).await;
        // Of an empty batch the schema says what is wrong, which it could not of a text that is not read.
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
    }
}

#[both_databases]
async fn a_member_that_stands_twice_is_refused_at_its_place(app: App) {
    let elena = app.trainer().await;
    let send = async |method: &str, path: &str, body: &str| {
        let request = app.request(method, path).bearer_auth(&elena.token).header("if-match", "*");
        app.send(request.header("content-type", "application/json").body(body.to_owned())).await
    };
    let twice = send("PATCH", "/me", r#"{"name":"A","bio":"x","name":"B","unknown":1}"#).await;
    assert_eq!(
        twice.expect_problem(422, "validation_failed").errors(),
        ["/name repeated_member", "/unknown unknown_member"]
    );
    assert_eq!(app.get_as(&elena, "/me").await.at("/bio"), Value::Null);
    let document = r#"{"format":"palestra.course","version":1,"course":{"title":"T","description":"d","categories":[],
        "chapters":[{"title":"Week 1","lessons":[{"title":"Monday"},{"title":"Tuesday","title":"Friday"}]}]}}"#;
    let refused = send("POST", "/course-imports", document).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/course/chapters/0/lessons/1/title repeated_member"]);
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
