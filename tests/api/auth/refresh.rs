//! `POST /auth/refresh` and `POST /auth/logout`: the life of a session.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD, Person};

#[both_databases]
async fn a_refresh_token_is_used_once(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    let next = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    assert_ne!(next.refresh_token, lena.refresh_token);
    app.get_as(&next, "/me").await.expect(200);
    // A client whose answer was lost asks again within seconds, and gets the same successor.
    let again = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    assert_eq!(again.refresh_token, next.refresh_token);
    // Later it is a thief, or the owner after a thief, since the answer was used: the session ends for both.
    app.clock.advance(Duration::seconds(11));
    refresh(&lena.refresh_token).await.expect_problem(401, "refresh_token_reused");
    refresh(&next.refresh_token).await.expect_problem(401, "refresh_token_invalid");
    app.get_as(&next, "/me/sessions").await.expect_problem(401, "session_revoked");
    refresh("made up").await.expect_problem(401, "refresh_token_invalid");
}

/// A phone in a lift: the answer never came, and nothing of it was used.
#[both_databases]
async fn a_lost_answer_is_given_again_for_minutes(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    let lost = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    app.get_as(&lena, "/me").await.expect(200);
    for seconds in [12, 300] {
        app.clock.advance(Duration::seconds(seconds));
        let again = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
        assert_eq!(again.refresh_token, lost.refresh_token);
    }
    let next = Person::from_reply(&refresh(&lost.refresh_token).await.expect(200));
    app.get_as(&next, "/me").await.expect(200);
    // Its successor was used: whoever still shows the first is somebody else.
    refresh(&lena.refresh_token).await.expect_problem(401, "refresh_token_reused");
    app.get_as(&next, "/me").await.expect_problem(401, "session_revoked");
}

#[both_databases]
async fn a_lost_answer_is_not_given_again_after_ten_minutes(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    refresh(&lena.refresh_token).await.expect(200);
    app.clock.advance(Duration::seconds(601));
    refresh(&lena.refresh_token).await.expect_problem(401, "refresh_token_reused");
}

/// Two who share a token that was stolen do not go on beside each other: the owner has used what came with the answer.
#[both_databases]
async fn a_thief_does_not_go_on_beside_the_owner(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    let owner = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    app.get_as(&owner, "/me").await.expect(200);
    app.clock.advance(Duration::seconds(60));
    refresh(&lena.refresh_token).await.expect_problem(401, "refresh_token_reused");
    app.get_as(&owner, "/me").await.expect_problem(401, "session_revoked");
}

#[both_databases]
async fn reuse_after_the_successor_was_used_revokes_the_session(app: App) {
    let lena = app.learner().await;
    let refresh = |token: &str| app.post("/auth/refresh", json!({ "refreshToken": token }));
    let second = Person::from_reply(&refresh(&lena.refresh_token).await.expect(200));
    refresh(&second.refresh_token).await.expect(200);
    refresh(&lena.refresh_token).await.expect_problem(401, "refresh_token_reused");
}

#[both_databases]
async fn concurrent_refreshes_get_the_same_successor(app: App) {
    let lena = app.learner().await;
    let body = json!({ "refreshToken": lena.refresh_token });
    let replies = join_all((0..8).map(|_| app.post("/auth/refresh", body.clone()))).await;
    let tokens: Vec<String> =
        replies.into_iter().map(|reply| Person::from_reply(&reply.expect(200)).refresh_token).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    app.post("/auth/refresh", json!({ "refreshToken": tokens[0] })).await.expect(200);
}

#[both_databases]
async fn a_session_ends_with_logout_and_by_expiry(app: App) {
    let lena = app.learner().await;
    app.post("/auth/logout", json!({ "refreshToken": lena.refresh_token })).await.expect(204);
    app.post("/auth/logout", json!({ "refreshToken": lena.refresh_token })).await.expect(204);
    app.post("/auth/refresh", json!({ "refreshToken": lena.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    let later = app.login(&lena.email, PASSWORD).await;
    app.clock.advance(Duration::days(31));
    app.post("/auth/refresh", json!({ "refreshToken": later.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
}
