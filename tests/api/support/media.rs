//! Uploads: announcing, sending, completing files and pictures.

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use media::{Media, Storage};
use serde_json::{Value, json};

use crate::support::{App, Person, Reply};

pub const PDF: &[u8] = b"%PDF-1.7\nnothing but a beginning, which is enough to be one\n";

/// The path below `/api/v1` of a URL of the server, which does not know its port.
pub fn path_of(url: &str) -> String {
    url.split_once("/api/v1").expect("one of our own URLs").1.to_owned()
}

pub fn announcement(purpose: &str, name: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({ "purpose": purpose, "name": name, "contentType": kind, "sizeBytes": bytes.len() })
}

pub async fn send_bytes(app: &App, upload: &Reply, bytes: &[u8]) -> Reply {
    let request = app.request("PUT", &path_of(&upload.text_at("/target/url")));
    app.send(
        request.header("content-type", upload.text_at("/target/headers/content-type")).body(bytes.to_vec()),
    )
    .await
}

/// Announces, sends and completes an upload.
pub async fn upload(app: &App, who: &Person, announcement: Value, bytes: &[u8]) -> Reply {
    let upload = app.post_as(who, "/uploads", announcement).await.expect(201);
    send_bytes(app, &upload, bytes).await.expect(204);
    app.post_empty_as(who, &format!("/uploads/{}/complete", upload.text_at("/id"))).await.expect(200)
}

pub async fn upload_file(app: &App, who: &Person) -> String {
    let done = upload(app, who, announcement("ATTACHMENT", "plan.pdf", "application/pdf", PDF), PDF).await;
    assert_eq!(done.at("/status"), "READY");
    done.text_at("/id")
}

/// Uploads a picture; returns the id of its file.
pub async fn upload_picture(app: &App, who: &Person) -> String {
    let bytes = png(400, 200);
    let new = announcement("IMAGE", "a.png", "image/png", &bytes);
    let done = upload(app, who, new, &bytes).await;
    assert_eq!(done.at("/status"), "READY");
    done.text_at("/id")
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([20, 120, 200])));
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// All files below the folder of the storage.
pub fn stored_objects(folder: &Path) -> Vec<String> {
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

pub fn media_service(app: &App) -> Media {
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
    let types = media::AllowedTypes::new(&[], &[], &[]).unwrap();
    Media::new(storage, limits, types, String::new())
}
