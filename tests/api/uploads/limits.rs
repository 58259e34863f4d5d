//! `GET /uploads/limits`, and refusals that name the limit and the value.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, DatabaseKind,
    media::{PDF, announcement, upload},
};

#[both_databases]
async fn everybody_learns_what_may_be_uploaded(app: App) {
    let limits = app.get("/uploads/limits").await.expect(200);
    let purposes: Vec<String> = (0..4).map(|at| limits.text_at(&format!("/purposes/{at}/purpose"))).collect();
    assert_eq!(purposes, ["IMAGE", "ATTACHMENT", "VIDEO", "CAPTIONS"]);
    assert_eq!(
        limits.at("/purposes/0/contentTypes"),
        json!(["image/png", "image/jpeg", "image/webp", "image/gif"])
    );
    assert_eq!(limits.at("/purposes/0/maxBytes"), 33_554_432);
    assert_eq!(limits.at("/purposes/3/contentTypes"), json!(["text/vtt", "application/x-subrip"]));
    assert_eq!((limits.at("/pendingUploads"), limits.at("/uploadSeconds")), (json!(100), json!(21_600)));
}

#[both_databases]
async fn types_and_sizes_are_settings_and_hold_to_the_byte(database: DatabaseKind) {
    let size = PDF.len().to_string();
    let settings = [
        ("PALESTRA_UPLOAD_ATTACHMENT_TYPES", "application/pdf, text/csv"),
        ("PALESTRA_UPLOAD_ATTACHMENT_BYTES", size.as_str()),
        ("PALESTRA_UPLOAD_IMAGE_TYPES", "image/png"),
    ];
    let app = App::start_with(database, &settings).await;
    let elena = app.trainer().await;
    let limits = app.get("/uploads/limits").await.expect(200);
    assert_eq!(limits.at("/purposes/1/contentTypes"), json!(["application/pdf", "text/csv"]));
    assert_eq!(limits.at("/purposes/1/maxBytes"), PDF.len());
    let good = announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF);
    assert_eq!(upload(&app, &elena, good.clone(), PDF).await.at("/status"), "READY");
    let mut larger = good;
    larger["sizeBytes"] = json!(PDF.len() + 1);
    let refused = app.post_as(&elena, "/uploads", larger).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/sizeBytes too_large"]);
    let detail = refused.text_at("/errors/0/detail");
    assert_eq!(detail, format!("At most {} bytes; this has {}.", PDF.len(), PDF.len() + 1));
    let zip = announcement("ATTACHMENT", "a.zip", "application/zip", b"PK");
    let refused = app.post_as(&elena, "/uploads", zip).await.expect_problem(422, "validation_failed");
    let detail = refused.text_at("/errors/0/detail");
    assert_eq!(detail, "application/zip is not allowed here; one of application/pdf, text/csv is.");
    // What is allowed elsewhere is known by its content, and not allowed here.
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
    let done = upload(&app, &elena, announcement("IMAGE", "a.png", "image/png", gif), gif).await;
    assert_eq!(done.at("/problem"), "type_not_allowed");
    assert_eq!(done.at("/detail"), "The content is image/gif; allowed are image/png.");
}
