//! `GET /me/continue` and `GET /me/progress`.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, watching::complete_lesson};

#[both_databases]
async fn the_resume_point_follows_what_was_watched_last(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (first, chapter, lessons) = app.course(&elena, json!({ "title": "First" })).await;
    let (second, _, others) = app.course(&elena, json!({ "title": "Second" })).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
    assert_eq!(app.get_as(&lena, "/me/continue").await.expect(200).at("/data"), json!([]));
    for course in [&first, &second] {
        app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    complete_lesson(&app, &lena, &others[0]).await;
    app.clock.advance(Duration::minutes(1));
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), json!({ "positionSeconds": 61.5 }))
        .await
        .expect(200);
    let found = app.get_as(&lena, "/me/continue").await.expect(200);
    // The latest first; in it the lesson that was being watched, though another one comes before it.
    assert_eq!(
        (found.at("/data/0/title"), found.at("/data/0/lessonId"), found.at("/data/0/positionSeconds")),
        (json!("First"), json!(lessons[1]), json!(61.5))
    );
    assert_eq!((found.at("/data/1/lessonId"), found.at("/data/1/percent")), (json!(others[1]), json!(50)));
    assert_eq!(found.at("/data/0/chapterId"), json!(chapter));
}

#[both_databases]
async fn own_progress_is_paged_by_the_latest_activity(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (first, _, lessons) = app.course(&elena, json!({ "title": "First" })).await;
    let (second, _, others) = app.course(&elena, json!({ "title": "Second" })).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
    for course in [&first, &second] {
        app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    complete_lesson(&app, &lena, &others[0]).await;
    app.clock.advance(Duration::minutes(1));
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), json!({ "positionSeconds": 61.5 }))
        .await
        .expect(200);
    let mine = app.get_as(&lena, "/me/progress?limit=1").await.expect(200);
    assert_eq!(
        (mine.at("/data/0/title"), mine.at("/data/0/percent"), mine.at("/hasMore")),
        (json!("Second"), json!(50), json!(true))
    );
    let rest =
        app.get_as(&lena, &format!("/me/progress?cursor={}", mine.text_at("/nextCursor"))).await.expect(200);
    assert_eq!(
        (rest.at("/data/0/title"), rest.at("/data/0/percent"), rest.at("/hasMore")),
        (json!("First"), json!(0), json!(false))
    );
}

#[both_databases]
async fn a_completed_course_has_no_resume_point(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, [one, two]) = app.course_with_learners(&elena, &[&lena]).await;
    complete_lesson(&app, &lena, &one).await;
    let open = app.get_as(&lena, "/me/continue").await.expect(200);
    assert_eq!(open.at("/data/0/lessonId"), json!(two));
    complete_lesson(&app, &lena, &two).await;
    assert_eq!(app.get_as(&lena, "/me/continue").await.expect(200).at("/data"), json!([]));
}

#[both_databases]
async fn a_course_without_access_has_no_resume_point(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (first, [lesson, _]) = app.course_with_learners(&elena, &[&lena]).await;
    complete_lesson(&app, &lena, &lesson).await;
    let open = app.get_as(&lena, "/me/continue").await.expect(200);
    assert_eq!(open.at("/data").as_array().unwrap().len(), 1);
    let grants = app.get_as(&elena, &format!("/courses/{first}/grants")).await.expect(200);
    app.post_as(
        &elena,
        &format!("/grants/{}/revoke", grants.text_at("/data/0/id")),
        json!({ "reason": "It was a mistake." }),
    )
    .await
    .expect(200);
    assert_eq!(app.get_as(&lena, "/me/continue").await.expect(200).at("/data"), json!([]));
}
