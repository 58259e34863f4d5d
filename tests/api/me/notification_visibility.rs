//! `/me/notifications`: nobody is shown or counted what they may not read.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, EventStream};

#[both_databases]
async fn nobody_is_notified_without_access(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&tom, "tom").await;
    let (course, lessons) = app.course_with_learners(&elena, &[&lena]).await;
    // Tom is mentioned in a course that he does not have.
    app.publish_post(&lena, Some(&course), "<p>Where is @tom?</p>").await;
    app.comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>@tom would know.</p>").await;
    assert_eq!(app.notifications_of(&tom).await.len(), 0);
    // Not notified then, he is not notified afterwards.
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
    assert_eq!(app.notifications_of(&tom).await.len(), 0);
    app.publish_post(&lena, Some(&course), "<p>There is @tom!</p>").await;
    assert_eq!(app.notification_kinds_of(&tom).await, ["MENTION"]);
}

#[both_databases]
async fn notifications_disappear_with_access(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&tom, "tom").await;
    let (course, lessons) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    app.publish_post(&lena, Some(&course), "<p>Hello @tom</p>").await;
    let comment = app.comment_on(&tom, &format!("/lessons/{}", lessons[0]), None, "<p>How deep?</p>").await;
    app.comment_on(&lena, &format!("/lessons/{}", lessons[0]), Some(&comment), "<p>This deep.</p>").await;
    app.post_as(
        &elena,
        &format!("/courses/{course}/announcements"),
        json!({ "title": "News", "body": "<p>Week 5!</p>" }),
    )
    .await
    .expect(201);
    assert_eq!(app.notification_kinds_of(&tom).await, ["ANNOUNCEMENT", "REPLY", "MENTION"]);
    app.revoke_access(&elena, &course, &tom).await;
    assert_eq!(app.notifications_of(&tom).await.len(), 0);
    // With access it is all there again; without the course being published it is not.
    app.post_as(&elena, &format!("/courses/{course}/grants"), json!({ "userId": tom.id })).await.expect(201);
    assert_eq!(app.notification_kinds_of(&tom).await, ["ACCESS GRANTED", "ANNOUNCEMENT", "REPLY", "MENTION"]);
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    assert_eq!(app.notification_kinds_of(&tom).await, ["ACCESS GRANTED"]);
}

#[both_databases]
async fn notifications_disappear_with_deleted_content(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    app.set_username(&elena, "elena").await;
    let mention = app.publish_post(&lena, None, "<p>Hello @elena</p>").await;
    let post = app.publish_post(&elena, None, "<p>Hello</p>").await;
    let first = app.comment_on(&lena, &format!("/posts/{post}"), None, "<p>One</p>").await;
    let second = app.comment_on(&lena, &format!("/posts/{post}"), None, "<p>Two</p>").await;
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT", "COMMENT", "MENTION"]);
    app.delete_as(&lena, &format!("/comments/{first}")).await.expect(204);
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT", "MENTION"]);
    app.post_empty_as(&lena, &format!("/posts/{mention}/unpublish")).await.expect(200);
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT"]);
    let report = app.report(&elena, "COMMENT", &second).await;
    let decision = json!({ "version": 1, "action": "REMOVE" });
    app.post_as(&admin, &format!("/moderation/reports/{report}/decision"), decision).await.expect(200);
    assert_eq!(app.notifications_of(&elena).await.len(), 0);
    // An answer goes with the post that it stands below.
    let third = app.comment_on(&lena, &format!("/posts/{post}"), None, "<p>Three</p>").await;
    app.comment_on(&elena, &format!("/posts/{post}"), Some(&third), "<p>Four</p>").await;
    assert_eq!(app.notifications_of(&lena).await.iter().filter(|row| row["kind"] == "REPLY").count(), 1);
    app.post_empty_as(&elena, &format!("/posts/{post}/unpublish")).await.expect(200);
    assert_eq!(app.notifications_of(&lena).await.iter().filter(|row| row["kind"] == "REPLY").count(), 0);
}

#[both_databases]
async fn a_block_hides_notifications(app: App) {
    let (lena, tom, mia) = (app.learner().await, app.learner().await, app.learner().await);
    for (who, name) in [(&lena, "lena"), (&tom, "tom"), (&mia, "mia")] {
        app.set_username(who, name).await;
    }
    let post = app.publish_post(&lena, None, "<p>Hello @tom</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    app.comment_on(&mia, &format!("/posts/{post}"), None, "<p>Two</p>").await;
    assert_eq!((app.notifications_of(&lena).await.len(), app.notifications_of(&tom).await.len()), (2, 1));
    // Lena blocks Tom: neither sees the other in earlier notifications.
    app.put_as(&lena, &format!("/me/blocks/{}", tom.id), json!(null)).await;
    assert_eq!(app.notifications_of(&lena).await[0]["actor"]["username"], "mia");
    assert_eq!((app.notifications_of(&lena).await.len(), app.notifications_of(&tom).await.len()), (1, 0));
    // Nor is either notified of anything new.
    app.comment_on(&mia, &format!("/posts/{post}"), None, "<p>Three</p>").await;
    app.publish_post(&lena, None, "<p>Hello @tom and @mia</p>").await;
    app.publish_post(&tom, None, "<p>Hello @lena</p>").await;
    assert_eq!(
        (
            app.notifications_of(&lena).await.len(),
            app.notifications_of(&tom).await.len(),
            app.notifications_of(&mia).await.len()
        ),
        (2, 0, 1)
    );
    // It was not written at all: lifting the block brings back the notifications before it, and nothing else.
    app.delete_as(&lena, &format!("/me/blocks/{}", tom.id)).await.expect(204);
    assert_eq!((app.notifications_of(&lena).await.len(), app.notifications_of(&tom).await.len()), (3, 1));
}

#[both_databases]
async fn live_events_respect_access(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&tom, "tom").await;
    let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
    let (mut of_lena, _) = EventStream::open(&app, &lena, None).await;
    let (mut of_tom, _) = EventStream::open(&app, &tom, None).await;
    app.publish_post(&elena, Some(&course), "<p>Hello @lena and @tom</p>").await;
    app.wait_for_worker().await;
    let event = of_lena.next().await.unwrap();
    assert_eq!((event.kind.as_str(), event.data), ("notification.created", json!({})));
    // The first thing that Tom hears of is the one that he may read; what was not for him made no event.
    app.publish_post(&elena, None, "<p>Hello @tom</p>").await;
    let notifications = app.notifications_of(&tom).await;
    assert_eq!(notifications.len(), 1);
    app.post_as(&tom, "/me/notifications/read", json!({ "ids": [notifications[0]["id"]] })).await.expect(200);
    assert_eq!(of_tom.next_kinds(2).await, ["notification.created", "notification.read"]);
}
