//! `/me/notifications`: who is notified of what.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn comments_replies_and_mentions_notify_once(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&tom, "tom").await;
    let post = app.publish_post(&elena, None, "<p>Hello @tom, and @nobody_here</p>").await;
    let on = format!("/posts/{post}");
    // Elena is mentioned where she is notified anyway, and Lena herself is never notified.
    app.set_username(&elena, "elena").await;
    let comment = app.comment_on(&lena, &on, None, "<p>Well <b>done</b>, @elena and @lena!</p>").await;
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT"]);
    let notifications = app.notifications_of(&elena).await[0].clone();
    assert_eq!(
        (&notifications["postId"], &notifications["commentId"], &notifications["actor"]["username"]),
        (&json!(post), &json!(comment), &json!("lena"))
    );
    assert_eq!(
        (&notifications["title"], &notifications["excerpt"]),
        (&json!("My first pull-up"), &json!("Well done, @elena and @lena!"))
    );
    assert_eq!(app.notification_kinds_of(&tom).await, ["MENTION"]);
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    // An answer goes to whom it answers; the post's author is notified of it as well.
    app.comment_on(&tom, &on, Some(&comment), "<p>She did!</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["REPLY"]);
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT", "COMMENT"]);
    // Whoever answers themselves is not notified.
    app.comment_on(&lena, &on, Some(&comment), "<p>Again</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["REPLY"]);
}

#[both_databases]
async fn the_trainer_is_notified_of_comments_on_a_lesson(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_with_learners(&elena, &[&lena]).await;
    let comment = app.comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>How deep?</p>").await;
    let notifications = app.notifications_of(&elena).await;
    assert_eq!(notifications.len(), 1);
    assert_eq!(
        (&notifications[0]["kind"], &notifications[0]["lessonId"], &notifications[0]["courseId"]),
        (&json!("COMMENT"), &json!(lessons[0]), &json!(course))
    );
    app.comment_on(&elena, &format!("/lessons/{}", lessons[0]), Some(&comment), "<p>This deep.</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["REPLY"]);
    // Nobody is notified of what is not taught any more.
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[0])).await.expect(200);
    assert_eq!(app.notification_kinds_of(&lena).await, Vec::<String>::new());
}

#[both_databases]
async fn an_unread_conversation_notifies_once(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    app.course_with_learners(&elena, &[&lena]).await;
    let (conversation, first) = app.send_direct_message(&lena, &elena, "Are you there?").await;
    app.send_direct_message(&lena, &elena, "Hello?").await;
    let notifications = app.notifications_of(&elena).await;
    assert_eq!(notifications.len(), 1);
    assert_eq!(
        (&notifications[0]["kind"], &notifications[0]["conversationId"], &notifications[0]["messageId"]),
        (&json!("MESSAGE"), &json!(conversation), &json!(first))
    );
    assert!(
        notifications[0]["excerpt"].is_null() && !notifications[0].to_string().contains("Are you there"),
        "nothing of what was written"
    );
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    // Whoever reads the conversation has read the notification; the next message is another one.
    app.put_as(&elena, &format!("/conversations/{conversation}/read"), json!({ "number": 2 }))
        .await
        .expect(200);
    assert_eq!(app.notifications_of(&elena).await.len(), 0);
    let (_, third) = app.send_direct_message(&lena, &elena, "Thanks!").await;
    let notifications = app.notifications_of(&elena).await;
    assert_eq!((notifications.len(), &notifications[0]["messageId"]), (1, &json!(third)));
    // What was deleted for all tells of nothing.
    app.delete_as(&lena, &format!("/messages/{third}")).await.expect(204);
    assert_eq!(app.notifications_of(&elena).await.len(), 0);
}

#[both_databases]
async fn notifications_are_marked_read(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    for n in 0..5 {
        app.comment_on(&tom, &format!("/posts/{post}"), None, &format!("<p>{n}</p>")).await;
        app.wait_for_worker().await;
    }
    let ids: Vec<_> = app.notifications_of(&lena).await.iter().map(|row| row["id"].clone()).collect();
    let read = |who, body| app.post_as(who, "/me/notifications/read", body);
    assert_eq!(read(&lena, json!({ "ids": [ids[0]] })).await.expect(200).at("/unreadCount"), 4);
    // Somebody else's are not touched.
    assert_eq!(read(&tom, json!({ "ids": [ids[1]] })).await.expect(200).at("/unreadCount"), 0);
    assert_eq!(read(&tom, json!({ "upTo": ids[0] })).await.expect(200).at("/unreadCount"), 0);
    assert_eq!(read(&lena, json!({ "upTo": ids[3] })).await.expect(200).at("/unreadCount"), 2);
    assert_eq!(read(&lena, json!({ "upTo": ids[3] })).await.expect(200).at("/unreadCount"), 2);
    for body in [json!({}), json!({ "ids": [ids[0]], "upTo": ids[0] }), json!({ "ids": [] })] {
        read(&lena, body).await.expect_problem(422, "validation_failed");
    }
}

#[both_databases]
async fn unread_notifications_are_paged(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    for n in 0..5 {
        app.comment_on(&tom, &format!("/posts/{post}"), None, &format!("<p>{n}</p>")).await;
        app.wait_for_worker().await;
    }
    let ids: Vec<_> = app.notifications_of(&lena).await.iter().map(|row| row["id"].clone()).collect();
    let read = json!({ "ids": [ids[0], ids[3], ids[4]] });
    app.post_as(&lena, "/me/notifications/read", read).await.expect(200);
    let page = app.get_as(&lena, "/me/notifications?unread=true&limit=1").await.expect(200);
    assert_eq!((page.at("/data/0/id"), page.at("/hasMore")), (ids[1].clone(), json!(true)));
    let next = format!("/me/notifications?unread=true&limit=1&cursor={}", page.text_at("/nextCursor"));
    let page = app.get_as(&lena, &next).await.expect(200);
    assert_eq!((page.at("/data/0/id"), page.at("/hasMore")), (ids[2].clone(), json!(false)));
    assert_eq!(
        app.get_as(&lena, "/me/notifications?unread=false")
            .await
            .expect(200)
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[both_databases]
async fn a_repeated_event_notifies_nobody_twice(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
    app.sql(
        "UPDATE outbox SET done_at = NULL, attempts = 0 WHERE kind IN ('comment.created', 'post.published')",
    )
    .await;
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
    // Not even when it was read.
    let id = app.notifications_of(&lena).await[0]["id"].clone();
    app.post_as(&lena, "/me/notifications/read", json!({ "ids": [id] })).await.expect(200);
    app.sql("UPDATE outbox SET done_at = NULL, attempts = 0 WHERE kind = 'comment.created'").await;
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
}

#[both_databases]
async fn a_page_takes_few_statements(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    for n in 0..12 {
        let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
        let post = app.publish_post(&lena, (n % 2 == 0).then_some(course.as_str()), "<p>Hello</p>").await;
        app.comment_on(&elena, &format!("/posts/{post}"), None, "<p>One</p>").await;
    }
    assert_eq!(app.notifications_of(&lena).await.len(), 12);
    for path in ["/me/notifications", "/me/notifications/count"] {
        let spent = app.count_statements(async || drop(app.get_as(&lena, path).await.expect(200))).await;
        assert!(spent <= 3, "{path} took {spent} statements");
    }
}

#[both_databases]
async fn the_document_of_a_notification(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_username(&tom, "tom").await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Well done!</p>").await;
    app.wait_for_worker().await;
    let page = app.get_as(&lena, "/me/notifications").await.expect(200);
    insta::assert_json_snapshot!("notifications", page.document());
}
