//! `/video-assets` and `/video-uploads` with Mux.

use chrono::Duration;
use database::values;
use kernel::Uuid;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, dump_database, eventually,
    videos::{
        announce_video, deliver_webhook, execute_as, put_bytes, send_video, token_claims, uuid,
        video_announcement, video_asset, wait_for_outbox, with_mux,
    },
};

#[both_databases]
async fn a_video_is_uploaded_to_mux_and_played(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let reply = app.post_as(&elena, "/video-uploads", video_announcement()).await.expect(201);
    assert_eq!(
        (reply.at("/videoAsset/status"), reply.at("/videoAsset/provider")),
        (json!("WAITING"), json!("MUX"))
    );
    assert_eq!(
        (reply.at("/target/method"), reply.at("/target/headers/content-type")),
        (json!("PUT"), json!("video/mp4"))
    );
    let (video, url) = (reply.text_at("/videoAsset/id"), reply.text_at("/target/url"));
    assert_eq!(reply.header("location"), format!("/api/v1/video-assets/{video}"));
    app.post_empty_as(&elena, &format!("/video-assets/{video}/playback"))
        .await
        .expect_problem(409, "video_not_ready");
    assert_eq!(
        app.post_empty_as(&elena, &format!("/video-assets/{video}/complete")).await.expect(200).at("/status"),
        "WAITING"
    );
    assert_eq!(put_bytes(&url, vec![0; 10]).await, 200);
    for event in mux.events() {
        deliver_webhook(&app, &mux, &event).await;
    }
    assert_eq!(video_asset(&app, &elena, &video).await["status"], "PREPARING");
    app.post_empty_as(&elena, &format!("/video-assets/{video}/playback"))
        .await
        .expect_problem(409, "video_not_ready");
    mux.finish(&mux.asset_of(&url), "ready");
    deliver_webhook(&app, &mux, &mux.events()[0]).await;
    let ready = video_asset(&app, &elena, &video).await;
    assert_eq!(
        (&ready["status"], &ready["durationSeconds"], &ready["problem"]),
        (&json!("READY"), &json!(61.5), &Value::Null)
    );
    assert_eq!(ready["assetsId"], mux.asset_of(&url));
    assert_eq!((&ready["width"], &ready["height"]), (&json!(1920), &json!(1080)));
    assert_eq!((&ready["codec"], &ready["warnings"]), (&Value::Null, &json!([])));
    let listed = app.get_as(&elena, "/me/video-assets").await.expect(200);
    assert_eq!((listed.at("/data/0"), listed.at("/hasMore")), (ready.clone(), json!(false)));

    let playback = app.post_empty_as(&elena, &format!("/video-assets/{video}/playback")).await.expect(200);
    let playback_id = ready["playbackId"].as_str().unwrap();
    let stream = playback.text_at("/streamUrl");
    assert!(stream.starts_with(&format!("https://stream.mux.com/{playback_id}.m3u8?token=")), "{stream}");
    let until = chrono::DateTime::parse_from_rfc3339(&playback.text_at("/expiresAt")).unwrap().timestamp();
    let six_hours = until - kernel::Clock::now(app.clock.as_ref()).timestamp();
    assert!((21_590..=21_600).contains(&six_hours), "{six_hours}");
    for (url, audience) in [("/streamUrl", "v"), ("/thumbnailUrl", "t"), ("/storyboardUrl", "s")] {
        let expected =
            json!({ "sub": playback_id, "aud": audience, "exp": until, "kid": "test-signing-key" });
        assert_eq!(token_claims(&playback.text_at(url)), expected);
    }
    // What the trainer may not have: the secret address, at rest or later.
    assert!(!dump_database(&app).await.contains("mux secret"));
}

#[both_databases]
async fn a_failed_mux_upload_is_recorded(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let key = |key: &str| {
        let request =
            app.request("POST", "/video-uploads").bearer_auth(&elena.token).header("idempotency-key", key);
        app.send(request.json(&video_announcement()))
    };
    mux.fail(3, 503);
    let refused = key("a").await.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    assert_eq!(mux.calls().len(), 3);
    let failed = app.get_as(&elena, "/me/video-assets").await.expect(200);
    assert_eq!(
        (failed.at("/data/0/status"), failed.at("/data/0/problem")),
        (json!("ERRORED"), json!("upload_failed"))
    );
    // Not worth another try.
    mux.fail(1, 403);
    key("a").await.expect_problem(503, "unavailable");
    assert_eq!(mux.calls().len(), 4);
    // One failure is made good without anybody noticing, and the key brings the same answer back.
    mux.fail(1, 500);
    let first = key("a").await.expect(201);
    let again = key("a").await.expect(201);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"));
    assert_eq!(mux.calls().len(), 6);
}

#[both_databases]
async fn a_deleted_video_is_deleted_at_mux(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (_, _, lessons) = app.course(&elena, json!({})).await;
    let (video, asset, events) = send_video(&app, &mux, &elena).await;
    let show = "UPDATE lesson_bodies SET video_asset_id = :video WHERE lesson_id = :lesson";
    let lesson = uuid(&lessons[0]);
    execute_as(&app, &elena, show, values! { video: uuid(&video), lesson }).await;
    let path = format!("/video-assets/{video}");
    app.delete_as(&elena, &path).await.expect_problem(409, "video_in_use");
    execute_as(&app, &elena, show, values! { video: None::<Uuid>, lesson }).await;
    mux.fail(3, 500);
    app.delete_as(&elena, &path).await.expect(204);
    app.get_as(&elena, &path).await.expect_problem(404, "not_found");
    app.delete_as(&elena, &path).await.expect_problem(404, "not_found");
    eventually("a first try", || async { (mux.calls().len() == 4).then_some(()) }).await;
    app.clock.advance(Duration::seconds(10));
    eventually("the asset's end", || async { (!mux.has_asset(&asset)).then_some(()) }).await;
    // What is reported of it afterwards is ignored.
    for event in events.iter().chain(&mux.events()) {
        deliver_webhook(&app, &mux, event).await;
    }
    app.get_as(&elena, &path).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_video_without_a_file_can_be_deleted(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (video, url) = announce_video(&app, &elena).await;
    app.delete_as(&elena, &format!("/video-assets/{video}")).await.expect(204);
    wait_for_outbox(&app).await;
    assert_eq!(mux.upload_status(&url), "cancelled");
    // The file came, but no webhook had reported it yet.
    let (video, url) = announce_video(&app, &elena).await;
    put_bytes(&url, vec![0; 10]).await;
    app.delete_as(&elena, &format!("/video-assets/{video}")).await.expect(204);
    wait_for_outbox(&app).await;
    assert!(!mux.has_asset(&mux.asset_of(&url)));
}

#[both_databases]
async fn a_video_deleted_at_mux_is_not_played(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (video, asset, mut events) = send_video(&app, &mux, &elena).await;
    mux.finish(&asset, "ready");
    events.extend(mux.events());
    for event in &events {
        deliver_webhook(&app, &mux, event).await;
    }
    let deleted = json!({ "type": "video.asset.deleted", "id": "event-d", "data": events[1]["data"] });
    deliver_webhook(&app, &mux, &deleted).await;
    let mut again = events[2].clone();
    again["id"] = json!("event-late");
    deliver_webhook(&app, &mux, &again).await;
    let asset = video_asset(&app, &elena, &video).await;
    assert_eq!((&asset["status"], &asset["problem"]), (&json!("ERRORED"), &json!("deleted_at_mux")));
    app.post_empty_as(&elena, &format!("/video-assets/{video}/playback"))
        .await
        .expect_problem(409, "video_not_ready");
}

#[both_databases]
async fn sound_alone_is_no_video_at_mux_either(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (video, asset, events) = send_video(&app, &mux, &elena).await;
    mux.set_tracks(&asset, json!([{ "id": "a", "type": "audio", "max_channels": 2 }]));
    mux.finish(&asset, "ready");
    for event in events.iter().chain(&mux.events()) {
        deliver_webhook(&app, &mux, event).await;
    }
    let asset = video_asset(&app, &elena, &video).await;
    assert_eq!((&asset["status"], &asset["problem"]), (&json!("ERRORED"), &json!("no_video_track")));
}

#[both_databases]
async fn a_file_for_mux_may_be_announced_as_any_video(app: App) {
    let (app, _mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    for (kind, sent) in [("video/x-matroska", "video/x-matroska"), ("", "application/octet-stream")] {
        let body = json!({ "contentType": kind, "sizeBytes": 1000, "name": "hinge.mkv" });
        let reply = app.post_as(&elena, "/video-uploads", body).await.expect(201);
        assert_eq!(reply.at("/target/headers/content-type"), sent);
    }
    for kind in ["image/png", "text/html"] {
        let body = json!({ "contentType": kind, "sizeBytes": 1000, "name": "hinge.mp4" });
        let refused =
            app.post_as(&elena, "/video-uploads", body).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/contentType type_not_allowed"]);
    }
}
