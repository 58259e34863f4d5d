//! `POST /lessons/{lesson}/playback` and `/courses/{course}/preview-playback`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person,
    films::mp4_film,
    videos::{local_url, put_bytes},
};

/// A published course whose only lesson has a video.
struct FilmedLesson {
    course: String,
    /// The path of the lesson.
    lesson: String,
    video: String,
}

impl FilmedLesson {
    async fn create(app: &App, elena: &Person) -> Self {
        let film = mp4_film(10_000);
        let body = json!({ "contentType": "video/mp4", "sizeBytes": film.len(), "name": "hinge.mp4" });
        let reply = app.post_as(elena, "/video-uploads", body).await.expect(201);
        let video = reply.text_at("/videoAsset/id");
        let course = app.draft(elena, json!({})).await;
        let chapter = app.chapter(elena, &course, false).await;
        let lesson = app
            .post_as(
                elena,
                &format!("/chapters/{chapter}/lessons"),
                json!({ "title": "The hinge", "videoAssetId": video }),
            )
            .await
            .expect(201);
        let lesson = format!("/lessons/{}", lesson.text_at("/id"));
        assert!(put_bytes(&local_url(app, &reply.text_at("/target/url")), film).await < 300);
        app.post_empty_as(elena, &format!("/video-assets/{video}/complete")).await.expect(200);
        for step in [
            format!("{lesson}/publish"),
            format!("/chapters/{chapter}/publish"),
            format!("/courses/{course}/publish"),
        ] {
            app.post_empty_as(elena, &step).await.expect(200);
        }
        Self { course, lesson, video }
    }
}

#[both_databases]
async fn a_lesson_without_a_ready_video_is_not_published(app: App) {
    let elena = app.trainer().await;
    let film = mp4_film(10_000);
    let body = json!({ "contentType": "video/mp4", "sizeBytes": film.len(), "name": "hinge.mp4" });
    let reply = app.post_as(&elena, "/video-uploads", body).await.expect(201);
    let video = reply.text_at("/videoAsset/id");
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, false).await;
    let lesson = app
        .post_as(
            &elena,
            &format!("/chapters/{chapter}/lessons"),
            json!({ "title": "The hinge", "videoAssetId": video }),
        )
        .await
        .expect(201);
    let lesson = format!("/lessons/{}", lesson.text_at("/id"));
    let missing =
        app.post_empty_as(&elena, &format!("{lesson}/publish")).await.expect_problem(409, "not_publishable");
    assert_eq!(missing.errors(), ["/videoAssetId video_not_ready"]);
}

#[both_databases]
async fn a_lesson_plays_its_video_for_its_readers(app: App) {
    let marco = app.trainer().await;
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let FilmedLesson { course, lesson, .. } = FilmedLesson::create(&app, &elena).await;
    let play = format!("{lesson}/playback");
    app.send(app.request("POST", &play)).await.expect_problem(401, "unauthenticated");
    app.post_empty_as(&lena, &play).await.expect_problem(403, "not_granted");
    app.post_empty_as(&marco, &play).await.expect_problem(403, "not_granted");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let playback = app.post_empty_as(&lena, &play).await.expect(200);
    let part = reqwest::Client::new()
        .get(local_url(&app, &playback.text_at("/streamUrl")))
        .header("range", "bytes=4-7")
        .send()
        .await
        .unwrap();
    assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "ftyp"));
}

#[both_databases]
async fn the_outline_names_no_video(app: App) {
    let elena = app.trainer().await;
    let FilmedLesson { course, video, .. } = FilmedLesson::create(&app, &elena).await;
    let outline = app.get(&format!("/courses/{course}")).await.expect(200);
    assert_eq!(outline.at("/chapters/0/lessons/0/hasVideo"), true);
    assert!(!outline.text.contains(&video), "the outline names no video");
}

#[both_databases]
async fn a_video_in_use_is_not_deleted(app: App) {
    let elena = app.trainer().await;
    let FilmedLesson { video, .. } = FilmedLesson::create(&app, &elena).await;
    app.delete_as(&elena, &format!("/video-assets/{video}")).await.expect_problem(409, "video_in_use");
}

#[both_databases]
async fn a_preview_is_public(app: App) {
    let elena = app.trainer().await;
    let FilmedLesson { course, video, .. } = FilmedLesson::create(&app, &elena).await;
    let preview = format!("/courses/{course}/preview-playback");
    app.send(app.request("POST", &preview)).await.expect_problem(404, "not_found");
    app.patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "previewVideoAssetId": video }))
        .await
        .expect(200);
    app.send(app.request("POST", &preview)).await.expect(200);
}

#[both_databases]
async fn a_preview_is_an_own_video(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let FilmedLesson { video, .. } = FilmedLesson::create(&app, &elena).await;
    let theirs = app.draft(&marco, json!({})).await;
    let refused = app
        .patch_as(&marco, &format!("/courses/{theirs}"), "*", json!({ "previewVideoAssetId": video }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/previewVideoAssetId unknown_video"]);
}
