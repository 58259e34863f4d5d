//! Pictures that are named in a text: they are collected with it, and not before.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person,
    media::{announcement, media_service, png, send_bytes, upload_picture},
};

/// The paths of pictures of which each is named at another place, and what is behind the place.
async fn named_pictures(app: &App, elena: &Person) -> Vec<(&'static str, String, String)> {
    let course = app.draft(elena, json!({})).await;
    let chapter = app.chapter(elena, &course, false).await;
    let lesson = app.lesson(elena, &chapter).await;
    let mut named = Vec::new();
    for (place, path, member) in [
        ("an account", "/me".to_owned(), "avatarUrl"),
        ("a course", format!("/courses/{course}"), "content"),
        ("a course's picture", format!("/courses/{course}"), "imageUrl"),
        ("a chapter", format!("/chapters/{chapter}"), "content"),
        ("a lesson", format!("/lessons/{lesson}"), "content"),
    ] {
        let id = upload_picture(app, elena).await;
        let address = format!("https://school.example.com/api/v1/images/{id}/640");
        let text = if member == "content" { format!("<p><img src=\"{address}\">x</p>") } else { address };
        app.patch_as(elena, &path, "*", json!({ member: text })).await.expect(200);
        named.push((place, path, format!("/images/{id}/640")));
    }
    named
}

async fn collect_files(app: &App) -> u64 {
    app.clock.advance(Duration::hours(25));
    let retention = std::time::Duration::from_secs(24 * 3600);
    media::collect_files(&app.db, &media_service(app), retention).await.unwrap()
}

#[both_databases]
async fn a_picture_that_a_text_names_is_kept(app: App) {
    let elena = app.trainer().await;
    let named = named_pictures(&app, &elena).await;
    let unnamed = format!("/images/{}/640", upload_picture(&app, &elena).await);
    assert_eq!(collect_files(&app).await, 1);
    for (place, _, picture) in &named {
        assert_eq!(app.get(picture).await.status, 200, "{place}");
    }
    app.get(&unnamed).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_picture_goes_with_the_last_text_that_names_it(app: App) {
    let elena = app.trainer().await;
    let named = named_pictures(&app, &elena).await;
    let lesson = named.last().unwrap();
    let other = app.draft(&elena, json!({})).await;
    let body = json!({ "content": format!("<img src=\"https://school.example.com/api/v1{}\">", lesson.2) });
    app.patch_as(&elena, &format!("/courses/{other}"), "*", body).await.expect(200);
    for (place, path, _) in &named {
        let cleared = match *place {
            "an account" => json!({ "avatarUrl": null }),
            "a course's picture" => json!({ "imageUrl": "https://images.example.com/a.jpg" }),
            _ => json!({ "content": "<p>Nothing to see.</p>" }),
        };
        app.patch_as(&elena, path, "*", cleared).await.expect(200);
    }
    assert_eq!(collect_files(&app).await, 4, "the other course names the fifth");
    app.get(&lesson.2).await;
    let elena = app.login(&elena.email, crate::support::PASSWORD).await;
    app.delete_as(&elena, &format!("/courses/{other}")).await.expect(204);
    assert_eq!(collect_files(&app).await, 1);
    app.get(&lesson.2).await.expect_problem(404, "not_found");
}

/// Another trainer's picture, one that does not exist, and words that only look like one.
#[both_databases]
async fn a_copy_and_an_import_keep_pictures_too(app: App) {
    let elena = app.trainer().await;
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, false).await;
    let lesson = app.lesson(&elena, &chapter).await;
    let id = upload_picture(&app, &elena).await;
    let unknown = "0198c0de-0000-7000-8000-000000000001";
    let text = format!(
        "<p>/images/squat <img src=\"https://a.example/images/{id}/640\"><img src=\"https://a.example/images/{unknown}/640\"></p>"
    );
    app.patch_as(&elena, &format!("/lessons/{lesson}"), "*", json!({ "content": text })).await.expect(200);
    let document: Value = app.get_as(&elena, &format!("/courses/{course}/export")).await.expect(200).json();
    let marco = app.trainer().await;
    let imported = app.post_as(&marco, "/course-imports", document).await.expect(201).text_at("/id");
    app.post_empty_as(&marco, &format!("/courses/{imported}/duplicate")).await.expect(201);
    for (who, course) in [(&elena, &course), (&marco, &imported)] {
        app.delete_as(who, &format!("/courses/{course}")).await.expect(204);
    }
    assert_eq!(collect_files(&app).await, 0);
    app.get(&format!("/images/{id}/640")).await;
}

/// A text may be saved before its pictures have arrived.
#[both_databases]
async fn a_picture_that_arrives_after_its_text_is_kept_once_the_text_is_saved_again(app: App) {
    let elena = app.trainer().await;
    let course = app.draft(&elena, json!({})).await;
    let bytes = png(40, 20);
    let new = announcement("IMAGE", "a.png", "image/png", &bytes);
    let upload = app.post_as(&elena, "/uploads", new).await.expect(201);
    let id = upload.text_at("/id");
    let save = async |rest: &str| {
        let text = format!("<p><img src=\"https://a.example/images/{id}/640\">{rest}</p>");
        app.patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "content": text }))
            .await
            .expect(200);
    };
    save("One").await;
    send_bytes(&app, &upload, &bytes).await.expect(204);
    app.post_empty_as(&elena, &format!("/uploads/{id}/complete")).await.expect(200);
    save("Two").await;
    assert_eq!(collect_files(&app).await, 0);
}
