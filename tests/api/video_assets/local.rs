//! `/video-assets` and `/video-uploads` with local storage, and captions.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person,
    films::{mp4_box, mp4_film},
    videos::{announce_video, captions_file, local_url, put_bytes, video_announcement, video_asset},
};

#[both_databases]
async fn a_local_video_is_checked_and_played(app: App) {
    let elena = app.trainer().await;
    let film = mp4_film(61_500);
    let (good, bad) = (film.clone(), vec![b'x'; film.len()]);
    // A film in which there is nothing.
    let headless =
        [mp4_box(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41"), mp4_box(b"moov", &mp4_box(b"mvhd", b""))]
            .concat();
    for (bytes, kind, status, problem, duration) in [
        (good.clone(), "video/mp4", "READY", Value::Null, json!(61.5)),
        (bad, "video/mp4", "ERRORED", json!("type_mismatch"), Value::Null),
        (headless, "video/mp4", "ERRORED", json!("no_video_track"), Value::Null),
    ] {
        let body = json!({ "contentType": kind, "sizeBytes": bytes.len(), "name": "hinge.mp4" });
        let reply = app.post_as(&elena, "/video-uploads", body).await.expect(201);
        assert_eq!(
            (reply.at("/videoAsset/provider"), reply.at("/videoAsset/status")),
            (json!("LOCAL"), json!("WAITING"))
        );
        let path = format!("/video-assets/{}", reply.text_at("/videoAsset/id"));
        app.post_empty_as(&elena, &format!("{path}/complete")).await.expect_problem(409, "upload_incomplete");
        assert!(put_bytes(&local_url(&app, &reply.text_at("/target/url")), bytes.clone()).await < 300);
        let done = app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200);
        assert_eq!(
            (done.at("/status"), done.at("/problem"), done.at("/durationSeconds")),
            (json!(status), problem, duration)
        );
        assert_eq!(
            app.post_empty_as(&elena, &format!("{path}/complete")).await.expect(200).json(),
            done.json()
        );
        if status == "READY" {
            let file = captions_file(&app, &elena).await;
            let body = json!({ "label": "English", "fileId": file });
            let request = app.request("PUT", &format!("{path}/captions/en")).bearer_auth(&elena.token);
            app.send(request.json(&body)).await.expect(200);
            let playback = app.post_empty_as(&elena, &format!("{path}/playback")).await.expect(200);
            assert_eq!(
                (playback.at("/provider"), playback.at("/thumbnailUrl")),
                (json!("LOCAL"), Value::Null)
            );
            for (pointer, kind) in
                [("/streamUrl", "video/mp4"), ("/captions/0/url", "text/vtt; charset=utf-8")]
            {
                let url = playback.text_at(pointer);
                let token = url.rsplit("/api/v1/files/").next().unwrap();
                let link = media::Link::open(app.db.keyring(), token, app.db.environment().now()).unwrap();
                assert_eq!(
                    (link.content_type.as_str(), link.disposition),
                    (kind, media::Disposition::Inline)
                );
                let later = app.db.environment().now() + Duration::hours(6);
                assert!(media::Link::open(app.db.keyring(), token, later).is_err());
            }
            let stream = local_url(&app, &playback.text_at("/streamUrl"));
            let part = reqwest::Client::new().get(stream).header("range", "bytes=4-7").send().await.unwrap();
            assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "ftyp"));
            assert!(
                !playback.text.contains("filesystem")
                    && !playback.text.contains(&app.folder.display().to_string())
            );
        } else {
            app.post_empty_as(&elena, &format!("{path}/playback"))
                .await
                .expect_problem(409, "video_not_ready");
        }
    }
    let large = json!({ "contentType": "video/mp4", "sizeBytes": 53_687_091_200_u64, "name": "x.mp4" });
    let refused = app.post_as(&elena, "/video-uploads", large).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/sizeBytes too_large"]);
}

#[both_databases]
async fn captions_are_added_by_language(app: App) {
    let elena = app.trainer().await;
    let (video, _) = announce_video(&app, &elena).await;
    let path = format!("/video-assets/{video}/captions");
    let (english, german) = (captions_file(&app, &elena).await, captions_file(&app, &elena).await);
    let put = |who: &Person, language: &str, body: Value| {
        let request = app.request("PUT", &format!("{path}/{language}")).bearer_auth(&who.token).json(&body);
        app.send(request)
    };
    let body = json!({ "label": "English", "fileId": english });
    let first = put(&elena, "en-gb", body.clone()).await.expect(200);
    assert_eq!(first.at("/captions"), json!([{ "language": "en-GB", "label": "English" }]));
    assert_eq!(put(&elena, "EN-GB", body.clone()).await.expect(200).at("/captions"), first.at("/captions"));
    let both = put(&elena, "de", json!({ "label": "Deutsch", "fileId": german })).await.expect(200);
    assert_eq!(
        (both.at("/captions/0/language"), both.at("/captions/1/label")),
        (json!("de"), json!("English"))
    );
}

#[both_databases]
async fn captions_need_a_language_and_an_own_file(app: App) {
    let (elena, tom) = (app.trainer().await, app.trainer().await);
    let (video, _) = announce_video(&app, &elena).await;
    let path = format!("/video-assets/{video}/captions");
    let (english, foreign) = (captions_file(&app, &elena).await, captions_file(&app, &tom).await);
    let put = |who: &Person, language: &str, body: Value| {
        let request = app.request("PUT", &format!("{path}/{language}")).bearer_auth(&who.token).json(&body);
        app.send(request)
    };
    let body = json!({ "label": "English", "fileId": english });
    let refused = put(&elena, "fr", json!({ "label": "Français", "fileId": foreign }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/fileId unknown_file"]);
    put(&tom, "de", json!({ "label": "Deutsch", "fileId": foreign })).await.expect_problem(404, "not_found");
    put(&elena, "english", body.clone()).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn captions_are_removed(app: App) {
    let (elena, tom) = (app.trainer().await, app.trainer().await);
    let (video, _) = announce_video(&app, &elena).await;
    let path = format!("/video-assets/{video}/captions");
    let (english, german) = (captions_file(&app, &elena).await, captions_file(&app, &elena).await);
    let put = |who: &Person, language: &str, body: Value| {
        let request = app.request("PUT", &format!("{path}/{language}")).bearer_auth(&who.token).json(&body);
        app.send(request)
    };
    let body = json!({ "label": "English", "fileId": english });
    let first = put(&elena, "en-gb", body.clone()).await.expect(200);
    put(&elena, "de", json!({ "label": "Deutsch", "fileId": german })).await.expect(200);
    app.delete_as(&tom, &format!("{path}/de")).await.expect_problem(404, "not_found");
    app.delete_as(&elena, &format!("{path}/DE")).await.expect(204);
    app.delete_as(&elena, &format!("{path}/de")).await.expect_problem(404, "not_found");
    assert_eq!(video_asset(&app, &elena, &video).await["captions"], first.at("/captions"));
}

#[both_databases]
async fn others_do_not_see_a_video(app: App) {
    let (elena, tom, lena, admin) =
        (app.trainer().await, app.trainer().await, app.learner().await, app.admin().await);
    let (video, _) = announce_video(&app, &elena).await;
    let path = format!("/video-assets/{video}");
    for who in [&tom, &lena] {
        app.get_as(who, &path).await.expect_problem(404, "not_found");
        app.delete_as(who, &path).await.expect_problem(404, "not_found");
        app.post_empty_as(who, &format!("{path}/complete")).await.expect_problem(404, "not_found");
        app.post_empty_as(who, &format!("{path}/playback")).await.expect_problem(404, "not_found");
        assert_eq!(app.get_as(who, "/me/video-assets").await.expect(200).at("/data"), json!([]));
    }
    app.post_as(&lena, "/video-uploads", video_announcement()).await.expect_problem(403, "forbidden");
    app.get_as(&admin, &path).await.expect(200);
    app.delete_as(&admin, &path).await.expect(204);
}
