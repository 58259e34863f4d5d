//! The `Idempotency-Key` header.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_repeated_request_gets_the_first_answer(app: App) {
    let elena = app.trainer().await;
    let make = |key: &str, title: &str| {
        app.send(
            app.request("POST", "/courses")
                .bearer_auth(&elena.token)
                .header("idempotency-key", key)
                .json(&json!({ "title": title })),
        )
    };
    let first = make("one", "A").await.expect(201);
    let again = make("one", "A").await.expect(201);
    assert_eq!(
        (first.text.clone(), first.header("etag"), first.header("location")),
        (again.text.clone(), again.header("etag"), again.header("location"))
    );
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    make("one", "B").await.expect_problem(422, "idempotency_key_reused");
    make("two", "A").await.expect(201);
    assert_eq!(app.get_as(&elena, "/me/courses").await.at("/data").as_array().unwrap().len(), 2);
    make("", "A").await.expect_problem(400, "malformed_request");
    make(&"k".repeat(256), "A").await.expect_problem(400, "malformed_request");
    // A day later the key is free, and another's key is another key.
    let marco = app.trainer().await;
    let theirs = app
        .request("POST", "/courses")
        .bearer_auth(&marco.token)
        .header("idempotency-key", "one")
        .json(&json!({ "title": "A" }));
    assert_eq!(app.send(theirs).await.expect(201).header("idempotent-replayed"), "");
    app.clock.advance(Duration::hours(25));
    let elena = app.login(&elena.email, crate::support::PASSWORD).await;
    let later = app
        .request("POST", "/courses")
        .bearer_auth(&elena.token)
        .header("idempotency-key", "one")
        .json(&json!({ "title": "B" }));
    assert_eq!(app.send(later).await.expect(201).header("idempotent-replayed"), "");
}

#[both_databases]
async fn concurrent_requests_with_one_key_have_one_effect(app: App) {
    let elena = app.trainer().await;
    let request = || {
        app.request("POST", "/courses")
            .bearer_auth(&elena.token)
            .header("idempotency-key", "one")
            .json(&json!({ "title": "A" }))
    };
    let replies = join_all((0..16).map(|_| app.send(request()))).await;
    for reply in &replies {
        if reply.status != 201 {
            let busy = reply.clone().expect_problem(409, "idempotency_in_flight");
            assert_eq!(busy.header("retry-after"), "1");
        }
    }
    assert!(replies.iter().any(|reply| reply.status == 201));
    assert_eq!(app.get_as(&elena, "/me/courses").await.at("/data").as_array().unwrap().len(), 1);
}

#[both_databases]
async fn a_refused_request_frees_its_key(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let enroll = || {
        app.request("POST", &format!("/courses/{course}/enroll"))
            .bearer_auth(&lena.token)
            .header("idempotency-key", "one")
    };
    app.send(enroll()).await.expect_problem(404, "not_found");
    let chapter = app.chapter(&elena, &course, false).await;
    app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    app.send(enroll()).await.expect(201);
}
