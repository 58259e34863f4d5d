mod attachments;

use std::{
    io::{Cursor, Read, Write},
    net::TcpStream,
    path::Path,
};

use chrono::Duration;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use media::{Media, Storage};
use serde_json::{Value, json};

use crate::support::{App, PASSWORD, Person, Reply, Store, eventually, on_both_databases};

pub(crate) const PDF: &[u8] = b"%PDF-1.7\nnothing but a beginning, which is enough to be one\n";

/// The path of one of our own URLs below `/api/v1`: the tests' server does not know its own port.
pub(crate) fn path_of(url: &str) -> String {
    url.split_once("/api/v1")
        .expect("one of our own URLs")
        .1
        .to_owned()
}

pub(crate) fn announcement(purpose: &str, name: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({ "purpose": purpose, "name": name, "contentType": kind, "sizeBytes": bytes.len() })
}

async fn send(app: &App, upload: &Reply, bytes: &[u8]) -> Reply {
    let request = app.request("PUT", &path_of(&upload.text_at("/target/url")));
    app.send(
        request
            .header("content-type", upload.text_at("/target/headers/content-type"))
            .body(bytes.to_vec()),
    )
    .await
}

/// Announces, sends and completes.
async fn uploaded(app: &App, who: &Person, announcement: Value, bytes: &[u8]) -> Reply {
    let upload = app.post_as(who, "/uploads", announcement).await.expect(201);
    send(app, &upload, bytes).await.expect(204);
    app.act_as(who, &format!("/uploads/{}/complete", upload.text_at("/id")))
        .await
        .expect(200)
}

async fn file(app: &App, who: &Person) -> String {
    let done = uploaded(
        app,
        who,
        announcement("ATTACHMENT", "plan.pdf", "application/pdf", PDF),
        PDF,
    )
    .await;
    assert_eq!(done.at("/status"), "READY");
    done.text_at("/id")
}

/// A picture that somebody has sent.
pub(crate) async fn picture(app: &App, who: &Person) -> String {
    let bytes = png(400, 200);
    let new = announcement("IMAGE", "a.png", "image/png", &bytes);
    let done = uploaded(app, who, new, &bytes).await;
    assert_eq!(done.at("/status"), "READY");
    done.text_at("/id")
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([20, 120, 200])));
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Nothing but a header that promises 20,000 × 20,000 pixels.
fn bomb() -> Vec<u8> {
    let mut bytes = png(1, 1);
    bytes[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    let crc = !bytes[12..29].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    });
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// Every file below the storage's folder.
fn objects(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("objects")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found.sort();
    found
}

fn storage_of(app: &App) -> Media {
    let storage = Storage::open(media::Settings::Local(app.folder.join("objects"))).unwrap();
    let limits = media::Limits {
        image: 1,
        attachment: 1,
        video: 1,
        captions: 1,
        lifetime: std::time::Duration::from_secs(1),
        pending: 100,
        pending_bytes: 1 << 30,
    };
    Media::new(storage, limits, String::new())
}

on_both_databases! {
    async fn a_course_and_a_category_show_uploaded_pictures(app: App) {
        let (elena, marco, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
        let bytes = png(1600, 900);
        let picture = uploaded(&app, &elena, announcement("IMAGE", "front.png", "image/png", &bytes), &bytes).await.text_at("/id");
        let draft = app.draft(&elena, json!({})).await;
        let path = format!("/courses/{draft}");
        let course = app.patch_as(&elena, &path, "*", json!({ "imageId": picture })).await.expect(200);
        assert_eq!(course.at("/imageId"), json!(picture));
        let shown = app.get(&path_of(&course.text_at("/imageUrl"))).await.expect(200);
        assert_eq!(shown.header("content-type"), "image/jpeg");
        // A link elsewhere takes its place, and the other way round.
        let course = app.patch_as(&elena, &path, "*", json!({ "imageUrl": "https://images.example.com/b.jpg" })).await.expect(200);
        assert_eq!((course.at("/imageId"), course.at("/imageUrl")), (Value::Null, json!("https://images.example.com/b.jpg")));
        let course = app.patch_as(&elena, &path, "*", json!({ "imageId": picture })).await.expect(200);
        assert!(course.text_at("/imageUrl").contains(&picture));
        // Somebody else's picture, a file that is none, and nothing at all.
        let theirs = app.draft(&marco, json!({})).await;
        let pdf = file(&app, &marco).await;
        for id in [picture.as_str(), pdf.as_str(), "0198c0de-0000-7000-8000-000000000001"] {
            let refused = app.patch_as(&marco, &format!("/courses/{theirs}"), "*", json!({ "imageId": id })).await.refused(422, "validation_failed");
            assert!(refused.reasons()[0].starts_with("/imageId "), "{:?}", refused.reasons());
        }
        let banner = uploaded(&app, &admin, announcement("IMAGE", "shelf.png", "image/png", &bytes), &bytes).await.text_at("/id");
        let shelf = app.post_as(&admin, "/categories", json!({ "name": "Pictured", "imageId": banner })).await.expect(201);
        app.get(&path_of(&shelf.text_at("/imageUrl"))).await.expect(200);
    }

    async fn a_file_is_announced_sent_and_looked_at(app: App) {
        let elena = app.trainer().await;
        let sum = "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a";
        let mut new = announcement("ATTACHMENT", "../../etc/Plan \u{202e}1.pdf", "application/pdf", b"Hello world!");
        new["sizeBytes"] = json!(12);
        new["contentType"] = json!("text/plain");
        new["sha256"] = json!(sum);
        let upload = app.post_as(&elena, "/uploads", new).await.expect(201);
        assert_eq!((upload.at("/status"), upload.at("/name"), upload.at("/target/method")), (json!("PENDING"), json!("Plan 1.pdf"), json!("PUT")));
        let path = upload.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        app.act_as(&elena, &format!("{path}/complete")).await.refused(409, "upload_incomplete");
        send(&app, &upload, b"Hello world!").await.expect(204);
        let again = app.get_as(&elena, &path).await.expect(200);
        assert!(again.text_at("/target/url").contains(&path));
        let done = app.act_as(&elena, &format!("{path}/complete")).await.expect(200);
        assert_eq!((done.at("/status"), done.at("/problem"), done.at("/target"), done.at("/sha256")), (json!("READY"), Value::Null, Value::Null, json!(sum)));
        assert_eq!(app.act_as(&elena, &format!("{path}/complete")).await.expect(200).text, done.text);
        assert_eq!(app.get_as(&elena, &path).await.expect(200).text, done.text);
        // What is sent after that reaches nobody.
        send(&app, &upload, b"Hello thief!").await.expect(204);
        assert_eq!(app.act_as(&elena, &format!("{path}/complete")).await.expect(200).text, done.text);
    }

    async fn a_bad_announcement_is_refused_with_all_reasons(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let good = announcement("ATTACHMENT", "plan.pdf", "application/pdf", PDF);
        app.post_as(&lena, "/uploads", good).await.refused(403, "forbidden");
        let new = json!({ "purpose": "IMAGE", "name": "a.svg", "contentType": "image/svg+xml", "sizeBytes": 10_485_761 });
        let refused = app.post_as(&elena, "/uploads", new).await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/contentType type_not_allowed", "/sizeBytes too_large"]);
        let new = json!({ "purpose": "SONG", "name": " ", "contentType": "image", "sizeBytes": 0, "sha256": "x", "path": "/etc" });
        assert_eq!(app.post_as(&elena, "/uploads", new).await.refused(422, "validation_failed").reasons().len(), 6);
    }

    async fn what_is_not_what_was_announced_is_rejected_and_removed(app: App) {
        let elena = app.trainer().await;
        let zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00 a zip by another name";
        let vtt = b"1\n00:00:01,000 --> 00:00:02,000\nSubRip\n";
        let picture = png(10, 10);
        let broken = &picture[..40];
        for (new, bytes, problem) in [
            (announcement("IMAGE", "a.png", "image/png", zip), zip.as_slice(), "type_not_allowed"),
            (announcement("IMAGE", "a.jpg", "image/jpeg", &picture), picture.as_slice(), "type_mismatch"),
            (announcement("IMAGE", "a.png", "image/png", &bomb()), &bomb(), "image_too_large"),
            (announcement("IMAGE", "a.png", "image/png", broken), broken, "image_unreadable"),
            (announcement("CAPTIONS", "a.vtt", "text/vtt", vtt), vtt, "captions_unreadable"),
            (announcement("VIDEO", "a.mp4", "video/mp4", PDF), PDF, "type_not_allowed"),
            (announcement("ATTACHMENT", "a.zip", "application/zip", PDF), PDF, "type_mismatch"),
        ] {
            let done = uploaded(&app, &elena, new, bytes).await;
            assert_eq!((done.at("/status"), done.at("/problem")), (json!("REJECTED"), json!(problem)));
            let path = format!("/uploads/{}", done.text_at("/id"));
            assert_eq!(app.act_as(&elena, &format!("{path}/complete")).await.expect(200).text, done.text);
        }
        let mut new = announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
        new["sha256"] = json!("0".repeat(64));
        assert_eq!(uploaded(&app, &elena, new, PDF).await.at("/problem"), "checksum_mismatch");
        assert_eq!(objects(&app.folder), Vec::<String>::new());
    }

    async fn more_or_less_than_announced_leaves_nothing_behind(app: App) {
        let elena = app.trainer().await;
        let upload = app.post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF)).await.expect(201);
        send(&app, &upload, &[PDF, PDF].concat()).await.refused(413, "payload_too_large");
        send(&app, &upload, &PDF[..20]).await.refused(422, "size_mismatch");
        let path = path_of(&upload.text_at("/target/url"));
        // Without a length at the beginning, and with one that is not kept.
        let chunked = |body: &str| raw(&app, &path, format!("transfer-encoding: chunked\r\n\r\n{body}"), true);
        let long = "x".repeat(100);
        assert!(chunked(&format!("64\r\n{long}\r\n0\r\n\r\n")).await.contains("payload_too_large"));
        assert!(chunked("5\r\n%PDF-\r\n0\r\n\r\n").await.contains("size_mismatch"));
        raw(&app, &path, format!("content-length: {}\r\n\r\n%PDF-", PDF.len()), false).await;
        eventually("an empty storage", || async { objects(&app.folder).is_empty().then_some(()) }).await;
        app.act_as(&elena, &format!("/uploads/{}/complete", upload.text_at("/id"))).await.refused(409, "upload_incomplete");
        send(&app, &upload, PDF).await.expect(204);
    }

    async fn the_url_of_an_upload_is_for_that_upload_and_for_a_while(app: App) {
        let (elena, other) = (app.trainer().await, app.trainer().await);
        let new = || announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
        let (mine, theirs) = (app.post_as(&elena, "/uploads", new()).await.expect(201), app.post_as(&other, "/uploads", new()).await.expect(201));
        let (path, other_path) = (path_of(&mine.text_at("/target/url")), path_of(&theirs.text_at("/target/url")));
        let token = path.split_once("ticket=").unwrap().1;
        let swapped = format!("{}ticket={token}", other_path.split_once("ticket=").unwrap().0);
        let mut tampered = path.clone().into_bytes();
        let at = tampered.len() - 20;
        tampered[at] = if tampered[at] == b'A' { b'B' } else { b'A' };
        for bad in [swapped, String::from_utf8(tampered).unwrap(), format!("{path}AA")] {
            app.send(app.request("PUT", &bad).body(PDF)).await.refused(403, "signed_url_invalid");
        }
        app.send(app.request("PUT", path.split('?').next().unwrap()).body(PDF)).await.refused(422, "validation_failed");
        // Somebody else's upload is not there.
        let place = format!("/uploads/{}", mine.text_at("/id"));
        app.get_as(&other, &place).await.refused(404, "not_found");
        app.act_as(&other, &format!("{place}/complete")).await.refused(404, "not_found");
        app.clock.advance(Duration::hours(7));
        app.send(app.request("PUT", &path).body(PDF)).await.refused(403, "signed_url_invalid");
        let elena = app.login(&elena.email, PASSWORD).await;
        assert_eq!(app.get_as(&elena, &place).await.expect(200).at("/target"), Value::Null);
    }

    async fn of_eight_that_complete_at_once_all_see_the_same(app: App) {
        let elena = app.trainer().await;
        let picture = png(1500, 900);
        let upload = app.post_as(&elena, "/uploads", announcement("IMAGE", "a.png", "image/png", &picture)).await.expect(201);
        send(&app, &upload, &picture).await.expect(204);
        let path = format!("/uploads/{}/complete", upload.text_at("/id"));
        let replies = futures_util::future::join_all((0..8).map(|_| app.act_as(&elena, &path))).await;
        assert!(replies.iter().any(|reply| reply.status == 200));
        for reply in replies {
            match reply.status {
                200 => assert_eq!(reply.at("/status"), "READY"),
                _ => drop(reply.refused(409, "upload_checking")),
            }
        }
        assert_eq!(app.act_as(&elena, &path).await.expect(200).at("/status"), "READY");
    }

    async fn a_picture_is_there_in_three_widths_for_everybody(app: App) {
        let elena = app.trainer().await;
        let picture = png(900, 600);
        let done = uploaded(&app, &elena, announcement("IMAGE", "a.png", "image/png", &picture), &picture).await;
        assert_eq!(done.at("/status"), "READY");
        let id = done.text_at("/id");
        for (width, size) in [(320, (320, 213)), (640, (640, 426)), (1280, (900, 600))] {
            let reply = app.request("GET", &format!("/images/{id}/{width}")).send().await.unwrap();
            assert_eq!(reply.headers()["content-type"], "image/jpeg");
            assert_eq!(reply.headers()["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
            assert!(reply.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
            let shown = image::load_from_memory(&reply.bytes().await.unwrap()).unwrap();
            assert_eq!((shown.width(), shown.height()), size);
        }
        let path = format!("/images/{id}/640");
        let head = app.send(app.request("HEAD", &path)).await.expect(200);
        let known = app.send(app.request("GET", &path).header("if-none-match", head.header("etag"))).await;
        assert_eq!((known.status, known.header("cache-control")), (304, "public, max-age=31536000, immutable"));
        for odd in ["1", "321", "-320", "320.0", "0320/..", "%2e%2e"] {
            app.get(&format!("/images/{id}/{odd}")).await.refused(404, "not_found");
        }
        app.get("/images/0198c0de-0000-7000-8000-000000000001/320").await.refused(404, "not_found");
        // Without a statement; the worker of the server may ask in between, but not every time.
        let mut quiet = false;
        for _ in 0..20 {
            let before = app.db.statements();
            app.send(app.request("HEAD", &path)).await.expect(200);
            quiet |= app.db.statements() == before;
        }
        assert!(quiet);
        // The original went, with whatever a camera wrote into it.
        assert!(objects(&app.folder).iter().all(|object| object.contains("/images/")));
    }

    async fn a_link_is_for_one_file_and_for_a_while(app: App) {
        let elena = app.trainer().await;
        let (course, ..) = app.course(&elena, json!({})).await;
        let mut paths = Vec::new();
        for _ in 0..2 {
            let body = json!({ "name": "Plan", "fileId": file(&app, &elena).await });
            let made = app.post_as(&elena, &format!("/courses/{course}/attachments"), body).await.expect(201).text_at("/id");
            let url = app.act_as(&elena, &format!("/attachments/{made}/download")).await.expect(200).text_at("/url");
            paths.push(path_of(&url));
        }
        let path = paths[0].clone();
        // The head of one link and the tail of another, one altered anywhere, one cut short.
        let half = path.len() / 2;
        let mut bad = vec![format!("{}{}", &path[..half], &paths[1][half..]), path[..path.len() - 4].to_owned(), "/files/AAAA".to_owned()];
        for at in ["/files/".len(), half, path.len() - 3] {
            let mut bytes = path.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            bad.push(String::from_utf8(bytes).unwrap());
        }
        // The URL of an upload opens no file.
        let upload = app.post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF)).await.expect(201);
        bad.push(format!("/files/{}", upload.text_at("/target/url").split_once("ticket=").unwrap().1));
        for bad in bad {
            app.get(&bad).await.refused(403, "signed_url_invalid");
        }
        let whole = app.get(&path).await.expect(200);
        assert_eq!((whole.header("accept-ranges"), whole.header("content-length"), whole.header("x-content-type-options")), ("bytes", PDF.len().to_string().as_str(), "nosniff"));
        let etag = whole.header("etag").to_owned();
        let part = |range: &'static str| app.send(app.request("GET", &path).header("range", range));
        let five = part("bytes=0-4").await.expect(206);
        assert_eq!((five.text.as_str(), five.header("content-range")), ("%PDF-", format!("bytes 0-4/{}", PDF.len()).as_str()));
        assert_eq!(part("bytes=-3").await.expect(206).text.as_bytes(), &PDF[PDF.len() - 3..]);
        assert_eq!(part("bytes=5-").await.expect(206).text.as_bytes(), &PDF[5..]);
        let beyond = part("bytes=5000-").await.refused(416, "range_not_satisfiable");
        assert_eq!(beyond.header("content-range"), format!("bytes */{}", PDF.len()));
        assert_eq!(part("bytes=0-1,4-5").await.expect(200).text.as_bytes(), PDF);
        let if_range = |tag: String| app.send(app.request("GET", &path).header("range", "bytes=0-4").header("if-range", tag));
        assert_eq!(if_range(etag).await.expect(206).text, "%PDF-");
        assert_eq!(if_range("\"other\"".to_owned()).await.expect(200).text.as_bytes(), PDF);
        let head = app.send(app.request("HEAD", &path)).await.expect(200);
        assert_eq!((head.text.as_str(), head.header("content-length")), ("", PDF.len().to_string().as_str()));
        app.clock.advance(Duration::minutes(16));
        app.get(&path).await.refused(403, "signed_url_invalid");
    }

    async fn what_nobody_needs_goes_after_a_day(app: App) {
        let elena = app.trainer().await;
        let (course, ..) = app.course(&elena, json!({})).await;
        let (used, unused) = (file(&app, &elena).await, file(&app, &elena).await);
        let attach = format!("/courses/{course}/attachments");
        let attachment = app.post_as(&elena, &attach, json!({ "name": "Plan", "fileId": used })).await.expect(201).text_at("/id");
        let picture = png(10, 10);
        let image = uploaded(&app, &elena, announcement("IMAGE", "a.png", "image/png", &picture), &picture).await.text_at("/id");
        let pending = app.post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF)).await.expect(201);
        send(&app, &pending, PDF).await.expect(204);
        // Belongs to no row, and a fragment of a process that was killed.
        let stray = app.folder.join("objects/files/0198c0de-0000-7000-8000-000000000001");
        let fragment = app.folder.join("objects/uploads/0198c0de-0000-7000-8000-000000000001#1");
        std::fs::write(&stray, "x").unwrap();
        std::fs::write(&fragment, "x").unwrap();
        let media = storage_of(&app);
        assert_eq!(media::collect_files(&app.db, &media, media::RETENTION).await.unwrap(), 0);
        assert_eq!(media::collect_objects(&app.db, &media, media::RETENTION).await.unwrap(), 0);
        app.clock.advance(Duration::hours(25));
        // The worker of the server may be quicker with some of it.
        let removed = media::collect_objects(&app.db, &media, media::RETENTION).await.unwrap();
        assert!(removed <= 1 && !stray.exists() && !fragment.exists());
        media::collect_files(&app.db, &media, media::RETENTION).await.unwrap();
        let elena = app.login(&elena.email, PASSWORD).await;
        for gone in [&unused, &image, &pending.text_at("/id")] {
            app.get_as(&elena, &format!("/uploads/{gone}")).await.refused(404, "not_found");
            assert!(objects(&app.folder).iter().all(|object| !object.contains(gone.as_str())));
        }
        app.get_as(&elena, &format!("/uploads/{used}")).await.expect(200);
        let url = app.act_as(&elena, &format!("/attachments/{attachment}/download")).await.expect(200).text_at("/url");
        app.get(&path_of(&url)).await.expect(200);
        // When the attachment goes, its file follows.
        app.delete_as(&elena, &format!("/attachments/{attachment}")).await.expect(204);
        media::collect_files(&app.db, &media, media::RETENTION).await.unwrap();
        assert_eq!(objects(&app.folder), Vec::<String>::new());
    }

    async fn what_is_used_while_the_collection_runs_keeps_its_file(app: App) {
        let elena = app.trainer().await;
        let course = app.draft(&elena, json!({})).await;
        let media = storage_of(&app);
        for _ in 0..10 {
            let id = file(&app, &elena).await;
            let attach = format!("/courses/{course}/attachments");
            let (attached, collected) = tokio::join!(
                app.post_as(&elena, &attach, json!({ "name": "Plan", "fileId": &id })),
                media::collect_files(&app.db, &media, std::time::Duration::ZERO),
            );
            if collected.unwrap() == 0 {
                let attachment = attached.expect(201).text_at("/id");
                let url = app.act_as(&elena, &format!("/attachments/{attachment}/download")).await.expect(200).text_at("/url");
                assert_eq!(app.get(&path_of(&url)).await.expect(200).text.as_bytes(), PDF);
            } else {
                attached.refused(422, "validation_failed");
                app.get_as(&elena, &format!("/uploads/{id}")).await.refused(404, "not_found");
            }
        }
    }

    async fn an_admin_who_deletes_what_is_anothers_leaves_a_trace(app: App) {
        let (admin, elena) = (app.admin().await, app.trainer().await);
        let course = app.draft(&elena, json!({})).await;
        let attach = format!("/courses/{course}/attachments");
        let mut ids = Vec::new();
        for who in [&elena, &admin] {
            let link = json!({ "name": "Plan", "url": "https://plans.example.com/1.pdf" });
            let id = app.post_as(&elena, &attach, link).await.expect(201).text_at("/id");
            app.delete_as(who, &format!("/attachments/{id}")).await.expect(204);
            let video = json!({ "name": "a.mp4", "contentType": "video/mp4", "sizeBytes": 100 });
            let video = app.post_as(&elena, "/video-uploads", video).await.expect(201).text_at("/videoAsset/id");
            app.delete_as(who, &format!("/video-assets/{video}")).await.expect(204);
            ids.extend([id, video]);
        }
        let ids: Vec<kernel::Uuid> = ids.iter().map(|id| id.parse().unwrap()).collect();
        let count = |action: &'static str, id: kernel::Uuid| {
            let sql = "SELECT count(*) FROM audit_log WHERE action = ? AND subject_id = ?";
            app.db.read(admin_of(&admin), move |tx| async move { tx.count(sql, [action.into(), id.into()]).await })
        };
        assert_eq!(count("attachment.deleted", ids[0]).await.unwrap(), 0);
        assert_eq!(count("video.deleted", ids[1]).await.unwrap(), 0);
        assert_eq!(count("attachment.deleted", ids[2]).await.unwrap(), 1);
        assert_eq!(count("video.deleted", ids[3]).await.unwrap(), 1);
    }
}

/// How the server names an admin.
fn admin_of(admin: &Person) -> kernel::Actor {
    kernel::Actor::User {
        id: admin.id.parse().unwrap(),
        role: kernel::Role::Admin,
        session: kernel::Uuid::nil(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_are_begun_and_not_completed_have_an_end() {
    for store in [Store::Sqlite, Store::Postgres] {
        let settings = [
            ("PALESTRA_UPLOADS_PENDING", "3"),
            ("PALESTRA_UPLOADS_PENDING_BYTES", "1000"),
        ];
        let app = App::start_with(store, &settings).await;
        let (elena, marco) = (app.trainer().await, app.trainer().await);
        let plan = || announcement("ATTACHMENT", "plan.pdf", "application/pdf", PDF);
        let large = json!({ "purpose": "ATTACHMENT", "name": "a.pdf", "contentType": "application/pdf", "sizeBytes": 990 });
        let first = app.post_as(&elena, "/uploads", plan()).await.expect(201);
        app.post_as(&elena, "/uploads", large.clone())
            .await
            .refused(409, "too_many_uploads");
        app.post_as(&marco, "/uploads", large).await.expect(201);
        app.post_as(&elena, "/uploads", plan()).await.expect(201);
        let video = json!({ "name": "a.mp4", "contentType": "video/mp4", "sizeBytes": 100 });
        app.post_as(&elena, "/video-uploads", video.clone())
            .await
            .expect(201);
        app.post_as(&elena, "/uploads", plan())
            .await
            .refused(409, "too_many_uploads");
        app.post_as(&elena, "/video-uploads", video)
            .await
            .refused(409, "too_many_uploads");
        // What was completed does not count any more, nor what is too late.
        send(&app, &first, PDF).await.expect(204);
        app.act_as(&elena, &format!("/uploads/{}/complete", first.text_at("/id")))
            .await
            .expect(200);
        app.post_as(&elena, "/uploads", plan()).await.expect(201);
        app.post_as(&elena, "/uploads", plan())
            .await
            .refused(409, "too_many_uploads");
        app.clock.advance(Duration::hours(7));
        let elena = app.login(&elena.email, PASSWORD).await;
        app.post_as(&elena, "/uploads", plan()).await.expect(201);
    }
}

/// A request as it is on the wire; reads the answer, or goes away at once.
async fn raw(app: &App, path: &str, rest: String, stay: bool) -> String {
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
async fn an_upload_that_stops_is_given_up() {
    let app = App::start_with(
        crate::support::Store::Sqlite,
        &[("PALESTRA_BODY_TIMEOUT_SECONDS", "1")],
    )
    .await;
    let elena = app.trainer().await;
    let new = announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
    let upload = app.post_as(&elena, "/uploads", new).await.expect(201);
    let path = path_of(&upload.text_at("/target/url"));
    let answer = raw(
        &app,
        &path,
        format!("content-length: {}\r\n\r\n%PDF-", PDF.len()),
        true,
    )
    .await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"),
        "{answer}"
    );
    eventually("an empty storage", || async {
        objects(&app.folder).is_empty().then_some(())
    })
    .await;
}
