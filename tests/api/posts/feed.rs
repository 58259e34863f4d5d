//! `GET /posts`: pins, pages, cost.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    community::{collect_pages, course_with_learner, create_comment, create_post},
};

#[both_databases]
async fn only_editors_pin_a_post(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let post = create_post(&app, &lena, json!({ "courseId": course })).await;
    let pinned = format!("/posts/{post}");
    app.post_empty_as(&lena, &format!("{pinned}/pin")).await.expect_problem(403, "forbidden");
    for _ in 0..2 {
        assert_eq!(
            app.post_empty_as(&elena, &format!("{pinned}/pin")).await.expect(200).at("/isPinned"),
            true
        );
    }
}

#[both_databases]
async fn pinned_posts_come_first_on_every_page_size(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(json!(create_post(&app, &lena, json!({ "courseId": course })).await));
        app.clock.advance(Duration::seconds(1));
    }
    let feed = format!("/posts?courseId={course}");
    let pinned = format!("/posts/{}", ids[2].as_str().unwrap());
    app.post_empty_as(&elena, &format!("{pinned}/pin")).await.expect(200);
    let expected: Vec<_> = [2, 6, 5, 4, 3, 1, 0].iter().map(|n: &usize| ids[*n].clone()).collect();
    for limit in [1, 2, 3, 20] {
        assert_eq!(collect_pages(&app, &lena, &feed, limit, "/id").await, expected);
        assert_eq!(collect_pages(&app, &lena, "/posts", limit, "/id").await, expected);
    }
    assert_eq!(
        collect_pages(&app, &elena, &format!("/posts?authorId={}", lena.id), 2, "/id").await,
        expected
    );
    assert!(collect_pages(&app, &lena, &format!("/posts?authorId={}", elena.id), 2, "/id").await.is_empty());
}

#[both_databases]
async fn a_new_post_shifts_no_page(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(json!(create_post(&app, &lena, json!({ "courseId": course })).await));
        app.clock.advance(Duration::seconds(1));
    }
    let feed = format!("/posts?courseId={course}");
    let first = app.get_as(&lena, &format!("{feed}&limit=3")).await.expect(200);
    create_post(&app, &lena, json!({ "courseId": course })).await;
    let rest =
        app.get_as(&lena, &format!("{feed}&cursor={}", first.text_at("/nextCursor"))).await.expect(200);
    assert_eq!(rest.at("/data/0/id"), ids[3]);
}

#[both_databases]
async fn an_unpinned_post_returns_to_its_place(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(json!(create_post(&app, &lena, json!({ "courseId": course })).await));
        app.clock.advance(Duration::seconds(1));
    }
    let feed = format!("/posts?courseId={course}");
    let pinned = format!("/posts/{}", ids[2].as_str().unwrap());
    app.post_empty_as(&elena, &format!("{pinned}/pin")).await.expect(200);
    app.post_empty_as(&elena, &format!("{pinned}/unpin")).await.expect(200);
    let newest = app.get_as(&lena, &format!("{feed}&limit=1")).await.expect(200);
    assert_ne!(newest.at("/data/0/id"), ids[2]);
}

#[both_databases]
async fn a_page_is_of_a_hundred_posts_at_most(app: App) {
    let lena = app.learner().await;
    app.get_as(&lena, "/posts?limit=101").await.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_feed_takes_three_statements_of_any_size(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let mut courses = Vec::new();
    for _ in 0..3 {
        courses.push(course_with_learner(&app, &elena, &lena).await.0);
    }
    let editor = app.trainer().await;
    app.put_as(&elena, &format!("/courses/{}/trainers/{}", courses[0], editor.id), json!(null))
        .await
        .expect(200);
    for n in 0..12 {
        let more = if n % 4 == 3 { json!({}) } else { json!({ "courseId": courses[n % 4] }) };
        let post = create_post(&app, &lena, more).await;
        create_comment(&app, &lena, &format!("/posts/{post}"), "Yes", None).await;
        app.put_as(&lena, &format!("/posts/{post}/reactions/fire"), json!(null)).await.expect(200);
    }
    let course = format!("/posts?courseId={}", courses[0]);
    for (who, path) in [
        (&lena, "/posts"),
        (&lena, &course),
        (&elena, "/posts"),
        (&elena, &course),
        (&editor, "/posts"),
        (&editor, &course),
    ] {
        let least = app.count_statements(async || drop(app.get_as(who, path).await.expect(200))).await;
        assert!(least <= 3, "{path} took {least} statements");
    }
}
