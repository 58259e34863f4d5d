//! Disputes of payments, in the sandbox.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_dispute_suspends_access_until_decided(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let payment = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
    let path = format!("/sandbox/payments/{payment}/dispute");
    app.post_as(&lena, &path, json!({})).await.expect_problem(409, "payment_not_completed");
    app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    for (status, why) in
        [("OPEN", "grant_suspended"), ("WON", "granted"), ("OPEN", "granted"), ("LOST", "grant_revoked")]
    {
        app.post_as(&lena, &path, json!({ "status": status })).await.expect(200);
        assert_eq!(app.access_reason(&lena, &lessons[0]).await, why, "{status}");
    }
    let now = app.get_as(&lena, &format!("/payments/{payment}")).await.expect(200);
    assert_eq!((now.at("/status"), now.at("/disputes/0/status")), (json!("COMPLETED"), json!("LOST")));
    // Nothing that was reported before comes back.
    app.post_as(&lena, &path, json!({ "status": "WON" })).await.expect(200);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_revoked");
}
