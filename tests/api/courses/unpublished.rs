//! A course that was unpublished: the catalogue forgets it, those who have access do not.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person,
    media::upload_file,
    watching::{complete_lesson, played},
};

/// A published course with a free preview and a chapter for learners, each with one lesson: the course and the lessons.
async fn course_with_preview(app: &App, elena: &Person) -> (String, [String; 2]) {
    let course = app.draft(elena, json!({})).await;
    let mut lessons = Vec::new();
    for is_free in [true, false] {
        let chapter = app.chapter(elena, &course, is_free).await;
        lessons.push(app.lesson(elena, &chapter).await);
        app.post_empty_as(elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    }
    app.post_empty_as(elena, &format!("/courses/{course}/publish")).await.expect(200);
    (course, lessons.try_into().unwrap())
}

#[both_databases]
async fn whoever_has_access_goes_on_learning(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, [free, paid]) = course_with_preview(&app, &elena).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{paid}"), "*", video).await.expect(200);
    for owner in [format!("/courses/{course}"), format!("/lessons/{paid}")] {
        let file = upload_file(&app, &elena).await;
        let body = json!({ "name": "Plan", "fileId": file });
        app.post_as(&elena, &format!("{owner}/attachments"), body).await.expect(201);
    }
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    let seen = app.get_as(&lena, &format!("/courses/{course}/outline")).await.expect(200);
    assert_eq!((seen.at("/viewer/reason"), seen.at("/course/isPublished")), (json!("granted"), json!(false)));
    assert_eq!(seen.at("/chapters/0/reason"), "granted", "it is nobody's preview any more");
    for path in [
        format!("/lessons/{free}"),
        format!("/lessons/{paid}"),
        format!("/lessons/{paid}/attachments"),
        format!("/courses/{course}/attachments"),
        format!("/lessons/{paid}/comments"),
        format!("/courses/{course}/progress"),
    ] {
        app.get_as(&lena, &path).await.expect(200);
    }
    complete_lesson(&app, &lena, &free).await;
    app.post_as(&lena, &format!("/lessons/{paid}/watch"), played(0.0, 20.0)).await.expect(200);
    assert_eq!(app.get_as(&lena, "/me/continue").await.expect(200).at("/data/0/lessonId"), json!(paid));
    let mine = app.get_as(&lena, "/me/progress").await.expect(200);
    assert_eq!(
        ["allowed", "isPublished", "next"].map(|member| mine.at(&format!("/data/0/{member}")).is_null()),
        [false; 3]
    );
    assert_eq!(mine.at("/data/0/next/lessonId"), json!(paid));
}

#[both_databases]
async fn to_everybody_else_it_does_not_exist(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, [free, paid]) = course_with_preview(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    let paths = [
        format!("/courses/{course}/outline"),
        format!("/courses/{course}/attachments"),
        format!("/lessons/{free}"),
        format!("/lessons/{paid}"),
        format!("/lessons/{paid}/attachments"),
        format!("/lessons/{paid}/retention"),
        format!("/me/access/courses/{course}"),
    ];
    for path in &paths {
        app.get_as(&tom, path).await.expect_problem(404, "not_found");
    }
    app.get(&paths[0]).await.expect_problem(404, "not_found");
    app.get(&paths[2]).await.expect_problem(404, "not_found");
    // The catalogue forgets it, whoever asks.
    app.get_as(&lena, &format!("/courses/{course}")).await.expect_problem(404, "not_found");
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect_problem(404, "not_found");
    app.revoke_access(&elena, &course, &lena).await;
    for path in &paths {
        app.get_as(&lena, path).await.expect_problem(404, "not_found");
    }
}
