//! `/me/notification-preferences`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn preferences_have_defaults_and_are_patched(app: App) {
    let lena = app.learner().await;
    let shown = app.get_as(&lena, "/me/notification-preferences").await.expect(200);
    assert_eq!(shown.at("/channels/comment"), json!({ "inApp": true, "email": false }));
    assert_eq!(
        (shown.at("/digest"), shown.at("/quietHours"), shown.at("/timeZone")),
        (json!("OFF"), json!(null), json!("UTC"))
    );
    let etag = shown.header("etag").to_owned();
    let path = "/me/notification-preferences";
    let change = json!({ "channels": { "comment": { "inApp": false } }, "quietHours": { "from": "22:00", "to": "07:00" }, "timeZone": "Europe/Stockholm" });
    let changed = app.patch_as(&lena, path, &etag, change.clone()).await.expect(200);
    assert_eq!(changed.at("/channels/comment"), json!({ "inApp": false, "email": false }));
    assert_eq!(changed.at("/quietHours"), json!({ "from": "22:00", "to": "07:00" }));
    app.patch_as(&lena, path, &etag, change).await.expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn preferences_are_validated(app: App) {
    let lena = app.learner().await;
    let path = "/me/notification-preferences";
    let wrong = json!({ "timeZone": "Europe/Atlantis", "quietHours": { "from": "07:00", "to": "07:00" } });
    let refused = app.patch_as(&lena, path, "*", wrong).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/quietHours empty_window", "/timeZone unknown_timezone"]);
}

#[both_databases]
async fn a_cleared_preference_keeps_the_others(app: App) {
    let lena = app.learner().await;
    let path = "/me/notification-preferences";
    let change = json!({ "channels": { "comment": { "inApp": false } }, "quietHours": { "from": "22:00", "to": "07:00" }, "timeZone": "Europe/Stockholm" });
    app.patch_as(&lena, path, "*", change).await.expect(200);
    let cleared = app.patch_as(&lena, path, "*", json!({ "quietHours": null })).await.expect(200);
    assert_eq!(
        (cleared.at("/quietHours"), cleared.at("/timeZone")),
        (json!(null), json!("Europe/Stockholm"))
    );
}

#[both_databases]
async fn disabled_channels_are_not_written(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let path = "/me/notification-preferences";
    let change = json!({ "channels": { "comment": { "inApp": false } }, "quietHours": { "from": "22:00", "to": "07:00" }, "timeZone": "Europe/Stockholm" });
    app.patch_as(&lena, path, "*", change).await.expect(200);
    assert_eq!(app.get_as(&tom, path).await.expect(200).at("/channels/comment/inApp"), true);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0);
}
