//! `/me/message-preferences`.

use serde_json::json;
use test_macros::both_databases;

use crate::{conversations::accept_messages_from, support::App};

#[both_databases]
async fn a_member_chooses_who_may_write(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let preferences = app.get_as(&tom, "/me/message-preferences").await.expect(200);
    assert_eq!((preferences.at("/messagesFrom"), preferences.header("etag")), (json!("SHARED"), "\"0\""));
    accept_messages_from(&app, &tom, "EVERYONE").await;
    let stale =
        app.patch_as(&tom, "/me/message-preferences", "\"0\"", json!({ "messagesFrom": "NOBODY" })).await;
    stale.expect_problem(412, "precondition_failed");
    let conversation = app.open_conversation_as(&lena, &tom).await.expect(201).text_at("/id");
    app.send_message(&lena, &conversation, "Hello").await;
    accept_messages_from(&app, &tom, "NOBODY").await;
    app.send_message_as(&lena, &conversation, "Hello?").await.expect_problem(403, "recipient_unreachable");
    let admin = app.admin().await;
    app.open_conversation_as(&admin, &tom).await.expect(201);
    // What is refused to them is not refused to Tom.
    app.open_conversation_as(&tom, &lena).await.expect(200);
    let (course, ..) = app.course(&app.trainer().await, json!({})).await;
    for learner in [&lena, &tom] {
        app.post_empty_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    app.send_message_as(&lena, &conversation, "We have a course in common")
        .await
        .expect_problem(403, "recipient_unreachable");
    app.send_message(&tom, &conversation, "Well then").await;
    app.send_message(&lena, &conversation, "Thanks").await;
    app.patch_as(&tom, "/me/message-preferences", "*", json!({ "messagesFrom": "FRIENDS" }))
        .await
        .expect(422);
}
