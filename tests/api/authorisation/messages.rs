//! Conversations, blocks and live events.

use serde_json::{Value, json};

use super::{MEMBERS, Row};

pub(super) fn rows() -> Vec<Row> {
    let none = Value::Null;
    vec![
        ("listConversations", "GET /conversations", none.clone(), MEMBERS),
        // By now everybody has a course in common; the author has opened it already.
        (
            "openConversation",
            "POST /conversations",
            json!({ "kind": "DIRECT", "memberIds": ["{learner}"] }),
            [401, 201, 422, 201, 200, 201],
        ),
        (
            "getConversation",
            "GET /conversations/{conversation}",
            none.clone(),
            [401, 404, 200, 404, 200, 404],
        ),
        (
            "updateConversation",
            "PATCH /conversations/{group}",
            json!({ "title": "x" }),
            [401, 404, 403, 404, 200, 404],
        ),
        (
            "listMessages",
            "GET /conversations/{conversation}/messages",
            none.clone(),
            [401, 404, 200, 404, 200, 404],
        ),
        (
            "sendMessage",
            "POST /conversations/{conversation}/messages",
            json!({ "clientMessageId": "5f0c9d6e-8f0a-4b55-9f3e-8f7f2f1c9a10", "content": "x" }),
            [401, 404, 201, 404, 201, 404],
        ),
        (
            "readConversation",
            "PUT /conversations/{conversation}/read",
            json!({ "number": 1 }),
            [401, 404, 200, 404, 200, 404],
        ),
        ("getMessage", "GET /messages/{message}", none.clone(), [401, 404, 200, 404, 200, 404]),
        (
            "updateMessage",
            "PATCH /messages/{message}",
            json!({ "content": "x" }),
            [401, 404, 403, 404, 200, 404],
        ),
        ("deleteMessage", "DELETE /messages/{message}", none.clone(), [401, 404, 403, 404, 204, 404]),
        (
            "addConversationMember",
            "PUT /conversations/{group}/members/{learner}",
            none.clone(),
            [401, 404, 403, 404, 200, 404],
        ),
        (
            "removeConversationMember",
            "DELETE /conversations/{group}/members/{author}",
            none.clone(),
            [401, 404, 403, 404, 204, 404],
        ),
        ("getMyMessagePreferences", "GET /me/message-preferences", none.clone(), MEMBERS),
        (
            "updateMyMessagePreferences",
            "PATCH /me/message-preferences",
            json!({ "messagesFrom": "SHARED" }),
            MEMBERS,
        ),
        ("listMyBlocks", "GET /me/blocks", none.clone(), MEMBERS),
        ("blockUser", "PUT /me/blocks/{author}", none.clone(), [401, 200, 200, 200, 422, 200]),
        ("unblockUser", "DELETE /me/blocks/{author}", none.clone(), [401, 204, 204, 204, 204, 204]),
        // A stream, whose answer has no end: only who may open one is tried here, by what is refused. See `me/events.rs`.
        ("streamEvents", "GET /me/events?lastEventId=x&unknown=x", none.clone(), [422; 6]),
        ("createEventTicket", "POST /me/events/ticket", none.clone(), MEMBERS),
    ]
}
