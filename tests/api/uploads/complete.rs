//! `/uploads`: announcing, sending, completing.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, DatabaseKind, PASSWORD,
    films::{Mp4, mp4_box},
    media::{PDF, announcement, png, send_bytes, stored_objects, upload},
};

#[both_databases]
async fn a_file_is_announced_sent_and_checked(app: App) {
    let elena = app.trainer().await;
    let sum = "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a";
    let mut new =
        announcement("ATTACHMENT", "../../etc/Plan \u{202e}1.pdf", "application/pdf", b"Hello world!");
    new["sizeBytes"] = json!(12);
    new["contentType"] = json!("text/plain");
    new["sha256"] = json!(sum);
    let upload = app.post_as(&elena, "/uploads", new).await.expect(201);
    assert_eq!(
        (upload.at("/status"), upload.at("/name"), upload.at("/target/method")),
        (json!("PENDING"), json!("Plan 1.pdf"), json!("PUT"))
    );
    let path = upload.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    app.post_empty_as(&elena, &format!("{path}/complete")).await.expect_problem(409, "upload_incomplete");
    send_bytes(&app, &upload, b"Hello world!").await.expect(204);
    let again = app.get_as(&elena, &path).await.expect(200);
    assert!(again.text_at("/target/url").contains(&path));
    let done = app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200);
    assert_eq!(
        (done.at("/status"), done.at("/problem"), done.at("/target"), done.at("/sha256")),
        (json!("READY"), Value::Null, Value::Null, json!(sum))
    );
    assert_eq!(app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200).text, done.text);
    assert_eq!(app.get_as(&elena, &path).await.expect(200).text, done.text);
    // What is sent after that reaches nobody.
    send_bytes(&app, &upload, b"Hello thief!").await.expect(204);
    assert_eq!(app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200).text, done.text);
}

#[both_databases]
async fn an_invalid_announcement_is_refused_with_all_errors(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let good = announcement("ATTACHMENT", "plan.pdf", "application/pdf", PDF);
    app.post_as(&lena, "/uploads", good).await.expect_problem(403, "forbidden");
    let new = json!({ "purpose": "IMAGE", "name": "a.svg", "contentType": "image/svg+xml", "sizeBytes": 33_554_433 });
    let refused = app.post_as(&elena, "/uploads", new).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/contentType type_not_allowed", "/sizeBytes too_large"]);
    let new = json!({ "purpose": "SONG", "name": " ", "contentType": "image", "sizeBytes": 0, "sha256": "x", "path": "/etc" });
    assert_eq!(
        app.post_as(&elena, "/uploads", new).await.expect_problem(422, "validation_failed").errors().len(),
        6
    );
}

#[both_databases]
async fn a_file_that_differs_from_its_announcement_is_rejected(app: App) {
    let elena = app.trainer().await;
    // An archive in which there is nothing, by another name.
    let zip = &[&b"PK\x05\x06"[..], &[0; 18]].concat();
    let vtt = b"WEBVTT\n\nNothing is shown at any time\n";
    let picture = png(10, 10);
    let broken = &picture[..40];
    for (new, bytes, problem) in [
        (announcement("IMAGE", "a.png", "image/png", zip), zip.as_slice(), "type_mismatch"),
        (
            announcement("IMAGE", "a.png", "image/png", &decompression_bomb()),
            &decompression_bomb(),
            "image_too_large",
        ),
        (announcement("IMAGE", "a.png", "image/png", broken), broken, "image_unreadable"),
        (announcement("CAPTIONS", "a.vtt", "text/vtt", vtt), vtt, "captions_unreadable"),
        (announcement("VIDEO", "a.mp4", "video/mp4", PDF), PDF, "type_not_allowed"),
        (announcement("ATTACHMENT", "a.zip", "application/zip", PDF), PDF, "type_mismatch"),
    ] {
        let done = upload(&app, &elena, new, bytes).await;
        assert_eq!((done.at("/status"), done.at("/problem")), (json!("REJECTED"), json!(problem)));
        let path = format!("/uploads/{}", done.text_at("/id"));
        assert_eq!(app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200).text, done.text);
    }
    let mut new = announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
    new["sha256"] = json!("0".repeat(64));
    assert_eq!(upload(&app, &elena, new, PDF).await.at("/problem"), "checksum_mismatch");
    assert_eq!(stored_objects(&app.folder), Vec::<String>::new());
}

/// A PNG header that claims 20,000 × 20,000 pixels.
fn decompression_bomb() -> Vec<u8> {
    let mut bytes = png(1, 1);
    bytes[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    let crc =
        !bytes[12..29].iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        });
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[both_databases]
async fn concurrent_completions_agree(app: App) {
    let elena = app.trainer().await;
    let picture = png(1500, 900);
    let upload = app
        .post_as(&elena, "/uploads", announcement("IMAGE", "a.png", "image/png", &picture))
        .await
        .expect(201);
    send_bytes(&app, &upload, &picture).await.expect(204);
    let path = format!("/uploads/{}/complete", upload.text_at("/id"));
    let replies = futures_util::future::join_all((0..8).map(|_| app.post_empty_as(&elena, &path))).await;
    assert!(replies.iter().any(|reply| reply.status == 200));
    for reply in replies {
        match reply.status {
            200 => assert_eq!(reply.at("/status"), "READY"),
            _ => drop(reply.expect_problem(409, "upload_checking")),
        }
    }
    assert_eq!(app.post_empty_as(&elena, &path).await.expect(200).at("/status"), "READY");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_uploads_are_limited() {
    for database in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        let settings = [("PALESTRA_UPLOADS_PENDING", "3"), ("PALESTRA_UPLOADS_PENDING_BYTES", "1000")];
        let app = App::start_with(database, &settings).await;
        let (elena, marco) = (app.trainer().await, app.trainer().await);
        let plan = || announcement("ATTACHMENT", "plan.pdf", "application/pdf", PDF);
        let large = json!({ "purpose": "ATTACHMENT", "name": "a.pdf", "contentType": "application/pdf", "sizeBytes": 990 });
        let first = app.post_as(&elena, "/uploads", plan()).await.expect(201);
        app.post_as(&elena, "/uploads", large.clone()).await.expect_problem(409, "too_many_uploads");
        app.post_as(&marco, "/uploads", large).await.expect(201);
        app.post_as(&elena, "/uploads", plan()).await.expect(201);
        let video = json!({ "name": "a.mp4", "contentType": "video/mp4", "sizeBytes": 100 });
        app.post_as(&elena, "/video-uploads", video.clone()).await.expect(201);
        app.post_as(&elena, "/uploads", plan()).await.expect_problem(409, "too_many_uploads");
        app.post_as(&elena, "/video-uploads", video).await.expect_problem(409, "too_many_uploads");
        // What was completed does not count any more, nor what is too late.
        send_bytes(&app, &first, PDF).await.expect(204);
        app.post_empty_as(&elena, &format!("/uploads/{}/complete", first.text_at("/id"))).await.expect(200);
        app.post_as(&elena, "/uploads", plan()).await.expect(201);
        app.post_as(&elena, "/uploads", plan()).await.expect_problem(409, "too_many_uploads");
        app.clock.advance(Duration::hours(7));
        let elena = app.login(&elena.email, PASSWORD).await;
        app.post_as(&elena, "/uploads", plan()).await.expect(201);
    }
}

/// What is stored was converted, or the place was taken out of it: it is no longer what was announced.
#[both_databases]
async fn a_check_that_was_interrupted_at_its_end_is_repeated(app: App) {
    let elena = app.trainer().await;
    let subtitles = b"1\r\n00:00:01,500 --> 00:00:04,000\r\nBack\r\n".to_vec();
    let film = Mp4 { in_movie: mp4_box(b"udta", &mp4_box(b"loci", b"+48.2082+016.3738/")), ..Mp4::default() };
    let mut uploads = Vec::new();
    for (purpose, kind, bytes) in
        [("CAPTIONS", "application/x-subrip", subtitles), ("ATTACHMENT", "video/mp4", film.file())]
    {
        let mut new = announcement(purpose, "a", kind, &bytes);
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        new["sha256"] = json!(kernel::hex(sum.as_ref()));
        let upload = app.post_as(&elena, "/uploads", new).await.expect(201);
        send_bytes(&app, &upload, &bytes).await.expect(204);
        uploads.push(format!("/uploads/{}/complete", upload.text_at("/id")));
    }
    let (breaks, mends) = match app.database {
        DatabaseKind::Sqlite => (
            "CREATE TRIGGER broken BEFORE UPDATE OF status ON files BEGIN SELECT RAISE(FAIL, 'a full disk'); END",
            "DROP TRIGGER broken",
        ),
        DatabaseKind::Postgres => (
            "ALTER TABLE files ADD CONSTRAINT broken CHECK (status = 'PENDING') NOT VALID",
            "ALTER TABLE files DROP CONSTRAINT broken",
        ),
    };
    app.sql(breaks).await;
    for complete in &uploads {
        assert!(app.post_empty_as(&elena, complete).await.status >= 500);
    }
    app.sql(mends).await;
    app.clock.advance(Duration::minutes(11));
    let elena = app.login(&elena.email, PASSWORD).await;
    for complete in &uploads {
        let done = app.post_empty_as(&elena, complete).await.expect(200);
        assert_eq!((done.at("/status"), done.at("/problem")), (json!("READY"), json!(null)));
    }
}
