//! `POST /lessons/{lesson}/watch`: cached access decisions, and their cost.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    watching::{course_with_video, played},
};

#[both_databases]
async fn an_unannounced_change_of_access_is_seen_within_a_minute(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.sql("UPDATE grants SET status = 'REFUNDED'").await;
    app.clock.advance(Duration::seconds(60));
    app.post_as(&lena, &watch, json!({})).await.expect_problem(403, "grant_refunded");
    app.sql("UPDATE grants SET status = 'ACTIVE'").await;
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    // Changes by the author take effect at once.
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[0])).await.expect(200);
    app.post_as(&lena, &watch, json!({})).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_further_heartbeat_takes_one_statement(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    let mut least = u64::MAX;
    for second in 0..8 {
        let before = app.db.statements();
        app.post_as(&lena, &watch, played(0.0, f64::from(second))).await.expect(200);
        // The worker executes statements too, now and then.
        least = least.min(app.db.statements() - before);
    }
    assert_eq!(least, 1);
}

/// Players send a heartbeat every ten seconds. Access is not decided anew each time, and still a revocation takes effect at once.
#[both_databases]
async fn revoked_access_is_refused_at_the_next_heartbeat(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    let mut least = u64::MAX;
    for tens in 1..=5_u8 {
        app.clock.advance(Duration::seconds(10));
        let before = app.db.statements();
        app.post_as(&lena, &watch, played(0.0, f64::from(tens) * 10.0)).await.expect(200);
        least = least.min(app.db.statements() - before);
    }
    assert_eq!(least, 1);
    let grants = app.get_as(&elena, &format!("/courses/{course}/grants")).await.expect(200);
    let grant = grants.at("/data/0/id");
    app.post_as(
        &elena,
        &format!("/grants/{}/revoke", grant.as_str().unwrap()),
        json!({ "reason": "It was a mistake." }),
    )
    .await
    .expect(200);
    app.post_as(&lena, &watch, played(0.0, 60.0)).await.expect_problem(403, "grant_revoked");
}
