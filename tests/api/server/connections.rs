//! What a connection may cost: deadlines for every head and every answer, and how many there may be.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{App, DatabaseKind};

const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn start(settings: &[(&str, &str)]) -> App {
    App::start_with(DatabaseKind::Sqlite, settings).await
}

async fn connect(app: &App) -> TcpStream {
    TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends a request and reads its answer, whose body is short.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    while !answer.contains("\"ok\"}") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "closed after {answer}");
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    answer
}

/// Sends these bytes one at a time, and expects that the server closes the connection meanwhile.
async fn expect_closed_while_sending(stream: TcpStream, bytes: &[u8]) {
    let (mut reading, mut writing) = stream.into_split();
    let send = async {
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        for byte in bytes {
            pace.tick().await;
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut rest = Vec::new();
    tokio::select! {
        () = send => unreachable!("it never ends"),
        closed = tokio::time::timeout(Duration::from_secs(20), reading.read_to_end(&mut rest)) => {
            assert!(closed.is_ok(), "the connection is still open");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_first_head_ends_its_connection() {
    let app = start(&[("PALESTRA_HEAD_TIMEOUT_SECONDS", "1")]).await;
    expect_closed_while_sending(connect(&app).await, &[b'a'; 150]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_second_head_ends_its_connection() {
    let app = start(&[("PALESTRA_HEAD_TIMEOUT_SECONDS", "1")]).await;
    let mut stream = connect(&app).await;
    exchange(&mut stream, LIVEZ).await;
    expect_closed_while_sending(stream, &[b'a'; 150]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_begun_together_with_the_request_before_ends_its_connection_too() {
    let app = start(&[("PALESTRA_HEAD_TIMEOUT_SECONDS", "1")]).await;
    let mut stream = connect(&app).await;
    exchange(&mut stream, &[LIVEZ, b"GET /liv"].concat()).await;
    expect_closed_while_sending(stream, &[b'e'; 150]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_rests_between_requests_for_longer_than_a_head_may_take() {
    let app = start(&[("PALESTRA_HEAD_TIMEOUT_SECONDS", "1")]).await;
    let mut stream = connect(&app).await;
    exchange(&mut stream, LIVEZ).await;
    let silence = tokio::time::timeout(Duration::from_millis(1500), stream.read(&mut [0; 1])).await;
    assert!(silence.is_err(), "the connection was closed");
    exchange(&mut stream, LIVEZ).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_takes_ends_its_connection() {
    let app = start(&[("PALESTRA_STALLED_TIMEOUT_SECONDS", "1")]).await;
    let mut stream = connect(&app).await;
    let request = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut closed = false;
    let began = Instant::now();
    // More answers are asked for than kernel and server hold for one connection, and none is read.
    while !closed && began.elapsed() < Duration::from_secs(20) {
        closed = tokio::time::timeout(Duration::from_millis(200), stream.write_all(request))
            .await
            .is_ok_and(|written| written.is_err());
    }
    assert!(closed, "the connection is still open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_are_answered_in_their_order() {
    let app = start(&[]).await;
    let mut stream = connect(&app).await;
    let mut requests = Vec::new();
    for number in 0..1000 {
        let path = if number % 2 == 0 { "/livez" } else { "/nowhere" };
        requests.extend_from_slice(
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: n{number}\r\n\r\n").as_bytes(),
        );
    }
    requests.extend_from_slice(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let (mut reading, mut writing) = stream.split();
    let mut answers = String::new();
    let (sent, read) = tokio::join!(writing.write_all(&requests), reading.read_to_string(&mut answers));
    sent.unwrap();
    read.unwrap();
    let ids: Vec<&str> = answers.lines().filter_map(|line| line.strip_prefix("x-request-id: n")).collect();
    let expected: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    assert_eq!(ids, expected);
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 501);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_answer_arrives_whole() {
    let app = start(&[]).await;
    let text = app.get("/openapi.json").await.expect(200).text;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
}

async fn expect_refusal(app: &App, status: u16, code: &str, setting: &str) {
    let mut answer = String::new();
    connect(app).await.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("application/problem+json") && head.contains("retry-after: 1"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["code"], code);
    assert!(body["detail"].as_str().unwrap().contains(setting), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_too_many_is_told_so() {
    let settings = [("PALESTRA_MAX_CONNECTIONS", "3"), ("PALESTRA_HTTP_THREADS", "2")];
    let app = start(&settings).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&app).await;
        exchange(&mut stream, LIVEZ).await;
        open.push(stream);
    }
    expect_refusal(&app, 503, "overloaded", "PALESTRA_MAX_CONNECTIONS").await;
    open.pop();
    place_is_free(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_its_share_of_the_connections() {
    let app = start(&[("PALESTRA_CONNECTIONS_PER_ADDRESS", "2")]).await;
    let (mut first, mut second) = (connect(&app).await, connect(&app).await);
    exchange(&mut first, LIVEZ).await;
    exchange(&mut second, LIVEZ).await;
    expect_refusal(&app, 429, "rate_limited", "PALESTRA_CONNECTIONS_PER_ADDRESS").await;
    drop(second);
    place_is_free(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_stands_for_many() {
    let settings = [("PALESTRA_CONNECTIONS_PER_ADDRESS", "1"), ("PALESTRA_TRUSTED_PROXIES", "127.0.0.1")];
    let app = start(&settings).await;
    let (mut first, mut second) = (connect(&app).await, connect(&app).await);
    exchange(&mut first, LIVEZ).await;
    exchange(&mut second, LIVEZ).await;
}

/// Waits until the server has noticed that a connection is gone.
async fn place_is_free(app: &App) {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..200 {
        pace.tick().await;
        let mut stream = connect(app).await;
        let mut answer = [0; 12];
        if stream.write_all(LIVEZ).await.is_ok()
            && stream.read_exact(&mut answer).await.is_ok()
            && &answer == b"HTTP/1.1 200"
        {
            return;
        }
    }
    panic!("no place became free");
}
