//! `POST /lessons/{lesson}/watch`: cached access decisions, and their cost.

use std::sync::atomic::{AtomicU32, Ordering};

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
    let second = AtomicU32::new(0);
    let heartbeat = async || {
        let played = played(0.0, f64::from(second.fetch_add(1, Ordering::Relaxed)));
        app.post_as(&lena, &watch, played).await.expect(200);
    };
    assert_eq!(app.count_statements(heartbeat).await, 1);
}

/// Players send a heartbeat every ten seconds. Access is not decided anew each time, and still a revocation takes effect at once.
#[both_databases]
async fn revoked_access_is_refused_at_the_next_heartbeat(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    let seconds = AtomicU32::new(0);
    let heartbeat = async || {
        app.clock.advance(Duration::seconds(10));
        let played = played(0.0, f64::from(seconds.fetch_add(10, Ordering::Relaxed) + 10));
        app.post_as(&lena, &watch, played).await.expect(200);
    };
    assert_eq!(app.count_statements(heartbeat).await, 1);
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
