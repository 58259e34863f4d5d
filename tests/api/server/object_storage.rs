//! Files in a bucket of an S3-compatible store.

use std::path::Path;

use chrono::Duration;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde_json::json;

use crate::support::{
    App, DatabaseKind, TempDir,
    films::{Mp4, mp4_box},
    media::{PDF, announcement},
};

/// An S3 server with one bucket; its address.
async fn s3(folder: &Path) -> String {
    std::fs::create_dir_all(folder.join("palestra")).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single("key-name", "key-secret"));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                server.serve_connection(TokioIo::new(socket), service).await.ok();
            });
        }
    });
    address
}

async fn app(address: &str) -> App {
    let settings = [
        ("PALESTRA_S3_BUCKET", "palestra"),
        ("PALESTRA_S3_REGION", "eu-central-1"),
        ("PALESTRA_S3_ENDPOINT", address),
        ("PALESTRA_S3_ACCESS_KEY", "key-name"),
        ("PALESTRA_S3_SECRET_KEY", "key-secret"),
        ("PALESTRA_S3_PATH_STYLE", "true"),
        ("PALESTRA_S3_ALLOW_HTTP", "true"),
    ];
    App::start_with(DatabaseKind::Sqlite, &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_to_a_bucket_and_back_without_us() {
    let folder = TempDir::new("s3");
    let app = app(&s3(&folder).await).await;
    let client = reqwest::Client::new();
    let elena = app.trainer().await;
    let new = announcement("ATTACHMENT", "Plan für Übung.pdf", "application/pdf", PDF);
    let upload = app.post_as(&elena, "/uploads", new.clone()).await.expect(201);
    let url = upload.text_at("/target/url");
    assert!(url.contains("X-Amz-Signature") && !url.starts_with(&app.base));
    let put = |url: String, bytes: Vec<u8>| {
        client.put(url).header("content-type", "application/pdf").body(bytes).send()
    };
    // The signature is for this object, this length and this while.
    let id = upload.text_at("/id");
    assert_eq!(
        put(url.replace(&id, "0198c0de-0000-7000-8000-000000000001"), PDF.to_vec()).await.unwrap().status(),
        403
    );
    assert_eq!(put(url.clone(), [PDF, PDF].concat()).await.unwrap().status(), 403);
    assert_eq!(
        put(url.replace("X-Amz-Expires=", "X-Amz-Expires=1"), PDF.to_vec()).await.unwrap().status(),
        403
    );
    assert_eq!(put(url.clone(), PDF.to_vec()).await.unwrap().status(), 200);
    // Nothing goes through this server.
    let own = app.request("PUT", &format!("/uploads/{id}/content?ticket=x")).body(PDF);
    app.send(own).await.expect_problem(403, "signed_url_invalid");
    let done = app.post_empty_as(&elena, &format!("/uploads/{id}/complete")).await.expect(200);
    assert_eq!(done.at("/status"), "READY");
    // A client whose URL is still good cannot exchange what was looked at.
    put(url, PDF.iter().rev().copied().collect()).await.unwrap();
    let (course, ..) = app.course(&elena, json!({})).await;
    let body = json!({ "name": "Plan für Übung", "fileId": id });
    let made =
        app.post_as(&elena, &format!("/courses/{course}/attachments"), body).await.expect(201).text_at("/id");
    let url =
        app.post_empty_as(&elena, &format!("/attachments/{made}/download")).await.expect(200).text_at("/url");
    assert!(url.contains("X-Amz-Signature") && url.contains("response-content-disposition"));
    let fetched = client.get(&url).send().await.unwrap();
    assert_eq!(fetched.status(), 200);
    assert_eq!(
        fetched.headers()["content-disposition"],
        "attachment; filename=\"Plan f_r _bung.pdf\"; filename*=UTF-8''Plan%20f%C3%BCr%20%C3%9Cbung.pdf"
    );
    assert_eq!(fetched.headers()["content-type"], "application/pdf");
    assert_eq!(fetched.bytes().await.unwrap(), PDF);
    let part = client.get(&url).header("range", "bytes=0-4").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "%PDF-"));
    assert_eq!(
        client.get(url.replace(&id, "0198c0de-0000-7000-8000-000000000001")).send().await.unwrap().status(),
        403
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_and_rejected_files_in_a_bucket() {
    let folder = TempDir::new("s3");
    let app = app(&s3(&folder).await).await;
    let client = reqwest::Client::new();
    let elena = app.trainer().await;
    let mut picture = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(700, 70).write_to(&mut picture, image::ImageFormat::Png).unwrap();
    let picture = picture.into_inner();
    let mut ids = Vec::new();
    for (bytes, status) in [(picture.as_slice(), "READY"), (PDF, "REJECTED")] {
        let upload =
            app.post_as(&elena, "/uploads", announcement("IMAGE", "a", "image/png", bytes)).await.expect(201);
        let sent = client.put(upload.text_at("/target/url")).body(bytes.to_vec()).send().await.unwrap();
        assert_eq!(sent.status(), 200);
        let done = app
            .post_empty_as(&elena, &format!("/uploads/{}/complete", upload.text_at("/id")))
            .await
            .expect(200);
        assert_eq!(done.at("/status"), status);
        ids.push(upload.text_at("/id"));
    }
    let shown = app.request("GET", &format!("/images/{}/640", ids[0])).send().await.unwrap();
    assert_eq!(
        (shown.status().as_u16(), shown.headers()["content-type"].to_str().unwrap()),
        (200, "image/jpeg")
    );
    assert_eq!(image::load_from_memory(&shown.bytes().await.unwrap()).unwrap().width(), 640);
    app.get(&format!("/images/{}/640", ids[1])).await.expect_problem(404, "not_found");
    // Collected like anywhere else.
    let config = crate::support::config(
        &app.folder,
        &[
            ("PALESTRA_S3_BUCKET", "palestra"),
            ("PALESTRA_S3_REGION", "eu-central-1"),
            ("PALESTRA_S3_ENDPOINT", "http://127.0.0.1:1"),
            ("PALESTRA_S3_ACCESS_KEY", "key-name"),
            ("PALESTRA_S3_SECRET_KEY", "key-secret"),
            ("PALESTRA_S3_ALLOW_HTTP", "true"),
        ],
    );
    // A bucket that does not answer is no reason not to start.
    let unreachable = api::startup::media(&config).unwrap();
    app.clock.advance(Duration::hours(25));
    assert!(media::collect_files(&app.db, &unreachable, media::RETENTION).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_in_a_bucket_is_inspected_and_says_no_place() {
    let place = b"+52.5200+013.4050/";
    let folder = TempDir::new("s3-video");
    let app = app(&s3(&folder).await).await;
    let elena = app.trainer().await;
    // Larger than what is fetched at once, with the place behind that.
    let udta = mp4_box(b"udta", &mp4_box(b"loci", place));
    let film = Mp4 { media: vec![7; 9 << 20], in_movie: udta, ..Mp4::default() }.file();
    let body = json!({ "contentType": "video/mp4", "sizeBytes": film.len(), "name": "hinge.mp4" });
    let announced = app.post_as(&elena, "/video-uploads", body).await.expect(201);
    let sent = reqwest::Client::new().put(announced.text_at("/target/url")).body(film.clone()).send().await;
    assert_eq!(sent.unwrap().status(), 200);
    let path = format!("/video-assets/{}", announced.text_at("/videoAsset/id"));
    let done = app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200);
    assert_eq!((done.at("/status"), done.at("/durationSeconds")), (json!("READY"), json!(10.0)));
    let playback = app.post_empty_as(&elena, &format!("{path}/playback")).await.expect(200);
    let stream = reqwest::get(playback.text_at("/streamUrl")).await.unwrap();
    assert_eq!(stream.headers()["content-type"], "video/mp4");
    assert!(stream.headers()["content-disposition"].to_str().unwrap().starts_with("inline;"));
    let served = stream.bytes().await.unwrap();
    assert_eq!(served.len(), film.len());
    assert!(film.windows(place.len()).any(|part| part == place));
    assert!(!served.windows(place.len()).any(|part| part == place));
}

#[test]
fn half_a_bucket_is_refused() {
    let load = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        api::config::Config::load(pairs).map(drop).map_err(|error| error.0)
    };
    let whole = [
        ("PALESTRA_S3_BUCKET", "b"),
        ("PALESTRA_S3_REGION", "r"),
        ("PALESTRA_S3_ACCESS_KEY", "a"),
        ("PALESTRA_S3_SECRET_KEY", "s"),
    ];
    assert_eq!(load(&whole), Ok(()));
    for left_out in whole {
        let half: Vec<_> = whole.into_iter().filter(|pair| *pair != left_out).collect();
        assert!(load(&half).unwrap_err().contains(left_out.0));
    }
    let with = |more: &[(&'static str, &'static str)]| load(&[&whole, more].concat());
    assert!(with(&[("PALESTRA_S3_ENDPOINT", "http://localhost:9000")]).unwrap_err().contains("TLS"));
    assert!(with(&[("PALESTRA_S3_ENDPOINT", "localhost:9000")]).unwrap_err().contains("https://"));
    assert_eq!(
        with(&[("PALESTRA_S3_ENDPOINT", "http://localhost:9000"), ("PALESTRA_S3_ALLOW_HTTP", "true")]),
        Ok(())
    );
    assert!(with(&[("PALESTRA_UPLOAD_SECONDS", "700000")]).unwrap_err().contains("604800"));
}
