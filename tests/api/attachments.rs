//! `/attachments`, and the attachments of courses and lessons.

use database::values;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person, Reply,
    media::{PDF, announcement, path_of, png, upload, upload_file},
};

/// A course of Elena with an enrolled learner, Lena; `other` teaches elsewhere, and Tom is not enrolled.
struct School {
    elena: Person,
    other: Person,
    lena: Person,
    tom: Person,
    course: String,
    lesson: String,
    file: String,
}

impl School {
    async fn create(app: &App) -> Self {
        let (elena, other) = (app.trainer().await, app.trainer().await);
        let (lena, tom) = (app.learner().await, app.learner().await);
        let (course, [lesson, _]) = app.course_with_learners(&elena, &[&lena]).await;
        let file = upload_file(app, &elena).await;
        Self { elena, other, lena, tom, course, lesson, file }
    }

    /// What may have attachments.
    fn owners(&self) -> [String; 2] {
        [format!("/courses/{}", self.course), format!("/lessons/{}", self.lesson)]
    }

    /// Attaches a file and a link.
    async fn attach(&self, app: &App, owner: &str) -> (Reply, Reply) {
        let path = format!("{owner}/attachments");
        let file = json!({ "name": "Plan", "fileId": self.file });
        let made = app.post_as(&self.elena, &path, file).await.expect(201);
        let link = json!({ "name": "Elsewhere", "url": "https://example.com/secret" });
        let link = app.post_as(&self.elena, &path, link).await.expect(201);
        (made, link)
    }
}

#[both_databases]
async fn only_editors_add_attachments(app: App) {
    let School { elena, other, lena, file, course, lesson, .. } = School::create(&app).await;
    for (owner, is_lesson) in [(format!("/courses/{course}"), false), (format!("/lessons/{lesson}"), true)] {
        let path = format!("{owner}/attachments");
        let body = json!({ "name": "Plan", "fileId": file });
        app.post_as(&lena, &path, body.clone()).await.expect_problem(403, "forbidden");
        app.post_as(&other, &path, body.clone()).await.expect_problem(403, "forbidden");
        let made = app.post_as(&elena, &path, body).await.expect(201);
        assert_eq!(
            (made.at("/sizeBytes"), made.at("/contentType"), made.at("/lessonId").is_null()),
            (json!(PDF.len()), json!("application/pdf"), !is_lesson)
        );
    }
}

#[both_databases]
async fn attachments_are_listed_for_enrolled_learners(app: App) {
    let school = School::create(&app).await;
    for owner in school.owners() {
        let (_, link) = school.attach(&app, &owner).await;
        let (path, lena, tom) = (format!("{owner}/attachments"), &school.lena, &school.tom);
        assert!(!link.text.contains("secret"));
        app.get(&path).await.expect_problem(401, "unauthenticated");
        app.get_as(tom, &path).await.expect_problem(403, "not_granted");
        let listed = app.get_as(lena, &path).await.expect(200);
        assert_eq!(
            (listed.at("/data/0/name"), listed.at("/data/1/name"), listed.text.contains("secret")),
            (json!("Plan"), json!("Elsewhere"), false)
        );
        assert_eq!(listed.at("/data").as_array().unwrap().len(), 2);
    }
}

#[both_databases]
async fn others_do_not_see_an_attachment(app: App) {
    let school = School::create(&app).await;
    for owner in school.owners() {
        let (made, link) = school.attach(&app, &owner).await;
        let School { other, lena, tom, .. } = &school;
        let (made_path, link_path) = (
            format!("/attachments/{}", made.text_at("/id")),
            format!("/attachments/{}", link.text_at("/id")),
        );
        for path in [&made_path, &link_path] {
            for person in [tom, other] {
                app.get_as(person, path).await.expect_problem(404, "not_found");
                app.post_empty_as(person, &format!("{path}/download")).await.expect_problem(404, "not_found");
                app.delete_as(person, path).await.expect_problem(404, "not_found");
            }
            app.get(path).await.expect_problem(404, "not_found");
            app.delete_as(lena, path).await.expect_problem(404, "not_found");
            app.get_as(lena, path).await.expect(200);
        }
    }
}

#[both_databases]
async fn an_attachment_is_downloaded_by_a_link(app: App) {
    let school = School::create(&app).await;
    for owner in school.owners() {
        let (made, link) = school.attach(&app, &owner).await;
        let lena = &school.lena;
        let (made_path, link_path) = (
            format!("/attachments/{}", made.text_at("/id")),
            format!("/attachments/{}", link.text_at("/id")),
        );
        let elsewhere = app.post_empty_as(lena, &format!("{link_path}/download")).await.expect(200);
        assert_eq!(
            (elsewhere.at("/url"), elsewhere.at("/expiresAt")),
            (json!("https://example.com/secret"), Value::Null)
        );
        let url = app.post_empty_as(lena, &format!("{made_path}/download")).await.expect(200).text_at("/url");
        let fetched = app.get(&path_of(&url)).await.expect(200);
        assert_eq!(fetched.text.as_bytes(), PDF);
        assert_eq!(
            fetched.header("content-disposition"),
            "attachment; filename=\"Plan.pdf\"; filename*=UTF-8''Plan.pdf"
        );
    }
}

#[both_databases]
async fn an_attachment_is_renamed_and_deleted_by_editors(app: App) {
    let school = School::create(&app).await;
    for owner in school.owners() {
        let (made, link) = school.attach(&app, &owner).await;
        let (elena, lena) = (&school.elena, &school.lena);
        let (made_path, link_path) = (
            format!("/attachments/{}", made.text_at("/id")),
            format!("/attachments/{}", link.text_at("/id")),
        );
        let etag = made.header("etag").to_owned();
        app.patch_as(lena, &made_path, &etag, json!({ "name": "Mine" }))
            .await
            .expect_problem(404, "not_found");
        app.patch_as(elena, &made_path, "\"1\"", json!({ "name": "Old" }))
            .await
            .expect_problem(412, "precondition_failed");
        let renamed = app.patch_as(elena, &made_path, &etag, json!({ "name": " Week 1 " })).await.expect(200);
        assert_eq!(renamed.at("/name"), "Week 1");
        app.patch_as(elena, &made_path, &etag, json!({ "name": "Late" }))
            .await
            .expect_problem(412, "precondition_failed");
        app.delete_as(elena, &link_path).await.expect(204);
        app.delete_as(elena, &link_path).await.expect_problem(404, "not_found");
    }
}

#[both_databases]
async fn an_unpublished_lesson_hides_its_attachments(app: App) {
    let School { elena, lena, lesson, .. } = School::create(&app).await;
    app.post_empty_as(&elena, &format!("/lessons/{lesson}/unpublish")).await.expect(200);
    app.get_as(&lena, &format!("/lessons/{lesson}/attachments")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn an_attachment_needs_a_ready_file_of_its_owner(app: App) {
    let (elena, other) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/attachments");
    let picture = png(10, 10);
    let image = upload(&app, &elena, announcement("IMAGE", "a.png", "image/png", &picture), &picture)
        .await
        .text_at("/id");
    let pending = app
        .post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF))
        .await
        .expect(201)
        .text_at("/id");
    for (body, reason) in [
        (json!({ "name": "x", "fileId": upload_file(&app, &other).await }), "/fileId unknown_file"),
        (json!({ "name": "x", "fileId": image }), "/fileId wrong_purpose"),
        (json!({ "name": "x", "fileId": pending }), "/fileId file_not_ready"),
        (json!({ "name": "x" }), "/fileId file_or_url"),
        (json!({ "name": "x", "fileId": pending, "url": "https://example.com" }), "/fileId file_or_url"),
        (json!({ "name": "x", "url": "http://example.com" }), "/url bad_format"),
    ] {
        assert_eq!(
            app.post_as(&elena, &path, body).await.expect_problem(422, "validation_failed").errors(),
            [reason]
        );
    }
}

#[both_databases]
async fn attachments_of_a_free_preview_are_public(app: App) {
    let elena = app.trainer().await;
    let course = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    let body = json!({ "name": "Plan", "fileId": upload_file(&app, &elena).await });
    app.post_as(&elena, &format!("/lessons/{lesson}/attachments"), body).await.expect(201);
    let listed = app.get(&format!("/lessons/{lesson}/attachments")).await.expect(200);
    let url = app
        .send(app.request("POST", &format!("/attachments/{}/download", listed.text_at("/data/0/id"))))
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
        let id = app.post_as(&elena, &attach, link).await.expect(201).text_at("/id");
        app.delete_as(who, &format!("/attachments/{id}")).await.expect(204);
        let video = json!({ "name": "a.mp4", "contentType": "video/mp4", "sizeBytes": 100 });
        let video = app.post_as(&elena, "/video-uploads", video).await.expect(201).text_at("/videoAsset/id");
        app.delete_as(who, &format!("/video-assets/{video}")).await.expect(204);
        ids.extend([id, video]);
    }
    let ids: Vec<kernel::Uuid> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let count = |action: &'static str, id: kernel::Uuid| {
        let sql = "SELECT count(*) FROM audit_log WHERE action = :action AND subject_id = :id";
        app.db.read(admin_of(&admin), move |tx| async move {
            tx.fetch_scalar::<i64>(sql, values! { action, id }).await.map(Option::unwrap_or_default)
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
        session: kernel::Uuid::nil().into(),
    }
}
