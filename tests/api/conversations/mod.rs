//! `/conversations`: people talking in private.

mod get;
mod members;
mod messages;
mod post;
mod read;

use serde_json::{Value, json};

use crate::support::{App, Person};

/// The ids of a page's rows.
pub(crate) fn ids(reply: &crate::support::Reply) -> Vec<String> {
    let rows = reply.at("/data");
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(id).collect()
}

pub(crate) async fn accept_messages_from(app: &App, who: &Person, from: &str) {
    let body = json!({ "messagesFrom": from });
    app.patch_as(who, "/me/message-preferences", "*", body).await.expect(200);
}

/// Two learners with a direct conversation.
pub(crate) async fn two_people_talking(app: &App) -> (Person, Person, String) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    (lena, tom, conversation)
}

pub(crate) async fn messages(app: &App, who: &Person, conversation: &str, query: &str) -> Vec<Value> {
    let path = format!("/conversations/{conversation}/messages{query}");
    app.get_as(who, &path).await.expect(200).at("/data").as_array().unwrap().clone()
}

pub(crate) async fn mark_read(
    app: &App,
    who: &Person,
    conversation: &str,
    number: i64,
) -> crate::support::Reply {
    let path = format!("/conversations/{conversation}/read");
    app.put_as(who, &path, json!({ "number": number })).await
}
