//! `GET /me/events` and its tickets: live events over server-sent events.

use std::time::Duration;

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    me::{message_numbers, open_stream, stream_count},
    support::{App, DatabaseKind, EventStream, dump_database, eventually},
};

#[both_databases]
async fn members_of_a_conversation_receive_its_events(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let (mut at_lena, _) = open_stream(&app, &lena, None, Some("ready")).await;
    let (mut at_tom, _) = open_stream(&app, &tom, None, Some("ready")).await;
    let (mut at_toms_other, _) = open_stream(&app, &tom, None, Some("ready")).await;
    let (mut at_marta, _) = open_stream(&app, &marta, None, Some("ready")).await;
    let sent = app.send_message(&lena, &conversation, "Hello").await;
    for stream in [&mut at_lena, &mut at_tom, &mut at_toms_other] {
        let event = stream.next().await.unwrap();
        assert_eq!(event.kind, "message.created");
        assert_eq!(
            event.data,
            json!({ "conversationId": conversation, "messageId": sent.at("/id"), "number": 1 })
        );
    }
    app.put_as(&tom, &format!("/conversations/{conversation}/read"), json!({ "number": 1 }))
        .await
        .expect(200);
    let path = format!("/messages/{}", sent.text_at("/id"));
    app.patch_as(&lena, &path, "*", json!({ "content": "Hello!" })).await.expect(200);
    app.delete_as(&lena, &path).await.expect(204);
    for stream in [&mut at_lena, &mut at_tom] {
        assert_eq!(stream.next_kinds(3).await, ["conversation.read", "message.updated", "message.deleted"]);
    }
    // The first that Marta hears is what is hers.
    app.conversation_between(&lena, &marta).await;
    let group = app.create_group_as(&lena, &[&marta]).await.expect(201).text_at("/id");
    let event = at_marta.next().await.unwrap();
    assert_eq!(
        (event.kind.as_str(), &event.data),
        ("conversation.created", &json!({ "conversationId": group }))
    );
    // Whoever was taken out hears that, and nothing more.
    app.delete_as(&lena, &format!("/conversations/{group}/members/{}", marta.id)).await.expect(204);
    app.send_message(&lena, &group, "Alone").await;
    let other = app.open_conversation_as(&lena, &marta).await.text_at("/id");
    app.send_message(&lena, &other, "Sorry").await;
    assert_eq!(at_marta.next_kinds(2).await, ["conversation.updated", "message.created"]);
    assert_eq!(app.count(&format!("SELECT count(*) FROM live_events WHERE CAST(data AS text) LIKE '%{group}%' AND kind = 'message.created'")).await, 1);
}

#[both_databases]
async fn a_resumed_stream_delivers_missed_events_in_order(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let (mut stream, _) = open_stream(&app, &tom, None, Some("ready")).await;
    app.send_message(&lena, &conversation, "One").await;
    let first = stream.next().await.unwrap();
    drop(stream);
    // More than a page of them.
    for _ in 0..120 {
        app.send_message(&lena, &conversation, "More").await;
    }
    let (mut stream, _) = open_stream(&app, &tom, Some(&first.id), None).await;
    assert_eq!(message_numbers(&mut stream, 120).await, (2..=121).collect::<Vec<_>>());
    app.send_message(&lena, &conversation, "Now").await;
    let last = stream.next().await.unwrap();
    assert_eq!(last.data["number"], 122);
    // By the query, for whoever cannot set the header.
    let request = app.request("GET", &format!("/me/events?lastEventId={}", last.id)).bearer_auth(&tom.token);
    let (mut stream, begun) = EventStream::of(request).await;
    assert_eq!(begun, None);
    app.send_message(&lena, &conversation, "And now").await;
    assert_eq!(message_numbers(&mut stream, 1).await, [123]);
}

#[both_databases]
async fn a_head_request_opens_no_stream(app: App) {
    let lena = app.learner().await;
    // Over one connection: the second would wait for the end of the first.
    let client = reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
    for _ in 0..12 {
        let head = client
            .head(format!("{}/api/v1/me/events", app.base))
            .bearer_auth(&lena.token)
            .send()
            .await
            .unwrap();
        assert_eq!(head.status(), 200);
        let next = client.get(format!("{}/livez", app.base)).send().await.unwrap();
        assert_eq!(next.status(), 200);
    }
}

#[both_databases]
async fn an_unknown_position_is_answered_with_reset(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let (mut at_lena, _) = open_stream(&app, &lena, None, Some("ready")).await;
    let (mut at_tom, _) = open_stream(&app, &tom, None, Some("ready")).await;
    app.send_message(&lena, &conversation, "One").await;
    app.send_message(&lena, &conversation, "Two").await;
    let (of_lena, first) = (at_lena.next().await.unwrap().id, at_tom.next().await.unwrap().id);
    let last = at_tom.next().await.unwrap().id;
    let future = format!("{}-{}", last.split('-').next().unwrap(), 9_000_000);
    let none = String::new();
    for wrong in [&future, &of_lena, &"nonsense".to_owned(), &none, &"x".repeat(64)] {
        let (mut stream, reset) = open_stream(&app, &tom, Some(wrong), Some("reset")).await;
        // It stands at the end, and goes on from there.
        assert_eq!(reset.unwrap().id, last, "{wrong}");
        let sent = app.send_message(&lena, &conversation, "Three").await;
        let event = stream.next().await.unwrap();
        assert_eq!(event.data["messageId"], sent.at("/id"));
        app.sql("DELETE FROM live_events WHERE number > 2").await;
        app.sql("UPDATE live_cursors SET last_number = 2").await;
    }
    // Where the log does not reach back so far, either.
    app.sql("DELETE FROM live_events WHERE number = 1").await;
    open_stream(&app, &tom, Some(&first), None).await;
    app.sql("DELETE FROM live_events").await;
    open_stream(&app, &tom, Some(&first), Some("reset")).await;
    open_stream(&app, &tom, Some(&last), None).await;
}

#[both_databases]
async fn old_events_are_deleted_without_a_gap(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    for _ in 0..4 {
        app.send_message(&lena, &conversation, "Old").await;
    }
    // A bit older than the one before it, as a transaction that began earlier leaves it behind.
    let (old, young) = (app.db.environment().now() - chrono::Duration::days(8), app.db.environment().now());
    for (number, at) in [(1, old), (2, young), (3, old), (4, young)] {
        let at = at.format("%Y-%m-%d %H:%M:%S%.6f+00:00");
        app.sql(&format!("UPDATE live_events SET created_at = '{at}' WHERE number = {number}")).await;
    }
    let work = |tx| async move { community::live::sweep(&tx, Duration::from_secs(7 * 86_400)).await };
    assert_eq!(app.db.run_in(database::Pool::Worker, kernel::Actor::System, work).await.unwrap(), 6);
    assert_eq!(app.count("SELECT count(*) FROM live_events WHERE number = 4").await, 2);
    assert_eq!(app.count("SELECT count(*) FROM live_events").await, 2);
}

#[both_databases]
async fn a_ticket_opens_one_stream_within_a_minute(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let ticket = async || app.post_empty_as(&tom, "/me/events/ticket").await.expect(200).text_at("/ticket");
    let path = format!("/me/events?ticket={}", ticket().await);
    let (mut stream, first) = EventStream::of(app.request("GET", &path)).await;
    assert_eq!(first.unwrap().kind, "ready");
    app.get(&path).await.expect_problem(401, "token_invalid");
    app.send_message(&lena, &conversation, "Hello").await;
    assert_eq!(stream.next().await.unwrap().kind, "message.created");
    app.get("/me/events").await.expect_problem(401, "unauthenticated");
    app.get("/me/events?ticket=nonsense").await.expect_problem(401, "token_invalid");
    let late = ticket().await;
    app.clock.advance(chrono::Duration::seconds(61));
    app.get(&format!("/me/events?ticket={late}")).await.expect_problem(401, "token_invalid");
    // Only the hash of one is kept.
    let kept = ticket().await;
    assert!(!dump_database(&app).await.contains(&kept));
    // One of a session that has ended opens nothing.
    let tom_again = app.login(&tom.email, crate::support::PASSWORD).await;
    let ended = app.post_empty_as(&tom_again, "/me/events/ticket").await.expect(200).text_at("/ticket");
    app.post("/auth/logout", json!({ "refreshToken": tom_again.refresh_token })).await.expect(204);
    app.get(&format!("/me/events?ticket={ended}")).await.expect_problem(401, "session_revoked");
}

#[both_databases]
async fn a_stream_ends_with_its_session(app: App) {
    let (lena, admin) = (app.learner().await, app.admin().await);
    let (stream, _) = open_stream(&app, &lena, None, Some("ready")).await;
    app.post("/auth/logout", json!({ "refreshToken": lena.refresh_token })).await.expect(204);
    stream.end().await;
    let lena = app.login(&lena.email, crate::support::PASSWORD).await;
    let other = app.login(&lena.email, crate::support::PASSWORD).await;
    let (stream, _) = open_stream(&app, &lena, None, Some("ready")).await;
    let (others, _) = open_stream(&app, &other, None, Some("ready")).await;
    app.delete_as(&other, "/me/sessions").await.expect(204);
    stream.end().await;
    app.patch_as(&admin, &format!("/admin/users/{}", lena.id), "*", json!({ "status": "SUSPENDED" }))
        .await
        .expect(200);
    others.end().await;
    let refused = app.get_as(&other, "/me/events").await;
    refused.expect_problem(401, "session_revoked");
    eventually("the streams' end", || async { (stream_count(&app).await == 0).then_some(()) }).await;
}

/// Two servers on one database: a stream on one receives what happens on the other, and can be resumed there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_reach_streams_of_another_server() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let other_server = app.second_server().await;
    let (mut stream, _) = open_stream(&other_server, &tom, None, Some("ready")).await;
    app.send_message(&lena, &conversation, "One").await;
    let first = stream.next().await.unwrap();
    assert_eq!(first.data["number"], 1);
    other_server.send_message(&tom, &conversation, "Two").await;
    assert_eq!(stream.next().await.unwrap().data["number"], 2);
    let (mut here, _) = open_stream(&app, &tom, Some(&first.id), None).await;
    assert_eq!(here.next().await.unwrap().data["number"], 2);
    // The end of a session reaches the other server too.
    app.post("/auth/logout", json!({ "refreshToken": tom.refresh_token })).await.expect(204);
    stream.end().await;
    here.end().await;
    drop(other_server);
}

/// Concurrent messages to one reader arrive numbered in commit order, without a gap.
#[both_databases]
async fn concurrent_events_arrive_in_commit_order(app: App) {
    let tom = app.learner().await;
    let (mut friends, mut conversations) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let friend = app.learner().await;
        conversations.push(app.conversation_between(&friend, &tom).await);
        friends.push(friend);
    }
    let (mut stream, _) = open_stream(&app, &tom, None, Some("ready")).await;
    let sends = (0..80).map(|n| app.send_message_as(&friends[n % 4], &conversations[n % 4], "x"));
    let sent = futures_util::future::join_all(sends).await;
    let mut expected: Vec<Value> = sent.into_iter().map(|reply| reply.expect(201).at("/id")).collect();
    let (mut received, mut last) = (Vec::new(), 0);
    while received.len() < 80 {
        let event = stream.next().await.unwrap();
        let number: i64 = event.id.rsplit('-').next().unwrap().parse().unwrap();
        assert_eq!(number, last + 1);
        last = number;
        received.push(event.data["messageId"].clone());
    }
    let by_text = |id: &Value| id.to_string();
    received.sort_by_key(by_text);
    expected.sort_by_key(by_text);
    assert_eq!(received, expected);
}
