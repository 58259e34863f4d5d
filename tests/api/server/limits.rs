//! Limits among the settings, each at its edge: what is just within passes, what is just beyond is refused.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{App, DatabaseKind, Person, Reply};

/// The status of the answer to a request that is sent as it stands here.
async fn raw_status(app: &App, request: &str) -> String {
    let mut stream = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_to_the_byte() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_HEAD_LIMIT_BYTES", "1000")]).await;
    let head_of = |bytes: usize| {
        let around = "GET /api/v1/courses HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-filler: \r\n\r\n";
        around.replace("filler: ", &format!("filler: {}", "x".repeat(bytes - around.len())))
    };
    assert_eq!(head_of(1000).len(), 1000);
    assert_eq!(raw_status(&app, &head_of(1000)).await, "200");
    assert_eq!(raw_status(&app, &head_of(1001)).await, "431");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_json_body_to_the_byte() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_JSON_LIMIT_BYTES", "300")]).await;
    let body_of = |bytes: usize| {
        let around = json!({ "email": "nobody@example.com", "password": "" }).to_string();
        around.replace("\"password\":\"", &format!("\"password\":\"{}", "x".repeat(bytes - around.len())))
    };
    let post = |body: String| {
        app.send(app.request("POST", "/auth/login").header("content-type", "application/json").body(body))
    };
    post(body_of(300)).await.expect_problem(422, "validation_failed");
    post(body_of(301)).await.expect_problem(413, "payload_too_large");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_json_body_in_chunks_to_the_byte() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_JSON_LIMIT_BYTES", "300")]).await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let request = |bytes: usize| format!("{head}{bytes:x}\r\n{}\r\n0\r\n\r\n", " ".repeat(bytes));
    assert_eq!(raw_status(&app, &request(300)).await, "400", "blanks are no JSON");
    assert_eq!(raw_status(&app, &request(301)).await, "413");
}

async fn refresh(app: &App, session: &Person) -> Reply {
    app.post("/auth/refresh", json!({ "refreshToken": session.refresh_token })).await
}

#[both_databases]
async fn a_session_to_the_second(app: App) {
    // The default of PALESTRA_SESSION_DAYS.
    let life = Duration::days(30);
    let learner = app.learner().await;
    app.clock.stop();
    let renewed = Person::from_reply(&refresh(&app, &learner).await.expect(200));
    app.clock.stop_later(life - Duration::seconds(1));
    let renewed = Person::from_reply(&refresh(&app, &renewed).await.expect(200));
    app.clock.stop_later(life);
    refresh(&app, &renewed).await.expect_problem(401, "refresh_token_invalid");
}
