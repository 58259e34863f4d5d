//! `DELETE` of courses, chapters and lessons.

use serde_json::json;
use test_macros::both_databases;

use crate::{courses::create, support::App};

#[both_databases]
async fn content_with_progress_is_not_deleted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let spare = create(&app, &elena, &format!("/chapters/{chapter}/lessons"), "Spare").await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0])).await.expect(200);
    for path in
        [format!("/lessons/{}", lessons[0]), format!("/chapters/{chapter}"), format!("/courses/{course}")]
    {
        app.delete_as(&elena, &path).await.expect_problem(409, "course_has_learners");
        app.delete_as(&lena, &path).await.expect_problem(403, "forbidden");
    }
    app.delete_as(&elena, &format!("/lessons/{spare}")).await.expect(204);
    app.get_as(&lena, &format!("/lessons/{}", lessons[0])).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/archive")).await.expect(200);
    app.get_as(&lena, &format!("/lessons/{}", lessons[0])).await.expect(200);
    app.post_empty_as(&app.learner().await, &format!("/courses/{course}/enroll"))
        .await
        .expect_problem(404, "not_found");
}

#[both_databases]
async fn a_course_with_payments_is_not_deleted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    app.checkout(&lena, &course).await.expect(201);
    // Somebody has begun to pay for it.
    app.delete_as(&elena, &format!("/courses/{course}")).await.expect_problem(409, "course_has_learners");
}
