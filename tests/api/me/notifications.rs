//! Who is told of what, and that nobody is told, shown or counted what they may not read.

use database::Tx;
use kernel::{Actor, Role, Uuid};
use serde_json::json;

use test_macros::both_databases;

use crate::support::{App, DatabaseKind, EventStream, Person};

#[both_databases]
async fn whom_a_text_concerns_is_told_once(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&tom, "tom").await;
    let post = app
        .publish_post(&elena, None, "<p>Hello @tom, and @nobody_here</p>")
        .await;
    let on = format!("/posts/{post}");
    // Elena is mentioned where she is told anyway, and Lena herself is never told.
    app.set_username(&elena, "elena").await;
    let comment = app
        .comment_on(&lena, &on, None, "<p>Well <b>done</b>, @elena and @lena!</p>")
        .await;
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT"]);
    let told = app.notifications_of(&elena).await[0].clone();
    assert_eq!(
        (&told["postId"], &told["commentId"], &told["actor"]["username"]),
        (&json!(post), &json!(comment), &json!("lena"))
    );
    assert_eq!(
        (&told["title"], &told["excerpt"]),
        (&json!("My first pull-up"), &json!("Well done, @elena and @lena!"))
    );
    assert_eq!(app.notification_kinds_of(&tom).await, ["MENTION"]);
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    // An answer goes to whom it answers; the post's author is told of it as well.
    app.comment_on(&tom, &on, Some(&comment), "<p>She did!</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["REPLY"]);
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT", "COMMENT"]);
    // Whoever answers themselves is not told.
    app.comment_on(&lena, &on, Some(&comment), "<p>Again</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["REPLY"]);
}

#[both_databases]
async fn the_trainer_is_told_of_comments_on_a_lesson(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_with_learners(&elena, &[&lena]).await;
    let comment = app
        .comment_on(
            &lena,
            &format!("/lessons/{}", lessons[0]),
            None,
            "<p>How deep?</p>",
        )
        .await;
    let told = app.notifications_of(&elena).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["kind"], &told[0]["lessonId"], &told[0]["courseId"]),
        (&json!("COMMENT"), &json!(lessons[0]), &json!(course))
    );
    app.comment_on(
        &elena,
        &format!("/lessons/{}", lessons[0]),
        Some(&comment),
        "<p>This deep.</p>",
    )
    .await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["REPLY"]);
    // What is not taught any more is not told any more either.
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[0]))
        .await
        .expect(200);
    assert_eq!(app.notification_kinds_of(&lena).await, Vec::<String>::new());
}

#[both_databases]
async fn who_may_not_read_is_not_told(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&tom, "tom").await;
    let (course, lessons) = app.course_with_learners(&elena, &[&lena]).await;
    // Tom is mentioned in a course that he does not have.
    app.publish_post(&lena, Some(&course), "<p>Where is @tom?</p>")
        .await;
    app.comment_on(
        &lena,
        &format!("/lessons/{}", lessons[0]),
        None,
        "<p>@tom would know.</p>",
    )
    .await;
    assert_eq!(app.notifications_of(&tom).await.len(), 0);
    // Not told then, he is not told afterwards.
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    assert_eq!(app.notifications_of(&tom).await.len(), 0);
    app.publish_post(&lena, Some(&course), "<p>There is @tom!</p>")
        .await;
    assert_eq!(app.notification_kinds_of(&tom).await, ["MENTION"]);
}

#[both_databases]
async fn what_one_may_read_no_more_is_gone_from_list_and_count(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&tom, "tom").await;
    let (course, lessons) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    app.publish_post(&lena, Some(&course), "<p>Hello @tom</p>").await;
    let comment = app
        .comment_on(
            &tom,
            &format!("/lessons/{}", lessons[0]),
            None,
            "<p>How deep?</p>",
        )
        .await;
    app.comment_on(
        &lena,
        &format!("/lessons/{}", lessons[0]),
        Some(&comment),
        "<p>This deep.</p>",
    )
    .await;
    app.post_as(
        &elena,
        &format!("/courses/{course}/announcements"),
        json!({ "title": "News", "body": "<p>Week 5!</p>" }),
    )
    .await
    .expect(201);
    assert_eq!(
        app.notification_kinds_of(&tom).await,
        ["ANNOUNCEMENT", "REPLY", "MENTION"]
    );
    app.revoke_access(&elena, &course, &tom).await;
    assert_eq!(app.notifications_of(&tom).await.len(), 0);
    // With access it is all there again; without the course being published it is not.
    app.post_as(
        &elena,
        &format!("/courses/{course}/grants"),
        json!({ "userId": tom.id }),
    )
    .await
    .expect(201);
    assert_eq!(
        app.notification_kinds_of(&tom).await,
        ["ACCESS GRANTED", "ANNOUNCEMENT", "REPLY", "MENTION"]
    );
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish"))
        .await
        .expect(200);
    assert_eq!(app.notification_kinds_of(&tom).await, ["ACCESS GRANTED"]);
}

#[both_databases]
async fn what_is_deleted_or_taken_away_is_gone(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    app.set_username(&elena, "elena").await;
    let mention = app.publish_post(&lena, None, "<p>Hello @elena</p>").await;
    let post = app.publish_post(&elena, None, "<p>Hello</p>").await;
    let first = app
        .comment_on(&lena, &format!("/posts/{post}"), None, "<p>One</p>")
        .await;
    let second = app
        .comment_on(&lena, &format!("/posts/{post}"), None, "<p>Two</p>")
        .await;
    assert_eq!(
        app.notification_kinds_of(&elena).await,
        ["COMMENT", "COMMENT", "MENTION"]
    );
    app.delete_as(&lena, &format!("/comments/{first}"))
        .await
        .expect(204);
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT", "MENTION"]);
    app.post_empty_as(&lena, &format!("/posts/{mention}/unpublish"))
        .await
        .expect(200);
    assert_eq!(app.notification_kinds_of(&elena).await, ["COMMENT"]);
    let report = app.report(&elena, "COMMENT", &second).await;
    let decision = json!({ "version": 1, "action": "REMOVE" });
    app.post_as(
        &admin,
        &format!("/moderation/reports/{report}/decision"),
        decision,
    )
    .await
    .expect(200);
    assert_eq!(app.notifications_of(&elena).await.len(), 0);
    // An answer goes with the post that it stands below.
    let third = app
        .comment_on(&lena, &format!("/posts/{post}"), None, "<p>Three</p>")
        .await;
    app.comment_on(&elena, &format!("/posts/{post}"), Some(&third), "<p>Four</p>")
        .await;
    assert_eq!(
        app.notifications_of(&lena)
            .await
            .iter()
            .filter(|row| row["kind"] == "REPLY")
            .count(),
        1
    );
    app.post_empty_as(&elena, &format!("/posts/{post}/unpublish"))
        .await
        .expect(200);
    assert_eq!(
        app.notifications_of(&lena)
            .await
            .iter()
            .filter(|row| row["kind"] == "REPLY")
            .count(),
        0
    );
}

#[both_databases]
async fn nobody_is_told_of_whom_they_have_a_block_with(app: App) {
    let (lena, tom, mia) = (app.learner().await, app.learner().await, app.learner().await);
    for (who, name) in [(&lena, "lena"), (&tom, "tom"), (&mia, "mia")] {
        app.set_username(who, name).await;
    }
    let post = app.publish_post(&lena, None, "<p>Hello @tom</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>")
        .await;
    app.comment_on(&mia, &format!("/posts/{post}"), None, "<p>Two</p>")
        .await;
    assert_eq!(
        (
            app.notifications_of(&lena).await.len(),
            app.notifications_of(&tom).await.len()
        ),
        (2, 1)
    );
    // Lena blocks Tom: neither sees the other in what was told before.
    app.put_as(&lena, &format!("/me/blocks/{}", tom.id), json!(null))
        .await;
    assert_eq!(app.notifications_of(&lena).await[0]["actor"]["username"], "mia");
    assert_eq!(
        (
            app.notifications_of(&lena).await.len(),
            app.notifications_of(&tom).await.len()
        ),
        (1, 0)
    );
    // Nor is either told of anything new.
    app.comment_on(&mia, &format!("/posts/{post}"), None, "<p>Three</p>")
        .await;
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
    // It was not written at all: lifting the block brings back what was told before it, and nothing else.
    app.delete_as(&lena, &format!("/me/blocks/{}", tom.id))
        .await
        .expect(204);
    assert_eq!(
        (
            app.notifications_of(&lena).await.len(),
            app.notifications_of(&tom).await.len()
        ),
        (3, 1)
    );
}

#[both_databases]
async fn a_conversation_is_told_once_while_it_is_unread(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    app.course_with_learners(&elena, &[&lena]).await;
    let (conversation, first) = app.send_direct_message(&lena, &elena, "Are you there?").await;
    app.send_direct_message(&lena, &elena, "Hello?").await;
    let told = app.notifications_of(&elena).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (
            &told[0]["kind"],
            &told[0]["conversationId"],
            &told[0]["messageId"]
        ),
        (&json!("MESSAGE"), &json!(conversation), &json!(first))
    );
    assert!(
        told[0]["excerpt"].is_null() && !told[0].to_string().contains("Are you there"),
        "nothing of what was written"
    );
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    // Whoever reads the conversation has read the notification; the next message is another one.
    app.put_as(
        &elena,
        &format!("/conversations/{conversation}/read"),
        json!({ "number": 2 }),
    )
    .await
    .expect(200);
    assert_eq!(app.notifications_of(&elena).await.len(), 0);
    let (_, third) = app.send_direct_message(&lena, &elena, "Thanks!").await;
    let told = app.notifications_of(&elena).await;
    assert_eq!((told.len(), &told[0]["messageId"]), (1, &json!(third)));
    // What was deleted for all tells of nothing.
    app.delete_as(&lena, &format!("/messages/{third}"))
        .await
        .expect(204);
    assert_eq!(app.notifications_of(&elena).await.len(), 0);
}

#[both_databases]
async fn notifications_are_read_one_by_one_or_up_to_one(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    for n in 0..5 {
        app.comment_on(&tom, &format!("/posts/{post}"), None, &format!("<p>{n}</p>"))
            .await;
        app.wait_for_worker().await;
    }
    let ids: Vec<_> = app
        .notifications_of(&lena)
        .await
        .iter()
        .map(|row| row["id"].clone())
        .collect();
    let read = |who, body| app.post_as(who, "/me/notifications/read", body);
    assert_eq!(
        read(&lena, json!({ "ids": [ids[0]] }))
            .await
            .expect(200)
            .at("/unreadCount"),
        4
    );
    // Somebody else's are not touched.
    assert_eq!(
        read(&tom, json!({ "ids": [ids[1]] }))
            .await
            .expect(200)
            .at("/unreadCount"),
        0
    );
    assert_eq!(
        read(&tom, json!({ "upTo": ids[0] }))
            .await
            .expect(200)
            .at("/unreadCount"),
        0
    );
    assert_eq!(
        read(&lena, json!({ "upTo": ids[3] }))
            .await
            .expect(200)
            .at("/unreadCount"),
        2
    );
    assert_eq!(
        read(&lena, json!({ "upTo": ids[3] }))
            .await
            .expect(200)
            .at("/unreadCount"),
        2
    );
    for body in [
        json!({}),
        json!({ "ids": [ids[0]], "upTo": ids[0] }),
        json!({ "ids": [] }),
    ] {
        read(&lena, body).await.expect_problem(422, "validation_failed");
    }
    let page = app
        .get_as(&lena, "/me/notifications?unread=true&limit=1")
        .await
        .expect(200);
    assert_eq!(
        (page.at("/data/0/id"), page.at("/hasMore")),
        (ids[1].clone(), json!(true))
    );
    let next = format!(
        "/me/notifications?unread=true&limit=1&cursor={}",
        page.text_at("/nextCursor")
    );
    let page = app.get_as(&lena, &next).await.expect(200);
    assert_eq!(
        (page.at("/data/0/id"), page.at("/hasMore")),
        (ids[2].clone(), json!(false))
    );
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
async fn a_repetition_tells_nobody_twice(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>")
        .await;
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
    app.sql(
        "UPDATE outbox SET done_at = NULL, attempts = 0 WHERE kind IN ('comment.created', 'post.published')",
    )
    .await;
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
    // Not even when it was read.
    let id = app.notifications_of(&lena).await[0]["id"].clone();
    app.post_as(&lena, "/me/notifications/read", json!({ "ids": [id] }))
        .await
        .expect(200);
    app.sql("UPDATE outbox SET done_at = NULL, attempts = 0 WHERE kind = 'comment.created'")
        .await;
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
}

#[both_databases]
async fn what_is_not_wanted_is_not_written(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let shown = app
        .get_as(&lena, "/me/notification-preferences")
        .await
        .expect(200);
    assert_eq!(
        shown.at("/channels/comment"),
        json!({ "inApp": true, "email": false })
    );
    assert_eq!(
        (
            shown.at("/digest"),
            shown.at("/quietHours"),
            shown.at("/timeZone")
        ),
        (json!("OFF"), json!(null), json!("UTC"))
    );
    let etag = shown.header("etag").to_owned();
    let path = "/me/notification-preferences";
    let change = json!({ "channels": { "comment": { "inApp": false } }, "quietHours": { "from": "22:00", "to": "07:00" }, "timeZone": "Europe/Stockholm" });
    let changed = app.patch_as(&lena, path, &etag, change.clone()).await.expect(200);
    assert_eq!(
        changed.at("/channels/comment"),
        json!({ "inApp": false, "email": false })
    );
    assert_eq!(
        changed.at("/quietHours"),
        json!({ "from": "22:00", "to": "07:00" })
    );
    app.patch_as(&lena, path, &etag, change)
        .await
        .expect_problem(412, "precondition_failed");
    let wrong = json!({ "timeZone": "Europe/Atlantis", "quietHours": { "from": "07:00", "to": "07:00" } });
    let refused = app
        .patch_as(&lena, path, "*", wrong)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        ["/quietHours empty_window", "/timeZone unknown_timezone"]
    );
    let cleared = app
        .patch_as(&lena, path, "*", json!({ "quietHours": null }))
        .await
        .expect(200);
    assert_eq!(
        (cleared.at("/quietHours"), cleared.at("/timeZone")),
        (json!(null), json!("Europe/Stockholm"))
    );
    assert_eq!(
        app.get_as(&tom, path)
            .await
            .expect(200)
            .at("/channels/comment/inApp"),
        true
    );
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>")
        .await;
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0);
}

#[both_databases]
async fn a_page_of_notifications_costs_few_statements(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    for n in 0..12 {
        let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
        let post = app
            .publish_post(&lena, (n % 2 == 0).then_some(course.as_str()), "<p>Hello</p>")
            .await;
        app.comment_on(&elena, &format!("/posts/{post}"), None, "<p>One</p>")
            .await;
    }
    assert_eq!(app.notifications_of(&lena).await.len(), 12);
    // The worker's own statements are counted too.
    for path in ["/me/notifications", "/me/notifications/count"] {
        let mut spent = u64::MAX;
        for _ in 0..10 {
            let before = app.db.statements();
            app.get_as(&lena, path).await.expect(200);
            spent = spent.min(app.db.statements() - before);
        }
        assert!(spent <= 3, "{path} took {spent} statements");
    }
}

#[both_databases]
async fn no_event_tells_of_what_one_may_not_read(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&tom, "tom").await;
    let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
    let (mut of_lena, _) = EventStream::open(&app, &lena, None).await;
    let (mut of_tom, _) = EventStream::open(&app, &tom, None).await;
    app.publish_post(&elena, Some(&course), "<p>Hello @lena and @tom</p>")
        .await;
    app.wait_for_worker().await;
    let event = of_lena.next().await.unwrap();
    assert_eq!(
        (event.kind.as_str(), event.data),
        ("notification.created", json!({}))
    );
    // The first thing that Tom hears of is the one that he may read; what was not for him made no event.
    app.publish_post(&elena, None, "<p>Hello @tom</p>").await;
    let told = app.notifications_of(&tom).await;
    assert_eq!(told.len(), 1);
    app.post_as(&tom, "/me/notifications/read", json!({ "ids": [told[0]["id"]] }))
        .await
        .expect(200);
    assert_eq!(
        of_tom.next_kinds(2).await,
        ["notification.created", "notification.read"]
    );
}

/// The second layer alone: no filter of ours, only the policies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_keeps_what_is_told_and_reported() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, greta, lena, tom) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.learner().await,
    );
    let (course, lessons) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let comment = app
        .comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>Hello</p>")
        .await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>")
        .await;
    let report = app.report(&tom, "COMMENT", &comment).await;
    app.report(&tom, "POST", &post).await;
    let decision = json!({ "version": 1, "action": "WARN", "note": "Please." });
    app.post_as(
        &elena,
        &format!("/moderation/reports/{report}/decision"),
        decision,
    )
    .await
    .expect(200);
    app.set_notification_preferences(&lena, json!({ "digest": "DAILY" }))
        .await;
    app.post_as(
        &elena,
        &format!("/courses/{course}/announcements"),
        json!({ "title": "x", "body": "x" }),
    )
    .await
    .expect(201);
    app.wait_for_worker().await;
    let ask = |who: &Person, role: Role, sql: String| {
        let actor = Actor::User {
            id: who.id.parse().unwrap(),
            role,
            session: Uuid::nil(),
        };
        app.db
            .run(actor, move |tx: Tx| async move { tx.count(&sql, []).await })
    };
    let seen = async |who: &Person, role: Role, table: &str| {
        ask(who, role, format!("SELECT count(*) FROM {table}"))
            .await
            .unwrap()
    };
    for (table, counts) in [
        // Lena was told of a comment, a warning and the announcement, Tom of the announcement.
        ("notifications", [1, 0, 3, 1]),
        ("notification_preferences", [0, 0, 1, 0]),
        ("announcements", [1, 0, 1, 1]),
        // Elena decides about the one in her course, Tom made both.
        ("reports", [1, 0, 0, 2]),
        ("moderation_log", [1, 0, 0, 0]),
    ] {
        let people = [
            (&elena, Role::Trainer),
            (&greta, Role::Trainer),
            (&lena, Role::User),
            (&tom, Role::User),
        ];
        for ((who, role), expected) in people.into_iter().zip(counts) {
            assert_eq!(seen(who, role, table).await, expected, "{table} as {role}");
        }
    }
    // Writing past the use cases.
    for sql in [
        "UPDATE reports SET status = 'DISMISSED', action = 'DISMISS', decided_at = now() RETURNING 1",
        "DELETE FROM moderation_log RETURNING 1",
        "UPDATE moderation_log SET note = 'x' RETURNING 1",
        "DELETE FROM notifications RETURNING 1",
        "INSERT INTO notifications (id, user_id, kind, source, in_app, by_mail, created_at) \
         SELECT gen_random_uuid(), id, 'MESSAGE', 'x', true, true, now() FROM users RETURNING 1",
        "UPDATE announcements SET title = 'x' RETURNING 1",
    ] {
        let done = ask(&greta, Role::Trainer, sql.to_owned()).await;
        assert!(done.is_err() || done.unwrap() == 0, "{sql}");
    }
}
