//! `PUT /conversations/{conversation}/read`: read markers and unread counts.

use serde_json::json;
use test_macros::both_databases;

use crate::{
    conversations::{mark_read, messages, two_people_talking},
    support::{App, Person},
};

#[both_databases]
async fn the_read_marker_never_moves_back(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    for n in 1..=3 {
        app.send_message(&lena, &conversation, &format!("Message {n}")).await;
    }
    app.send_message(&tom, &conversation, "Mine").await;
    let unread = async |who: &Person| {
        app.get_as(who, &format!("/conversations/{conversation}")).await.expect(200).at("/unreadCount")
    };
    // One's own are not unread, and to write is not to have read.
    assert_eq!((unread(&tom).await, unread(&lena).await), (json!(3), json!(1)));
    let state = mark_read(&app, &tom, &conversation, 2).await.expect(200);
    assert_eq!((state.at("/readNumber"), state.at("/unreadCount")), (json!(2), json!(1)));
    let back = mark_read(&app, &tom, &conversation, 1).await.expect(200);
    assert_eq!((back.at("/readNumber"), back.at("/unreadCount")), (json!(2), json!(1)));
    let beyond = mark_read(&app, &tom, &conversation, 5).await.expect_problem(422, "validation_failed");
    assert_eq!(beyond.errors(), ["/number unknown_message"]);
}

#[both_databases]
async fn the_sender_sees_since_when_a_message_is_read(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    for n in 1..=3 {
        app.send_message(&lena, &conversation, &format!("Message {n}")).await;
    }
    app.send_message(&tom, &conversation, "Mine").await;
    let unread = async |who: &Person| {
        app.get_as(who, &format!("/conversations/{conversation}")).await.expect(200).at("/unreadCount")
    };
    mark_read(&app, &tom, &conversation, 2).await.expect(200);
    let mine = messages(&app, &lena, &conversation, "?sort=number").await;
    let is_read: Vec<bool> = mine.iter().map(|message| message["isRead"].as_bool().unwrap()).collect();
    assert_eq!(is_read, [true, true, false, false]);
    let since = mine[0]["readAt"].clone();
    assert!(since.is_string() && mine[1]["readAt"] == since && mine[2]["readAt"].is_null());
    app.clock.advance(chrono::Duration::minutes(1));
    mark_read(&app, &tom, &conversation, 4).await.expect(200);
    let mine = messages(&app, &lena, &conversation, "?sort=number").await;
    assert!(mine[0]["readAt"] == since && mine[2]["readAt"].as_str() > since.as_str());
    assert_eq!(unread(&tom).await, 0);
}

#[both_databases]
async fn concurrent_read_markers_end_at_the_greatest(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    for n in 1..=3 {
        app.send_message(&lena, &conversation, &format!("Message {n}")).await;
    }
    app.send_message(&tom, &conversation, "Mine").await;
    let reads = (1..=4).rev().map(|number| mark_read(&app, &lena, &conversation, number));
    futures_util::future::join_all(reads).await;
    assert_eq!(mark_read(&app, &lena, &conversation, 0).await.expect(200).at("/readNumber"), 4);
}

#[both_databases]
async fn a_group_message_is_read_when_all_members_read_it(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    app.conversation_between(&lena, &tom).await;
    app.conversation_between(&lena, &marta).await;
    let group = app.create_group_as(&lena, &[&tom, &marta]).await.expect(201).text_at("/id");
    let message = app.send_message(&lena, &group, "Sunday at nine?").await.text_at("/id");
    let is_read = async || app.get_as(&lena, &format!("/messages/{message}")).await.expect(200).at("/isRead");
    mark_read(&app, &tom, &group, 1).await.expect(200);
    assert_eq!(is_read().await, false);
    mark_read(&app, &marta, &group, 1).await.expect(200);
    assert_eq!(is_read().await, true);
}
