//! `PUT /uploads/{upload}/content`: signed URLs, sizes, timeouts.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use chrono::Duration;
use serde_json::Value;
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, eventually,
    media::{PDF, announcement, path_of, send_bytes, stored_objects},
};

#[both_databases]
async fn a_body_of_the_wrong_size_is_not_stored(app: App) {
    let elena = app.trainer().await;
    let upload = app
        .post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF))
        .await
        .expect(201);
    send_bytes(&app, &upload, &[PDF, PDF].concat()).await.expect_problem(413, "payload_too_large");
    send_bytes(&app, &upload, &PDF[..20]).await.expect_problem(422, "size_mismatch");
    let path = path_of(&upload.text_at("/target/url"));
    // Without a length at the beginning, and with one that is not kept.
    let chunked =
        |body: &str| send_raw(&app, &path, format!("transfer-encoding: chunked\r\n\r\n{body}"), true);
    let long = "x".repeat(100);
    assert!(chunked(&format!("64\r\n{long}\r\n0\r\n\r\n")).await.contains("payload_too_large"));
    assert!(chunked("5\r\n%PDF-\r\n0\r\n\r\n").await.contains("size_mismatch"));
    send_raw(&app, &path, format!("content-length: {}\r\n\r\n%PDF-", PDF.len()), false).await;
    eventually("an empty storage", || async { stored_objects(&app.folder).is_empty().then_some(()) }).await;
    app.post_empty_as(&elena, &format!("/uploads/{}/complete", upload.text_at("/id")))
        .await
        .expect_problem(409, "upload_incomplete");
    send_bytes(&app, &upload, PDF).await.expect(204);
}

#[both_databases]
async fn an_upload_url_is_bound_and_expires(app: App) {
    let (elena, other) = (app.trainer().await, app.trainer().await);
    let new = || announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
    let (mine, theirs) = (
        app.post_as(&elena, "/uploads", new()).await.expect(201),
        app.post_as(&other, "/uploads", new()).await.expect(201),
    );
    let (path, other_path) = (path_of(&mine.text_at("/target/url")), path_of(&theirs.text_at("/target/url")));
    let token = path.split_once("ticket=").unwrap().1;
    let swapped = format!("{}ticket={token}", other_path.split_once("ticket=").unwrap().0);
    let mut tampered = path.clone().into_bytes();
    let at = tampered.len() - 20;
    tampered[at] = if tampered[at] == b'A' { b'B' } else { b'A' };
    for bad in [swapped, String::from_utf8(tampered).unwrap(), format!("{path}AA")] {
        app.send(app.request("PUT", &bad).body(PDF)).await.expect_problem(403, "signed_url_invalid");
    }
    app.send(app.request("PUT", path.split('?').next().unwrap()).body(PDF))
        .await
        .expect_problem(422, "validation_failed");
    // Somebody else's upload is not there.
    let place = format!("/uploads/{}", mine.text_at("/id"));
    app.get_as(&other, &place).await.expect_problem(404, "not_found");
    app.post_empty_as(&other, &format!("{place}/complete")).await.expect_problem(404, "not_found");
    app.clock.advance(Duration::hours(7));
    app.send(app.request("PUT", &path).body(PDF)).await.expect_problem(403, "signed_url_invalid");
    let elena = app.login(&elena.email, PASSWORD).await;
    assert_eq!(app.get_as(&elena, &place).await.expect(200).at("/target"), Value::Null);
}

/// Sends raw bytes; reads the answer, or disconnects at once.
async fn send_raw(app: &App, path: &str, rest: String, stay: bool) -> String {
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let text = format!("PUT /api/v1{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{rest}");
    let work = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        if stay {
            stream.read_to_string(&mut answer).ok();
        }
        answer
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_upload_times_out() {
    let app =
        App::start_with(crate::support::DatabaseKind::Sqlite, &[("PALESTRA_BODY_TIMEOUT_SECONDS", "1")])
            .await;
    let elena = app.trainer().await;
    let new = announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
    let upload = app.post_as(&elena, "/uploads", new).await.expect(201);
    let path = path_of(&upload.text_at("/target/url"));
    let answer = send_raw(&app, &path, format!("content-length: {}\r\n\r\n%PDF-", PDF.len()), true).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
    eventually("an empty storage", || async { stored_objects(&app.folder).is_empty().then_some(()) }).await;
}
