//! `/messages/{message}`: editing, deleting, secrecy.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    conversations::{mark_read, messages, two_people_talking},
    support::App,
};

#[both_databases]
async fn a_message_is_edited_by_its_sender_for_15_minutes(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    let sent = app.send_message(&lena, &conversation, "Sevn").await;
    let (path, tag) = (format!("/messages/{}", sent.text_at("/id")), sent.header("etag").to_owned());
    app.patch_as(&tom, &path, "*", json!({ "content": "Not mine" })).await.expect_problem(403, "forbidden");
    let edited = app.patch_as(&lena, &path, &tag, json!({ "content": "Seven\u{200b}" })).await.expect(200);
    assert_eq!((edited.at("/content"), edited.at("/version")), (json!("Seven"), json!(2)));
    assert!(edited.at("/editedAt").is_string());
    app.patch_as(&lena, &path, &tag, json!({ "content": "Eight" }))
        .await
        .expect_problem(412, "precondition_failed");
    let same = app.patch_as(&lena, &path, "*", json!({ "content": "Seven" })).await.expect(200);
    assert_eq!(same.at("/version"), 2);
    assert_eq!(
        app.patch_as(&lena, &path, "*", json!({ "content": "\u{202e}\u{200b} " })).await.expect(422).errors(),
        ["/content blank"]
    );
    app.clock.advance(chrono::Duration::minutes(16));
    let lena = app.login(&lena.email, crate::support::PASSWORD).await;
    app.patch_as(&lena, &path, "*", json!({ "content": "Eight" }))
        .await
        .expect_problem(409, "edit_window_over");
}

#[both_databases]
async fn a_deleted_message_leaves_a_placeholder(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    let secret = "Nothing of this may stay";
    let sent = app.send_message(&lena, &conversation, secret).await.text_at("/id");
    app.send_message(&lena, &conversation, "This stays").await;
    let path = format!("/messages/{sent}");
    app.delete_as(&tom, &path).await.expect_problem(403, "forbidden");
    app.delete_as(&lena, &path).await.expect(204);
    app.delete_as(&lena, &path).await.expect(204);
    let seen = messages(&app, &tom, &conversation, "?sort=number").await;
    assert_eq!(
        (seen[0]["content"].clone(), seen[0]["number"].clone(), seen.len()),
        (Value::Null, json!(1), 2)
    );
    assert!(seen[0]["deletedAt"].is_string());
    assert_eq!(
        app.get_as(&tom, "/conversations").await.at("/data/0/unreadCount"),
        1,
        "what was deleted is not unread"
    );
    app.patch_as(&lena, &path, "*", json!({ "content": "Back" }))
        .await
        .expect_problem(409, "edit_window_over");
    assert_eq!(app.count("SELECT count(*) FROM messages WHERE content IS NULL").await, 1);
    // The name under which it was sent stays taken.
    let name = app.get_as(&lena, &path).await.expect(200).at("/clientMessageId");
    let again = app
        .post_as(
            &lena,
            &format!("/conversations/{conversation}/messages"),
            json!({ "clientMessageId": name, "content": secret }),
        )
        .await;
    assert_eq!(again.expect(200).at("/content"), Value::Null);
}

#[both_databases]
async fn a_message_is_visible_to_members_only(app: App) {
    let (lena, _, conversation) = two_people_talking(&app).await;
    let (marta, admin) = (app.learner().await, app.admin().await);
    let message = app.send_message(&lena, &conversation, "For Tom").await.text_at("/id");
    for other in [&marta, &admin] {
        app.get_as(other, &format!("/messages/{message}")).await.expect_problem(404, "not_found");
        app.patch_as(other, &format!("/messages/{message}"), "*", json!({ "content": "x" }))
            .await
            .expect_problem(404, "not_found");
        app.delete_as(other, &format!("/messages/{message}")).await.expect_problem(404, "not_found");
        app.get_as(other, &format!("/conversations/{conversation}/messages"))
            .await
            .expect_problem(404, "not_found");
        mark_read(&app, other, &conversation, 1).await.expect_problem(404, "not_found");
        app.send_message_as(other, &conversation, "x").await.expect_problem(404, "not_found");
        assert_eq!(app.get_as(other, "/conversations").await.expect(200).at("/data"), json!([]));
    }
}

#[both_databases]
async fn message_text_is_stored_nowhere_else(app: App) {
    let (lena, tom, conversation) = two_people_talking(&app).await;
    let word = "xylophonequartz";
    let sent = app.send_message(&lena, &conversation, word).await.text_at("/id");
    app.patch_as(&lena, &format!("/messages/{sent}"), "*", json!({ "content": format!("{word} again") }))
        .await
        .expect(200);
    mark_read(&app, &tom, &conversation, 1).await.expect(200);
    for table in ["outbox", "live_events"] {
        let column = if table == "outbox" { "payload" } else { "data" };
        let sql = format!("SELECT count(*) FROM {table} WHERE CAST({column} AS text) LIKE '%{word}%'");
        assert_eq!(app.count(&sql).await, 0, "{table}");
    }
    assert!(app.count("SELECT count(*) FROM live_events").await >= 4);
}
