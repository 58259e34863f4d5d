//! `PATCH` and `DELETE /comments/{comment}`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    community::{collect_pages, course_with_learner, create_comment, create_post, submit_comment},
};

#[both_databases]
async fn a_comment_is_sanitised_and_located(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let made = submit_comment(&app, &lena, &on, "Which <b>kettlebell</b>?<img src=x onerror=y>", None)
        .await
        .expect(201);
    assert_eq!(
        (made.at("/lessonId"), made.at("/courseId"), made.at("/postId")),
        (json!(lesson), json!(course), json!(null))
    );
    assert!(!made.text.contains("onerror"));
    let path = format!("/comments/{}", made.text_at("/id"));
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
}

#[both_databases]
async fn only_the_author_edits_a_comment(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
    let on = format!("/lessons/{lesson}");
    let made = submit_comment(&app, &lena, &on, "Which <b>kettlebell</b>?<img src=x onerror=y>", None)
        .await
        .expect(201);
    let path = format!("/comments/{}", made.text_at("/id"));
    for who in [&elena, &tom] {
        app.patch_as(who, &path, "*", json!({ "content": "Mine" })).await.expect_problem(403, "forbidden");
    }
    app.patch_as(&lena, &path, "\"7\"", json!({ "content": "New" }))
        .await
        .expect_problem(412, "precondition_failed");
    let edited =
        app.patch_as(&lena, &path, made.header("etag"), json!({ "content": "New" })).await.expect(200);
    assert!(edited.at("/editedAt").is_string() && edited.at("/content") == "New");
    app.patch_as(&lena, &path, made.header("etag"), json!({ "content": "Newer" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn author_and_editors_delete_a_comment(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
    let on = format!("/lessons/{lesson}");
    let comment = create_comment(&app, &lena, &on, "Which?", None).await;
    let path = format!("/comments/{comment}");
    app.delete_as(&tom, &path).await.expect_problem(403, "forbidden");
    app.delete_as(&elena, &path).await.expect(204);
    app.get_as(&lena, &path).await.expect_problem(404, "not_found");
    assert_eq!(app.count("SELECT count(*) FROM audit_log WHERE action = 'comment.deleted'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM comments WHERE content <> ''").await, 0);
}

#[both_databases]
async fn a_deleted_comment_stays_as_a_placeholder_while_it_has_replies(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let top = create_comment(&app, &lena, &post, "A secret of mine", None).await;
    let middle = create_comment(&app, &lena, &post, "Another secret", Some(&top)).await;
    create_comment(&app, &tom, &post, "Ah", Some(&middle)).await;
    app.delete_as(&lena, &format!("/comments/{top}")).await.expect(204);
    app.delete_as(&lena, &format!("/comments/{middle}")).await.expect(204);
    app.delete_as(&lena, &format!("/comments/{middle}")).await.expect_problem(404, "not_found");
    assert_eq!(app.count("SELECT count(*) FROM comments WHERE content LIKE '%secret%'").await, 0);
    let shown = app.get_as(&tom, &format!("{post}/comments?sort=tree")).await.expect(200);
    assert_eq!(
        shown.json()["data"].as_array().unwrap().iter().map(|row| row["status"].clone()).collect::<Vec<_>>(),
        ["DELETED", "DELETED", "PUBLISHED"]
    );
    for gone in ["/content", "/author", "/authorId"] {
        assert_eq!(shown.at(&format!("/data/0{gone}")), json!(null));
    }
    assert_eq!(app.get_as(&tom, &post).await.expect(200).at("/commentCount"), 1);
    submit_comment(&app, &tom, &post, "To nobody", Some(&middle))
        .await
        .expect_problem(409, "content_deleted");
    app.put_as(&tom, &format!("/comments/{middle}/reactions/like"), json!(null))
        .await
        .expect_problem(409, "content_deleted");
}

#[both_databases]
async fn placeholders_disappear_with_the_last_reply(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let top = create_comment(&app, &lena, &post, "A secret of mine", None).await;
    let middle = create_comment(&app, &lena, &post, "Another secret", Some(&top)).await;
    let leaf = create_comment(&app, &tom, &post, "Ah", Some(&middle)).await;
    app.delete_as(&lena, &format!("/comments/{top}")).await.expect(204);
    app.delete_as(&lena, &format!("/comments/{middle}")).await.expect(204);
    app.delete_as(&tom, &format!("/comments/{leaf}")).await.expect(204);
    for id in [&top, &middle, &leaf] {
        app.get_as(&tom, &format!("/comments/{id}")).await.expect_problem(404, "not_found");
    }
    for sort in ["new", "old", "top", "tree"] {
        assert!(
            collect_pages(&app, &tom, &format!("{post}/comments?sort={sort}"), 20, "/id").await.is_empty()
        );
    }
    assert_eq!(app.get_as(&tom, &post).await.expect(200).at("/commentCount"), 0);
    assert_eq!(
        app.count("SELECT CAST(coalesce(sum(reply_count), 0) AS bigint) FROM comment_counters").await,
        0
    );
    // And then the post goes altogether.
    app.delete_as(&lena, &post).await.expect(204);
    assert_eq!(
        app.count("SELECT count(*) FROM posts").await + app.count("SELECT count(*) FROM comments").await,
        0
    );
}

#[both_databases]
async fn the_same_text_is_not_judged_again(app: App) {
    let (lena, admin) = (app.learner().await, app.admin().await);
    let post = create_post(&app, &lena, json!({})).await;
    let comment = create_comment(&app, &lena, &format!("/posts/{post}"), "Ask Doctor Miracle.", None).await;
    let path = format!("/comments/{comment}");
    app.patch_as(&admin, "/community-settings", "*", json!({ "blockedWords": ["miracle"] }))
        .await
        .expect(200);
    let same = app.patch_as(&lena, &path, "*", json!({ "content": "Ask Doctor Miracle." })).await.expect(200);
    assert_eq!(same.at("/editedAt"), json!(null));
    let other = json!({ "content": "A miracle." });
    app.patch_as(&lena, &path, "*", other).await.expect_problem(422, "words_refused");
}
