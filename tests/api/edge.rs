use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::json;

use crate::support::{App, Store, on_both_databases};

/// The document goes packed to whoever takes it so, and plain to everybody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_packed_for_those_who_unpack() {
    let app = App::start(Store::Sqlite).await;
    let ask = |accepted: &'static str| {
        app.request("GET", "/openapi.json")
            .header("accept-encoding", accepted)
    };
    for (accepted, packed) in [
        ("gzip", true),
        ("br, gzip;q=0.5", true),
        ("identity", false),
        ("gzip;q=0", false),
        ("br", false),
    ] {
        let answer = ask(accepted).send().await.unwrap();
        let encoding = answer.headers().get("content-encoding").cloned();
        assert_eq!(
            encoding.is_some_and(|encoding| encoding == "gzip"),
            packed,
            "{accepted}"
        );
        assert!(
            answer.headers()["vary"]
                .to_str()
                .unwrap()
                .contains("accept-encoding")
        );
        let bytes = answer.bytes().await.unwrap();
        let begins: &[u8] = if packed { &[0x1f, 0x8b] } else { b"{" };
        assert!(bytes.starts_with(begins), "{accepted}");
    }
    let plain = app.send(app.request("GET", "/openapi.json")).await.expect(200);
    assert_eq!(plain.text, api::http::openapi::published::text().unwrap());
}

on_both_databases! {
    async fn every_refusal_has_one_shape(app: App) {
        app.get("//nothing/here").await.refused(404, "not_found");
        app.get("/nothing/here").await.refused(404, "not_found");
        let wrong = app.send(app.request("DELETE", "/courses")).await.refused(405, "method_not_allowed");
        assert_eq!(wrong.header("allow"), "GET, HEAD, POST");
        let odd = app.send(app.request("BREW", "/courses/abc")).await.refused(405, "method_not_allowed");
        assert_eq!(odd.header("allow"), "DELETE, GET, HEAD, PATCH");
        // A segment that is needlessly encoded is the same segment; an empty one, or one too many, is none.
        app.get("/cour%73es").await.expect(200);
        for path in ["/courses/", "//api/v1//courses", "/courses/a/b/c/d/e/f"] {
            app.get(path).await.refused(404, "not_found");
        }
        let post = |body: &'static [u8], kind: &'static str| app.send(app.request("POST", "/auth/login").header("content-type", kind).body(body));
        post(b"{\"email\":", "application/json").await.refused(400, "malformed_request");
        post(b"{\"email\":\"\xff\"}", "application/json").await.refused(400, "malformed_request");
        post(b"", "application/json").await.refused(400, "malformed_request");
        post(b"{}", "text/plain").await.refused(415, "unsupported_media_type");
        post(b"[1, 2]", "application/json").await.refused(422, "validation_failed");
        post(b"null", "application/json; charset=utf-8").await.refused(422, "validation_failed");
        let deep = "[".repeat(50_000);
        app.send(app.request("POST", "/auth/login").header("content-type", "application/json").body(deep)).await.refused(400, "malformed_request");
        let huge = format!("{{\"email\":\"{}\"}}", "x".repeat(270_000));
        app.send(app.request("POST", "/auth/login").header("content-type", "application/json").body(huge)).await.refused(413, "payload_too_large");
        app.send(app.request("GET", "/courses").header("x-large", "x".repeat(17_000))).await.refused(431, "head_too_large");
        app.post("/auth/login", json!({ "email": 5, "password": ["x"], "unknown": { "a": 1e300 } })).await.refused(422, "validation_failed");
    }

    async fn every_answer_has_an_id_and_the_headers_of_safety(app: App) {
        let given = app.send(app.request("GET", "/courses").header("x-request-id", "my-id.1")).await;
        assert_eq!(given.header("x-request-id"), "my-id.1");
        let odd = app.send(app.request("GET", "/courses").header("x-request-id", "two words")).await;
        assert_eq!(odd.header("x-request-id").len(), 36);
        for (reply, caching) in [(given, "no-cache"), (app.get("/nothing").await, "no-store"), (app.get("/me").await, "no-store")] {
            assert_eq!((reply.header("x-content-type-options"), reply.header("referrer-policy"), reply.header("cache-control")), ("nosniff", "no-referrer", caching));
            assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
        }
    }

    async fn head_is_get_without_its_body(app: App) {
        let head = app.send(app.request("HEAD", "/courses")).await.expect(200);
        assert_eq!((head.text.as_str(), head.header("content-type")), ("", "application/json"));
    }

    async fn health_and_metrics_answer(app: App) {
        app.get("//livez").await.expect(200);
        app.get("//readyz").await.expect(200);
        app.get("/courses").await.expect(200);
        let metrics = app.get("//metrics").await.expect(200).text;
        assert!(metrics.contains("palestra_http_requests_total{method=\"GET\",route=\"/api/v1/courses\",status=\"200\"} 1"), "{metrics}");
        app.send(app.request("GET", "/openapi.json")).await.expect(200);
        let docs = app.get("//docs/").await.expect(200);
        assert!(docs.text.contains("swagger-ui-bundle.js"));
        let bundle = app.get("//docs/swagger-ui-bundle.js").await.expect(200);
        assert_eq!(bundle.header("content-encoding"), "gzip");
        app.get("//docs/..%2fstart.js").await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_named_origins_may_call_from_a_page_and_they_can_read_refusals() {
    let app = App::start_with(
        Store::Sqlite,
        &[("PALESTRA_CORS_ORIGINS", "https://app.example.com")],
    )
    .await;
    let preflight = |origin: &'static str| {
        let request = app.request("OPTIONS", "/courses").header("origin", origin);
        app.send(
            request
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization,idempotency-key"),
        )
    };
    assert_eq!(
        preflight("https://app.example.com")
            .await
            .header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert_eq!(
        preflight("https://evil.example.com")
            .await
            .header("access-control-allow-origin"),
        ""
    );
    let refused = app
        .send(
            app.request("GET", "/me")
                .header("origin", "https://app.example.com"),
        )
        .await
        .refused(401, "unauthenticated");
    assert_eq!(
        refused.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert!(
        refused
            .header("access-control-expose-headers")
            .contains("x-request-id")
    );
    for name in ["accept-ranges", "content-range", "content-disposition"] {
        assert!(
            refused.header("access-control-expose-headers").contains(name),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_asks_too_much_waits() {
    let app = App::start_with(Store::Sqlite, &[("PALESTRA_REQUESTS_PER_MINUTE", "20")]).await;
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
            slowed = Some(reply.refused(429, "rate_limited"));
            break;
        }
    }
    let wait: u64 = slowed.expect("a limit").header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    // Health answers from a lane of its own.
    app.get("//livez").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_ends_is_given_up() {
    let app = App::start_with(Store::Sqlite, &[("PALESTRA_BODY_TIMEOUT_SECONDS", "1")]).await;
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{").unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_lane_of_hashing_turns_away_and_reads_go_on() {
    let settings = [
        ("PALESTRA_HASH_QUEUE", "1"),
        ("PALESTRA_HASH_THREADS", "1"),
        ("PALESTRA_ARGON2_MEMORY_KIB", "19456"),
        ("PALESTRA_ARGON2_PASSES", "4"),
    ];
    let app = App::start_with(Store::Sqlite, &settings).await;
    let body = json!({ "email": "nobody@example.com", "password": "seven yellow anvils" });
    let replies =
        futures_util::future::join_all((0..32).map(|_| app.post("/auth/login", body.clone()))).await;
    let turned_away: Vec<_> = replies.iter().filter(|reply| reply.status == 503).collect();
    assert!(!turned_away.is_empty());
    for reply in turned_away {
        assert!(
            !reply
                .clone()
                .refused(503, "overloaded")
                .header("retry-after")
                .is_empty()
        );
    }
    assert!(replies.iter().all(|reply| [401, 503].contains(&reply.status)));
    app.get("/courses").await.expect(200);
}
