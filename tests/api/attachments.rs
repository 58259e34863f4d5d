//! `/attachments`, and the attachments of courses and lessons.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person,
    media::{PDF, announcement, path_of, png, upload, upload_file},
};

#[both_databases]
async fn attachments_follow_the_access_to_their_course_or_lesson(app: App) {
    let (elena, other, lena, tom) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.learner().await,
    );
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    let file = upload_file(&app, &elena).await;
    for (owner, is_lesson) in [
        (format!("/courses/{course}"), false),
        (format!("/lessons/{}", lessons[0]), true),
    ] {
        let path = format!("{owner}/attachments");
        let body = json!({ "name": "Plan", "fileId": file });
        app.post_as(&lena, &path, body.clone())
            .await
            .expect_problem(403, "forbidden");
        app.post_as(&other, &path, body.clone())
            .await
            .expect_problem(403, "forbidden");
        let made = app.post_as(&elena, &path, body).await.expect(201);
        assert_eq!(
            (
                made.at("/sizeBytes"),
                made.at("/contentType"),
                made.at("/lessonId").is_null()
            ),
            (json!(PDF.len()), json!("application/pdf"), !is_lesson)
        );
        let link = app
            .post_as(
                &elena,
                &path,
                json!({ "name": "Elsewhere", "url": "https://example.com/secret" }),
            )
            .await
            .expect(201);
        assert!(!link.text.contains("secret"));
        app.get(&path).await.expect_problem(401, "unauthenticated");
        app.get_as(&tom, &path).await.expect_problem(403, "not_granted");
        let listed = app.get_as(&lena, &path).await.expect(200);
        assert_eq!(
            (
                listed.at("/data/0/name"),
                listed.at("/data/1/name"),
                listed.text.contains("secret")
            ),
            (json!("Plan"), json!("Elsewhere"), false)
        );
        assert_eq!(listed.at("/data").as_array().unwrap().len(), 2);
        let (made_path, link_path) = (
            format!("/attachments/{}", made.text_at("/id")),
            format!("/attachments/{}", link.text_at("/id")),
        );
        for path in [&made_path, &link_path] {
            for person in [&tom, &other] {
                app.get_as(person, path).await.expect_problem(404, "not_found");
                app.post_empty_as(person, &format!("{path}/download"))
                    .await
                    .expect_problem(404, "not_found");
                app.delete_as(person, path).await.expect_problem(404, "not_found");
            }
            app.get(path).await.expect_problem(404, "not_found");
            app.delete_as(&lena, path).await.expect_problem(404, "not_found");
            app.get_as(&lena, path).await.expect(200);
        }
        let elsewhere = app
            .post_empty_as(&lena, &format!("{link_path}/download"))
            .await
            .expect(200);
        assert_eq!(
            (elsewhere.at("/url"), elsewhere.at("/expiresAt")),
            (json!("https://example.com/secret"), Value::Null)
        );
        let url = app
            .post_empty_as(&lena, &format!("{made_path}/download"))
            .await
            .expect(200)
            .text_at("/url");
        let fetched = app.get(&path_of(&url)).await.expect(200);
        assert_eq!(fetched.text.as_bytes(), PDF);
        assert_eq!(
            fetched.header("content-disposition"),
            "attachment; filename=\"Plan.pdf\"; filename*=UTF-8''Plan.pdf"
        );
        let etag = made.header("etag").to_owned();
        app.patch_as(&lena, &made_path, &etag, json!({ "name": "Mine" }))
            .await
            .expect_problem(404, "not_found");
        app.patch_as(&elena, &made_path, "\"1\"", json!({ "name": "Old" }))
            .await
            .expect_problem(412, "precondition_failed");
        let renamed = app
            .patch_as(&elena, &made_path, &etag, json!({ "name": " Week 1 " }))
            .await
            .expect(200);
        assert_eq!(renamed.at("/name"), "Week 1");
        app.patch_as(&elena, &made_path, &etag, json!({ "name": "Late" }))
            .await
            .expect_problem(412, "precondition_failed");
        app.delete_as(&elena, &link_path).await.expect(204);
        app.delete_as(&elena, &link_path)
            .await
            .expect_problem(404, "not_found");
    }
    // Nobody has what belongs to a lesson that is not there.
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[0]))
        .await
        .expect(200);
    app.get_as(&lena, &format!("/lessons/{}/attachments", lessons[0]))
        .await
        .expect_problem(404, "not_found");
}

#[both_databases]
async fn an_attachment_needs_a_ready_file_of_its_owner(app: App) {
    let (elena, other) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/attachments");
    let picture = png(10, 10);
    let image = upload(
        &app,
        &elena,
        announcement("IMAGE", "a.png", "image/png", &picture),
        &picture,
    )
    .await
    .text_at("/id");
    let pending = app
        .post_as(
            &elena,
            "/uploads",
            announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF),
        )
        .await
        .expect(201)
        .text_at("/id");
    for (body, reason) in [
        (
            json!({ "name": "x", "fileId": upload_file(&app, &other).await }),
            "/fileId unknown_file",
        ),
        (json!({ "name": "x", "fileId": image }), "/fileId wrong_purpose"),
        (
            json!({ "name": "x", "fileId": pending }),
            "/fileId file_not_ready",
        ),
        (json!({ "name": "x" }), "/fileId file_or_url"),
        (
            json!({ "name": "x", "fileId": pending, "url": "https://example.com" }),
            "/fileId file_or_url",
        ),
        (
            json!({ "name": "x", "url": "http://example.com" }),
            "/url bad_format",
        ),
    ] {
        assert_eq!(
            app.post_as(&elena, &path, body)
                .await
                .expect_problem(422, "validation_failed")
                .errors(),
            [reason]
        );
    }
}

#[both_databases]
async fn attachments_of_a_free_preview_are_public(app: App) {
    let elena = app.trainer().await;
    let course = app
        .draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } }))
        .await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish"))
        .await
        .expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish"))
        .await
        .expect(200);
    let body = json!({ "name": "Plan", "fileId": upload_file(&app, &elena).await });
    app.post_as(&elena, &format!("/lessons/{lesson}/attachments"), body)
        .await
        .expect(201);
    let listed = app
        .get(&format!("/lessons/{lesson}/attachments"))
        .await
        .expect(200);
    let url = app
        .send(app.request(
            "POST",
            &format!("/attachments/{}/download", listed.text_at("/data/0/id")),
        ))
        .await
        .expect(200)
        .text_at("/url");
    app.get(&path_of(&url)).await.expect(200);
}

#[both_databases]
async fn deletions_by_an_admin_are_audited(app: App) {
    let (admin, elena) = (app.admin().await, app.trainer().await);
    let course = app.draft(&elena, json!({})).await;
    let attach = format!("/courses/{course}/attachments");
    let mut ids = Vec::new();
    for who in [&elena, &admin] {
        let link = json!({ "name": "Plan", "url": "https://plans.example.com/1.pdf" });
        let id = app
            .post_as(&elena, &attach, link)
            .await
            .expect(201)
            .text_at("/id");
        app.delete_as(who, &format!("/attachments/{id}"))
            .await
            .expect(204);
        let video = json!({ "name": "a.mp4", "contentType": "video/mp4", "sizeBytes": 100 });
        let video = app
            .post_as(&elena, "/video-uploads", video)
            .await
            .expect(201)
            .text_at("/videoAsset/id");
        app.delete_as(who, &format!("/video-assets/{video}"))
            .await
            .expect(204);
        ids.extend([id, video]);
    }
    let ids: Vec<kernel::Uuid> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let count = |action: &'static str, id: kernel::Uuid| {
        let sql = "SELECT count(*) FROM audit_log WHERE action = ? AND subject_id = ?";
        app.db.read(admin_of(&admin), move |tx| async move {
            tx.count(sql, [action.into(), id.into()]).await
        })
    };
    assert_eq!(count("attachment.deleted", ids[0]).await.unwrap(), 0);
    assert_eq!(count("video.deleted", ids[1]).await.unwrap(), 0);
    assert_eq!(count("attachment.deleted", ids[2]).await.unwrap(), 1);
    assert_eq!(count("video.deleted", ids[3]).await.unwrap(), 1);
}

/// The actor of an admin.
fn admin_of(admin: &Person) -> kernel::Actor {
    kernel::Actor::User {
        id: admin.id.parse().unwrap(),
        role: kernel::Role::Admin,
        session: kernel::Uuid::nil(),
    }
}
