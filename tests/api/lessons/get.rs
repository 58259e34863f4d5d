//! `GET /lessons/{lesson}`: who may read.

use chrono::Duration;
use database::values;
use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_lesson_is_readable_with_access(app: App) {
    let (elena, lena, tom, admin) =
        (app.trainer().await, app.learner().await, app.learner().await, app.admin().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let path = format!("/lessons/{}", lessons[0]);
    app.get(&path).await.expect_problem(401, "unauthenticated");
    app.get_as(&tom, &path).await.expect_problem(403, "not_granted");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let read = app.get_as(&lena, &path).await.expect(200);
    assert_eq!(
        (read.at("/access/reason"), read.at("/content")),
        (json!("granted"), json!("<p>Hips back.</p>"))
    );
    assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/access/reason"), "staff");
    assert_eq!(app.get_as(&admin, &path).await.expect(200).at("/access/reason"), "staff");
    app.post_empty_as(&elena, &format!("{path}/unpublish")).await.expect(200);
    app.get_as(&lena, &path).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_free_chapter_is_public(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let (free, paid) = (app.chapter(&elena, &course, true).await, app.chapter(&elena, &course, false).await);
    let (preview, locked) = (app.lesson(&elena, &free).await, app.lesson(&elena, &paid).await);
    for chapter in [&free, &paid] {
        app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    }
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    let read = app.get(&format!("/lessons/{preview}")).await.expect(200);
    assert_eq!(
        (read.at("/access/reason"), read.at("/content")),
        (json!("free_preview"), json!("<p>Hips back.</p>"))
    );
    assert_eq!(
        app.get_as(&lena, &format!("/lessons/{preview}")).await.expect(200).at("/access/reason"),
        "free_preview"
    );
    app.get(&format!("/lessons/{locked}")).await.expect_problem(401, "unauthenticated");
    app.get_as(&lena, &format!("/lessons/{locked}")).await.expect_problem(403, "not_granted");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect_problem(409, "course_not_free");
    let outline = app.get(&format!("/courses/{course}")).await.expect(200);
    assert_eq!(
        (outline.at("/chapters/0/isFree"), outline.at("/chapters/1/isFree")),
        (json!(true), json!(false))
    );
}

#[both_databases]
async fn expired_access_ends_without_a_job(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let ends_at = app.db.environment().now() + Duration::hours(1);
    // A free grant has no end, so the test writes one itself.
    change_grants(&app, &elena, "UPDATE grants SET ends_at = :ends_at", values! { ends_at }).await;
    let path = format!("/lessons/{}", lessons[0]);
    assert!(app.get_as(&lena, &path).await.expect(200).at("/access/expiresAt").is_string());
    app.clock.advance(Duration::minutes(59));
    let lena = app.login(&lena.email, crate::support::PASSWORD).await;
    app.get_as(&lena, &path).await.expect(200);
    app.clock.advance(Duration::minutes(2));
    app.get_as(&lena, &path).await.expect_problem(403, "grant_expired");
    app.post_empty_as(&lena, &format!("{path}/complete")).await.expect_problem(403, "grant_expired");
    let elena = app.login(&elena.email, crate::support::PASSWORD).await;
    for (status, code) in
        [("SUSPENDED", "grant_suspended"), ("REFUNDED", "grant_refunded"), ("REVOKED", "grant_revoked")]
    {
        change_grants(&app, &elena, "UPDATE grants SET status = :status", values! { status }).await;
        app.get_as(&lena, &path).await.expect_problem(403, code);
    }
    // The enrollment stays.
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
}

/// Updates grants as the author of the course.
async fn change_grants(
    app: &App,
    author: &crate::support::Person,
    sql: &'static str,
    values: impl IntoIterator<Item = (&'static str, sea_orm::Value)> + Send + 'static,
) {
    let actor = kernel::Actor::User {
        id: author.id.parse().unwrap(),
        role: kernel::Role::Trainer,
        session: uuid::Uuid::nil().into(),
    };
    let work = move |tx: ::database::Tx| async move { tx.execute(sql, values).await };
    app.db.run(actor, work).await.unwrap();
}

#[both_databases]
async fn concurrent_edits_of_a_lesson_conflict(app: App) {
    let elena = app.trainer().await;
    let (_, _, lessons) = app.course(&elena, json!({})).await;
    let path = format!("/lessons/{}", lessons[0]);
    let etag = app.get_as(&elena, &path).await.header("etag").to_owned();
    app.patch_as(&elena, &path, &etag, json!({ "title": "New" })).await.expect(200);
    app.patch_as(&elena, &path, &etag, json!({ "title": "Newer" }))
        .await
        .expect_problem(412, "precondition_failed");
    assert_eq!(app.get_as(&elena, &path).await.at("/title"), "New");
}

#[both_databases]
async fn the_document_of_a_lesson(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, [lesson, _]) = app.course_with_learners(&elena, &[&lena]).await;
    let read = app.get_as(&lena, &format!("/lessons/{lesson}")).await.expect(200);
    insta::assert_json_snapshot!("lesson", read.document());
}
