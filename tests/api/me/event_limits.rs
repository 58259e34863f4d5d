//! `GET /me/events`: limits, slow readers, shutdown.

use std::time::Duration;

use test_macros::both_databases;

use crate::{
    me::{message_numbers, open_stream, stream_count},
    support::{App, DatabaseKind, eventually},
};

#[both_databases]
async fn a_closed_connection_ends_its_stream(app: App) {
    let lena = app.learner().await;
    let (stream, _) = open_stream(&app, &lena, None, Some("ready")).await;
    assert_eq!(stream_count(&app).await, 1);
    drop(stream);
    eventually("the stream's end", || async { (stream_count(&app).await == 0).then_some(()) }).await;
}

#[both_databases]
async fn a_slow_reader_delays_nobody(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    // A connection that takes nothing in: its buffers are small, and then it is full.
    let address: std::net::SocketAddr = app.base.strip_prefix("http://").unwrap().parse().unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    let mut stuck = socket.connect(address).await.unwrap();
    let head =
        format!("GET /api/v1/me/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", tom.token);
    tokio::io::AsyncWriteExt::write_all(&mut stuck, head.as_bytes()).await.unwrap();
    eventually("the stuck stream", || async { (stream_count(&app).await == 1).then_some(()) }).await;
    let (mut stream, _) = open_stream(&app, &tom, None, Some("ready")).await;
    // Nothing that the log has for the stuck one waits in memory: it is written behind the server's back, and more than any
    // buffer of a connection takes.
    for round in 0..4 {
        for _ in 0..25 {
            app.send_message(&lena, &conversation, "Hello").await;
        }
        let expected: Vec<i64> = (round * 25 + 1..=round * 25 + 25).collect();
        assert_eq!(message_numbers(&mut stream, 25).await, expected);
    }
    drop(stuck);
    eventually("the stuck stream's end", || async { (stream_count(&app).await == 1).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_limited_per_member_and_in_total() {
    let settings = [("PALESTRA_STREAMS_PER_MEMBER", "2"), ("PALESTRA_MAX_STREAMS", "3")];
    let app = App::start_with(DatabaseKind::Sqlite, &settings).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (first, _) = open_stream(&app, &lena, None, Some("ready")).await;
    let (_second, _) = open_stream(&app, &lena, None, Some("ready")).await;
    let refused = app.get_as(&lena, "/me/events").await.expect_problem(429, "too_many_streams");
    assert_eq!(refused.header("retry-after"), "60");
    let (_third, _) = open_stream(&app, &tom, None, Some("ready")).await;
    app.get_as(&tom, "/me/events").await.expect_problem(503, "overloaded");
    drop(first);
    eventually("room", || async { (stream_count(&app).await == 2).then_some(()) }).await;
    open_stream(&app, &lena, None, Some("ready")).await;
}

/// Streams do not count as requests in flight, and the request timeout does not end them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_exempt_from_request_limits() {
    let settings = [("PALESTRA_MAX_IN_FLIGHT", "2"), ("PALESTRA_REQUEST_TIMEOUT_SECONDS", "1")];
    let app = App::start_with(DatabaseKind::Sqlite, &settings).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(open_stream(&app, &tom, None, Some("ready")).await.0);
    }
    let began = tokio::time::Instant::now();
    eventually("the deadline to pass", || async {
        (began.elapsed() > Duration::from_millis(1500)).then_some(())
    })
    .await;
    app.send_message(&lena, &conversation, "Hello").await;
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().kind, "message.created");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_ends_its_streams_at_once() {
    let app = App::start(DatabaseKind::Sqlite).await;
    let lena = app.learner().await;
    let (stream, _) = open_stream(&app, &lena, None, Some("ready")).await;
    let began = std::time::Instant::now();
    app.request_stop();
    stream.end().await;
    drop(app);
    // The time that a server gives to what runs is ten seconds: nothing here needed it.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}
