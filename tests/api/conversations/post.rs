//! `POST /conversations`: who may open one with whom.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{App, DatabaseKind};

#[both_databases]
async fn strangers_may_not_write(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.course(&elena, json!({})).await;
    app.open_conversation_as(&lena, &tom).await.expect_problem(403, "recipient_unreachable");
    app.open_conversation_as(&lena, &elena).await.expect_problem(403, "recipient_unreachable");
}

#[both_databases]
async fn learner_and_trainer_of_a_course_may_write(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let marco = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.open_conversation_as(&lena, &elena).await.expect(201);
    app.open_conversation_as(&elena, &lena).await.expect(200);
    let refused = app.open_conversation_as(&lena, &tom).await.expect_problem(403, "recipient_unreachable");
    assert_eq!(refused.errors(), ["/memberIds/0 unreachable"]);
    app.open_conversation_as(&marco, &lena).await.expect_problem(403, "recipient_unreachable");
    // An editor teaches too.
    app.put_as(&elena, &format!("/courses/{course}/trainers/{}", marco.id), Value::Null).await.expect(200);
    app.open_conversation_as(&marco, &lena).await.expect(201);
}

#[both_databases]
async fn two_learners_of_a_course_may_write(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
    app.open_conversation_as(&lena, &tom).await.expect(201);
}

#[both_databases]
async fn admins_may_write_to_everybody(app: App) {
    let admin = app.admin().await;
    let stranger = app.learner().await;
    app.open_conversation_as(&admin, &stranger).await.expect(201);
    app.open_conversation_as(&stranger, &admin).await.expect(200);
}

#[both_databases]
async fn ended_access_is_no_common_course(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let soon = app.db.environment().now() + chrono::Duration::hours(1);
    let given = json!({ "userId": tom.id, "endsAt": soon });
    app.post_as(&elena, &format!("/courses/{course}/grants"), given).await.expect(201);
    let conversation = app.open_conversation_as(&lena, &tom).await.expect(201).text_at("/id");
    app.send_message(&lena, &conversation, "Hello").await;
    app.clock.advance(chrono::Duration::hours(2));
    // Both sessions outlive that; their tokens do not.
    let (lena, tom) = (
        app.login(&lena.email, crate::support::PASSWORD).await,
        app.login(&tom.email, crate::support::PASSWORD).await,
    );
    app.send_message_as(&lena, &conversation, "Still there?")
        .await
        .expect_problem(403, "recipient_unreachable");
    // Whoever was written to may still answer, and be answered from then on.
    app.send_message(&tom, &conversation, "I am").await;
    app.send_message(&lena, &conversation, "Good").await;
    app.get_as(&tom, &format!("/conversations/{conversation}/messages")).await.expect(200);
}

#[both_databases]
async fn nobody_writes_to_themselves_or_to_nobody(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.conversation_between(&lena, &tom).await;
    let refused = app.open_conversation_as(&lena, &lena).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/memberIds/0 oneself"]);
    app.create_group_as(&lena, &[&tom, &lena]).await.expect_problem(422, "validation_failed");
    let nobody = json!({ "kind": "DIRECT", "memberIds": ["0198c0de-0000-7000-8000-000000000001"] });
    app.post_as(&lena, "/conversations", nobody).await.expect_problem(403, "recipient_unreachable");
}

#[both_databases]
async fn nobody_writes_to_a_suspended_account(app: App) {
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    app.send_message(&tom, &conversation, "Hi").await;
    let path = format!("/admin/users/{}", tom.id);
    app.patch_as(&admin, &path, "*", json!({ "status": "SUSPENDED" })).await.expect(200);
    app.send_message_as(&lena, &conversation, "Tom?").await.expect_problem(403, "recipient_unreachable");
    app.open_conversation_as(&admin, &tom).await.expect_problem(403, "recipient_unreachable");
}

#[both_databases]
async fn the_members_of_a_new_conversation_are_validated(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.conversation_between(&lena, &tom).await;
    let body = json!({ "kind": "DIRECT", "memberIds": [tom.id], "title": "Two" });
    assert_eq!(app.post_as(&lena, "/conversations", body).await.expect(422).errors(), ["/title not_direct"]);
    let body = json!({ "kind": "GROUP", "memberIds": [tom.id] });
    assert_eq!(app.post_as(&lena, "/conversations", body).await.expect(422).errors(), ["/title required"]);
    let body = json!({ "kind": "GROUP", "memberIds": [tom.id], "title": "\u{200b}\u{202e} \u{3164}" });
    assert_eq!(app.post_as(&lena, "/conversations", body).await.expect(422).errors(), ["/title blank"]);
    let many: Vec<_> = (0..32).map(|_| app.db.environment().new_id::<kernel::Uuid>()).collect();
    app.post_as(&lena, "/conversations", json!({ "kind": "GROUP", "memberIds": many, "title": "x" }))
        .await
        .expect(422);
}

#[both_databases]
async fn two_people_share_one_direct_conversation(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (course, ..) = app.course(&app.trainer().await, json!({})).await;
    for learner in [&lena, &tom] {
        app.post_empty_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    let opened = (0..16).map(|n| {
        if n % 2 == 0 { app.open_conversation_as(&lena, &tom) } else { app.open_conversation_as(&tom, &lena) }
    });
    let replies = futures_util::future::join_all(opened).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[14], statuses[15], statuses[0]), (200, 201, 200), "{statuses:?}");
    let mut found: Vec<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
    found.dedup();
    assert_eq!(found.len(), 1);
    assert_eq!(app.count("SELECT count(*) FROM conversations").await, 1);
    assert_eq!(replies[0].at("/members").as_array().unwrap().len(), 2);
}

/// What a new account may not do yet, an older one may.
#[both_databases]
async fn new_accounts_are_limited(database: DatabaseKind) {
    let settings = [
        ("PALESTRA_NEW_ACCOUNT_CONVERSATIONS", "2"),
        ("PALESTRA_NEW_ACCOUNT_MESSAGES", "3"),
        ("PALESTRA_MESSAGES_FROM", "everyone"),
    ];
    let app = App::start_with(database, &settings).await;
    let lena = app.learner().await;
    let others = [app.learner().await, app.learner().await, app.learner().await];
    let opened =
        futures_util::future::join_all(others.iter().map(|other| app.open_conversation_as(&lena, other)))
            .await;
    let mut statuses: Vec<u16> = opened.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 429]);
    let refused = opened.iter().find(|reply| reply.status == 429).unwrap().clone();
    let refused = refused.expect_problem(429, "new_account_limit");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 80_000);
    let conversation = opened.iter().find(|reply| reply.status == 201).unwrap().text_at("/id");
    let sent = (0..8).map(|_| app.send_message_as(&lena, &conversation, "Hello"));
    let sent = futures_util::future::join_all(sent).await;
    assert_eq!(sent.iter().filter(|reply| reply.status == 201).count(), 3);
    let refused =
        app.send_message_as(&lena, &conversation, "Hello").await.expect_problem(429, "new_account_limit");
    assert!((1..=61).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    app.clock.advance(chrono::Duration::days(8));
    let lena = app.login(&lena.email, crate::support::PASSWORD).await;
    for _ in 0..5 {
        app.send_message(&lena, &conversation, "Hello").await;
    }
    for other in &others {
        app.open_conversation_as(&lena, other).await;
        assert!(app.open_conversation_as(&lena, other).await.status < 300);
    }
}
