//! No list, count or answer of posts and comments shows what its reader may not read.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person,
    community::{
        collect_pages, course_with_learner, create_comment, create_post, submit_comment, submit_post,
    },
};

/// The text of all these responses.
async fn read_all(app: &App, who: &Person, paths: &[String]) -> String {
    let mut text = String::new();
    for path in paths {
        text.push_str(&app.get_as(who, path).await.text);
    }
    text
}

#[both_databases]
async fn posts_of_a_course_need_current_access(app: App) {
    let (elena, other, lena, tom, admin) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.learner().await,
        app.admin().await,
    );
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let post =
        create_post(&app, &lena, json!({ "courseId": course, "title": "Whisper", "content": "whispered" }))
            .await;
    let on = format!("/posts/{post}");
    let top = create_comment(&app, &elena, &on, "whispered too", None).await;
    create_comment(&app, &lena, &on, "whispered below", Some(&top)).await;
    let on_lesson =
        create_comment(&app, &lena, &format!("/lessons/{lesson}"), "whispered in a lesson", None).await;
    let open = create_post(&app, &lena, json!({ "content": "for all" })).await;
    let mut paths = vec![
        "/posts".to_owned(),
        format!("/posts?authorId={}", lena.id),
        format!("/posts?courseId={course}"),
        "/posts?status=DRAFT".to_owned(),
        on.clone(),
        format!("/comments/{top}"),
        format!("/comments/{on_lesson}"),
    ];
    for sort in ["new", "old", "top", "tree"] {
        paths.push(format!("{on}/comments?sort={sort}"));
        paths.push(format!("/lessons/{lesson}/comments?sort={sort}"));
        paths.push(format!("/comments/{top}/replies?sort={sort}"));
    }
    for who in [&lena, &elena, &admin] {
        for path in &paths {
            app.get_as(who, path).await.expect(200);
        }
    }
    for who in [&tom, &other] {
        let seen = read_all(&app, who, &paths).await;
        assert!(
            !seen.to_lowercase().contains("whisper") && !seen.contains(&post) && !seen.contains(&top),
            "{seen}"
        );
        assert_eq!(collect_pages(&app, who, "/posts", 20, "/id").await, [json!(open)]);
        app.get_as(who, &format!("/posts?courseId={course}")).await.expect_problem(403, "not_granted");
        app.get_as(who, &format!("/lessons/{lesson}/comments")).await.expect_problem(403, "not_granted");
        for path in [
            &on,
            &format!("{on}/comments"),
            &format!("/comments/{top}"),
            &format!("/comments/{top}/replies"),
            &format!("/comments/{on_lesson}"),
        ] {
            app.get_as(who, path).await.expect_problem(404, "not_found");
        }
        // Nor can anybody do anything with it.
        submit_comment(&app, who, &on, "Hello", None).await.expect_problem(404, "not_found");
        submit_comment(&app, who, &format!("/lessons/{lesson}"), "Hello", None)
            .await
            .expect_problem(403, "not_granted");
        submit_post(&app, who, json!({ "courseId": course })).await.expect_problem(403, "not_granted");
        for path in [&on, &format!("/comments/{top}"), &format!("/comments/{on_lesson}")] {
            app.put_as(who, &format!("{path}/reactions/like"), json!(null))
                .await
                .expect_problem(404, "not_found");
            app.delete_as(who, path).await.expect_problem(404, "not_found");
            app.patch_as(who, path, "*", json!({ "content": "x" })).await.expect_problem(404, "not_found");
        }
        for act in ["publish", "unpublish", "pin", "unpin", "lock", "unlock"] {
            app.post_empty_as(who, &format!("{on}/{act}")).await.expect_problem(404, "not_found");
        }
    }
    app.get(&on).await.expect_problem(401, "unauthenticated");
    app.get(&format!("/comments/{top}")).await.expect_problem(404, "not_found");
    app.get(&format!("/lessons/{lesson}/comments")).await.expect_problem(401, "unauthenticated");

    // Access that has ended shows no more than none: also not one's own.
    let grant =
        app.get_as(&elena, &format!("/courses/{course}/grants")).await.expect(200).text_at("/data/0/id");
    app.post_as(&elena, &format!("/grants/{grant}/revoke"), json!({})).await.expect(200);
    let seen = read_all(&app, &lena, &paths).await;
    assert!(!seen.to_lowercase().contains("whisper"), "{seen}");
    app.get_as(&lena, &format!("/posts?courseId={course}")).await.expect_problem(403, "grant_revoked");
    app.get_as(&lena, &on).await.expect_problem(404, "not_found");
    app.patch_as(&lena, &on, "*", json!({ "content": "x" })).await.expect_problem(404, "not_found");
    // But one takes back what one has written.
    app.delete_as(&lena, &on).await.expect(204);
    assert_eq!(app.count("SELECT count(*) FROM posts WHERE content = 'whispered'").await, 0);
}

#[both_databases]
async fn an_unpublished_course_hides_its_posts(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let post = create_post(&app, &lena, json!({ "courseId": course })).await;
    let comment = create_comment(&app, &lena, &format!("/lessons/{lesson}"), "Hello", None).await;
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    assert!(collect_pages(&app, &lena, "/posts", 20, "/id").await.is_empty());
    for path in [
        format!("/posts?courseId={course}"),
        format!("/posts/{post}"),
        format!("/comments/{comment}"),
        format!("/lessons/{lesson}/comments"),
    ] {
        app.get_as(&lena, &path).await.expect_problem(404, "not_found");
        app.get_as(&elena, &path).await.expect(200);
    }
    assert_eq!(collect_pages(&app, &elena, "/posts", 20, "/id").await, [json!(post)]);
}

#[both_databases]
async fn comments_on_a_free_preview_are_public(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    let on = format!("/lessons/{lesson}");
    let comment = create_comment(&app, &lena, &on, "I like it", None).await;
    create_comment(&app, &elena, &on, "Thank you", Some(&comment)).await;
    assert_eq!(app.get(&format!("{on}/comments")).await.expect(200).at("/data/0/content"), "I like it");
    assert_eq!(
        app.get(&format!("{on}/comments?sort=tree")).await.expect(200).at("/data/1/content"),
        "Thank you"
    );
    assert_eq!(
        app.get(&format!("/comments/{comment}/replies")).await.expect(200).at("/data/0/content"),
        "Thank you"
    );
    app.get(&format!("/comments/{comment}")).await.expect(200);
    app.post(&format!("{on}/comments"), json!({ "content": "x" }))
        .await
        .expect_problem(401, "unauthenticated");
    // As soon as it is a preview no more, it is not.
    app.patch_as(&elena, &format!("/chapters/{chapter}"), "*", json!({ "isFree": false })).await.expect(200);
    app.get(&format!("/comments/{comment}")).await.expect_problem(404, "not_found");
    app.get(&format!("{on}/comments")).await.expect_problem(401, "unauthenticated");
    app.get_as(&lena, &format!("{on}/comments")).await.expect_problem(403, "not_granted");
}

#[both_databases]
async fn a_former_editor_sees_nothing(app: App) {
    let (elena, marco, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let post = format!("/posts/{}", create_post(&app, &lena, json!({ "courseId": course })).await);
    let comment = create_comment(&app, &lena, &format!("/lessons/{lesson}"), "Hello", None).await;
    let membership = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&elena, &membership, json!(null)).await.expect(200);
    assert_eq!(collect_pages(&app, &marco, "/posts", 20, "/id").await.len(), 1);
    app.post_empty_as(&marco, &format!("{post}/pin")).await.expect(200);
    app.get_as(&marco, &format!("/lessons/{lesson}/comments")).await.expect(200);
    app.delete_as(&elena, &membership).await.expect(204);
    assert!(collect_pages(&app, &marco, "/posts", 20, "/id").await.is_empty());
    app.post_empty_as(&marco, &format!("{post}/unpin")).await.expect_problem(404, "not_found");
    app.get_as(&marco, &format!("/comments/{comment}")).await.expect_problem(404, "not_found");
}
