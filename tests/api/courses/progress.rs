//! `GET /courses/{course}/progress`: when a course is complete.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, watching::complete_lesson};

#[both_databases]
async fn a_course_is_complete_with_its_last_lesson(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let progress = format!("/courses/{course}/progress");
    app.get_as(&lena, &progress).await.expect_problem(404, "not_found");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let whole = app.get_as(&lena, &progress).await.expect(200);
    assert_eq!(
        (whole.at("/totalLessons"), whole.at("/percent"), whole.at("/isCompleted")),
        (json!(2), json!(0), json!(false))
    );
    let done = app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0])).await.expect(200);
    assert_eq!(done.at("/isCompleted"), true);
    // Again changes nothing.
    let again = app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0])).await.expect(200);
    assert_eq!(again.at("/completedAt"), done.at("/completedAt"));
    let half = app.get_as(&lena, &progress).await.expect(200);
    assert_eq!(
        (half.at("/completedLessons"), half.at("/percent"), half.at("/chapters/0/isCompleted")),
        (json!(1), json!(50), json!(false))
    );
    app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[1])).await.expect(200);
    let whole = app.get_as(&lena, &progress).await.expect(200);
    assert_eq!(
        (whole.at("/percent"), whole.at("/isCompleted"), whole.at("/chapters/0/isCompleted")),
        (json!(100), json!(true), json!(true))
    );
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data/0/isCompleted"), true);
    app.post_empty_as(&tom, &format!("/lessons/{}/complete", lessons[0]))
        .await
        .expect_problem(403, "not_granted");
    app.get_as(&tom, &format!("/lessons/{}/progress", lessons[0])).await.expect_problem(403, "not_granted");
}

#[both_databases]
async fn an_edit_never_undoes_completion(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    for lesson in &lessons {
        app.post_empty_as(&lena, &format!("/lessons/{lesson}/complete")).await.expect(200);
    }
    let before = app.get_as(&lena, &format!("/courses/{course}/progress")).await.at("/completedAt");
    let more = app.lesson(&elena, &chapter).await;
    let after = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!(
        (after.at("/isCompleted"), after.at("/completedAt"), after.at("/percent")),
        (json!(true), before.clone(), json!(66))
    );
    app.post_empty_as(&lena, &format!("/lessons/{more}/complete")).await.expect(200);
    assert_eq!(app.get_as(&lena, &format!("/courses/{course}/progress")).await.at("/completedAt"), before);
}

#[both_databases]
async fn two_last_lessons_at_once_complete_the_course(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let (a, b) = (format!("/lessons/{}/complete", lessons[0]), format!("/lessons/{}/complete", lessons[1]));
    let (one, two) = futures_util::join!(app.post_empty_as(&lena, &a), app.post_empty_as(&lena, &b));
    one.expect(200);
    two.expect(200);
    assert_eq!(app.get_as(&lena, &format!("/courses/{course}/progress")).await.at("/isCompleted"), true);
}

#[both_databases]
async fn a_completed_preview_counts_after_enrolling(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    app.post_empty_as(&lena, &format!("/lessons/{lesson}/complete")).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    assert_eq!(
        app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200).at("/percent"),
        100
    );
    let record = app.get_as(&lena, "/me/enrollments").await.expect(200);
    assert_eq!(record.at("/data/0/isCompleted"), true);
}

#[both_databases]
async fn the_document_of_progress(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, [lesson, _]) = app.course_with_learners(&elena, &[&lena]).await;
    complete_lesson(&app, &lena, &lesson).await;
    let progress = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    insta::assert_json_snapshot!("course_progress", progress.document());
}
