//! `/conversations/{conversation}/messages`: sending, numbering, pages, rules.

use serde_json::json;
use test_macros::both_databases;

use crate::{
    conversations::{messages, two_people_talking},
    support::App,
};

#[both_databases]
async fn of_64_concurrent_equal_sends_one_message_is_created(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    let body = json!({ "clientMessageId": app.db.environment().new_id::<kernel::Uuid>(), "content": "Once" });
    let path = format!("/conversations/{conversation}/messages");
    let sends = (0..64).map(|_| app.post_as(&lena, &path, body.clone()));
    let replies = futures_util::future::join_all(sends).await;
    let count = |status| replies.iter().filter(|reply| reply.status == status).count();
    // On PostgreSQL a request that finds no connection in time may be told to come again; none here does.
    assert_eq!((count(201), count(200)), (1, 63));
    let mut ids: Vec<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(messages(&app, &tom, &conversation, "").await.len(), 1);
    assert_eq!(app.count("SELECT count(*) FROM outbox WHERE kind = 'message.sent'").await, 1);
    // The same name for something else is a mistake; the same name of somebody else is another.
    let mut other = body.clone();
    other["content"] = json!("Twice");
    app.post_as(&lena, &path, other.clone()).await.expect_problem(422, "idempotency_key_reused");
    app.post_as(&tom, &path, other).await.expect(201);
}

#[both_databases]
async fn message_numbers_have_no_gaps_under_concurrency(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    let sends =
        (0..24).map(|n| app.send_message_as(if n % 2 == 0 { &lena } else { &tom }, &conversation, "x"));
    for reply in futures_util::future::join_all(sends).await {
        reply.expect(201);
    }
    let all = messages(&app, &lena, &conversation, "?limit=100&sort=number").await;
    let numbers: Vec<i64> = all.iter().map(|message| message["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
}

#[both_databases]
async fn messages_are_paged_in_both_directions(app: App) {
    let (lena, _, conversation) = two_people_talking(&app).await;
    for n in 1..=7 {
        app.send_message(&lena, &conversation, &format!("Message {n}")).await;
    }
    for (query, expected) in [
        ("sort=number", vec![1, 2, 3, 4, 5, 6, 7]),
        ("sort=-number", vec![7, 6, 5, 4, 3, 2, 1]),
        ("", vec![7, 6, 5, 4, 3, 2, 1]),
        ("sort=number&after=3", vec![4, 5, 6, 7]),
        ("before=4", vec![3, 2, 1]),
        ("sort=number&after=2&before=6", vec![3, 4, 5]),
        ("after=7", vec![]),
    ] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/conversations/{conversation}/messages?limit=2&{query}{cursor}");
            let page = app.get_as(&lena, path.trim_end_matches('&')).await.expect(200);
            found.extend(
                page.at("/data")
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|message| message["number"].as_i64().unwrap()),
            );
            let Some(next) = page.at("/nextCursor").as_str().map(str::to_owned) else {
                break;
            };
            cursor = format!("&cursor={next}").replace("&&", "&");
        }
        assert_eq!(found, expected, "{query}");
    }
}

#[both_databases]
async fn messages_obey_the_rules_of_the_school(app: App) {
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let sent = app.send_message(&lena, &conversation, "Plain").await;
    let rules = json!({ "blockedWords": ["miracle pill"], "links": "REFUSED", "slowModeSeconds": 60, "posting": "EDITORS" });
    app.patch_as(&admin, "/community-settings", "*", rules).await.expect(200);
    for (text, code) in [
        ("A Miracle\u{200b} Pill", "words_refused"),
        ("<miracle pill>", "words_refused"),
        ("See https://example.com", "links_refused"),
    ] {
        app.send_message_as(&lena, &conversation, text).await.expect_problem(422, code);
        let path = format!("/messages/{}", sent.text_at("/id"));
        app.patch_as(&lena, &path, "*", json!({ "content": text })).await.expect_problem(422, code);
    }
    // How often and who is for posts.
    app.send_message(&lena, &conversation, "Plain again").await;
    app.send_message(&lena, &conversation, "And again").await;
    let (moderator, muted): (kernel::Uuid, kernel::Uuid) =
        (admin.id.parse().unwrap(), lena.id.parse().unwrap());
    let actor = kernel::Actor::User {
        id: moderator.into(),
        role: kernel::Role::Admin,
        session: kernel::Uuid::nil().into(),
    };
    let impose = move |tx: database::Tx| async move {
        let end = tx.now() + chrono::Duration::hours(1);
        community::mute::impose(&tx, muted.into(), None, Some(end), None).await.map(drop)
    };
    app.db.run(actor, impose).await.unwrap();
    let refused = app.send_message_as(&lena, &conversation, "Plain").await.expect_problem(403, "muted");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 3500);
    app.send_message(&tom, &conversation, "Who is not muted may write").await;
}

#[both_databases]
async fn message_text_is_limited_and_cleaned(app: App) {
    let (lena, _, conversation) = two_people_talking(&app).await;
    app.send_message_as(&lena, &conversation, &"x".repeat(4001))
        .await
        .expect_problem(422, "validation_failed");
    app.send_message_as(&lena, &conversation, &"x".repeat(1_000_000))
        .await
        .expect_problem(413, "payload_too_large");
    app.send_message_as(&lena, &conversation, "\u{0}").await.expect_problem(422, "validation_failed");
    assert_eq!(
        app.send_message_as(&lena, &conversation, "\u{200b}\u{3164}\u{202e}").await.expect(422).errors(),
        ["/content blank"]
    );
    let sent = app.send_message(&lena, &conversation, "  evil\u{202e}txt.exe\nline <b>two</b>  ").await;
    assert_eq!(sent.at("/content"), "eviltxt.exe\nline <b>two</b>");
}
