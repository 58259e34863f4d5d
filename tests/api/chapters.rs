//! `/chapters`: watching a chapter itself.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_chapter_without_lessons_is_watched_itself(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let body = json!({ "videoUrl": "https://videos.example.com/c.mp4", "duration": 1 });
    app.patch_as(&elena, &format!("/chapters/{chapter}"), "*", body).await.expect(200);
    let text = app.chapter(&elena, &course, true).await;
    app.patch_as(&elena, &format!("/chapters/{text}"), "*", json!({ "content": "<p>Breathe.</p>" }))
        .await
        .expect(200);
    for id in [&chapter, &text] {
        app.post_empty_as(&elena, &format!("/chapters/{id}/publish")).await.expect(200);
    }
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    // A free preview, before any enrollment.
    app.post_empty_as(&lena, &format!("/chapters/{chapter}/complete"))
        .await
        .expect_problem(409, "completed_by_watching");
    app.post_as(&lena, &format!("/chapters/{chapter}/watch"), json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(1));
    let seen = app
        .put_as(&lena, &format!("/chapters/{chapter}/progress"), json!({ "percent": 95 }))
        .await
        .expect(200);
    assert_eq!((seen.at("/isCompleted"), seen.at("/positionSeconds")), (json!(true), json!(57.0)));
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let half = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!(
        (half.at("/percent"), half.at("/totalLessons"), half.at("/isCompleted")),
        (json!(50), json!(0), json!(false))
    );
    app.post_empty_as(&lena, &format!("/chapters/{text}/complete")).await.expect(200);
    assert_eq!(
        app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200).at("/isCompleted"),
        true
    );
    // A chapter with lessons is complete when they are.
    let (_, with_lessons, _) = app.course(&elena, json!({})).await;
    app.post_empty_as(&elena, &format!("/chapters/{with_lessons}/complete"))
        .await
        .expect_problem(409, "completed_by_lessons");
}
