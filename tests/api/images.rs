//! `GET /images/{image}/{width}`.

use test_macros::both_databases;

use crate::support::{
    App,
    media::{announcement, png, stored_objects, upload},
};

#[both_databases]
async fn a_picture_is_public_in_three_widths(app: App) {
    let elena = app.trainer().await;
    let picture = png(900, 600);
    let done = upload(&app, &elena, announcement("IMAGE", "a.png", "image/png", &picture), &picture).await;
    assert_eq!(done.at("/status"), "READY");
    let id = done.text_at("/id");
    for (width, size) in [(320, (320, 213)), (640, (640, 426)), (1280, (900, 600))] {
        let reply = app.request("GET", &format!("/images/{id}/{width}")).send().await.unwrap();
        assert_eq!(reply.headers()["content-type"], "image/jpeg");
        assert_eq!(reply.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
        assert!(
            reply.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
        );
        let shown = image::load_from_memory(&reply.bytes().await.unwrap()).unwrap();
        assert_eq!((shown.width(), shown.height()), size);
    }
    let path = format!("/images/{id}/640");
    let head = app.send(app.request("HEAD", &path)).await.expect(200);
    let known = app.send(app.request("GET", &path).header("if-none-match", head.header("etag"))).await;
    assert_eq!((known.status, known.header("cache-control")), (304, "public, max-age=31536000, immutable"));
    for odd in ["1", "321", "-320", "320.0", "0320/..", "%2e%2e"] {
        app.get(&format!("/images/{id}/{odd}")).await.expect_problem(404, "not_found");
    }
    app.get("/images/0198c0de-0000-7000-8000-000000000001/320").await.expect_problem(404, "not_found");
    let read = async || drop(app.send(app.request("HEAD", &path)).await.expect(200));
    assert_eq!(app.count_statements(read).await, 0);
    // The original went, with whatever a camera wrote into it.
    assert!(stored_objects(&app.folder).iter().all(|object| object.contains("/images/")));
}
