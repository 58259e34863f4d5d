use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::{MessageRange, NewMessage, message};
use database::Pool;
use kernel::{ConversationId, Cursor, Limit, MessageId, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Person;
use crate::{
    http::{
        extract::{Idempotency, IfMatch, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::shared::{default_limit, page},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_messages,
        send_message,
        get_message,
        update_message,
        delete_message
    );
}

/// A message as one of the conversation's members sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// The message's id.
    id: MessageId,
    /// Where it was sent.
    conversation_id: ConversationId,
    /// 1, 2, 3, … in its conversation, without gaps.
    #[schema(minimum = 1, example = 42)]
    number: i64,
    /// Who sent it.
    sender: Person,
    /// The sender's own name for it; null for everybody else.
    client_message_id: Option<Uuid>,
    /// Plain text; null where it was deleted or taken away, and nothing but its place is left.
    #[schema(example = "See you at the gym at six?")]
    content: Option<String>,
    /// Of the caller's own: whether everybody else has read it. Of others': whether the caller has.
    is_read: bool,
    /// In a direct conversation: since when.
    read_at: Option<DateTime<Utc>>,
    /// When its content was last changed.
    edited_at: Option<DateTime<Utc>>,
    /// When its sender deleted it for all.
    deleted_at: Option<DateTime<Utc>>,
    /// When a moderator took it away.
    removed_at: Option<DateTime<Utc>>,
    /// Grows with every change; what `If-Match` names.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When it was sent.
    created_at: DateTime<Utc>,
}

impl From<community::Message> for Message {
    fn from(message: community::Message) -> Self {
        let community::Message {
            id,
            conversation_id,
            number,
            sender,
            client_message_id,
            content,
            is_read,
            read_at,
            edited_at,
            deleted_at,
            removed_at,
            version,
            created_at,
        } = message;
        Self {
            id,
            conversation_id,
            number,
            sender: sender.into(),
            client_message_id,
            content,
            is_read,
            read_at,
            edited_at,
            deleted_at,
            removed_at,
            version,
            created_at,
        }
    }
}

page! {
    /// A page of messages.
    MessagePage of Message
}

/// A message to be sent.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SendMessage {
    /// The sender's own name for it, new for each message that is meant. Sent again, it is the same message.
    #[schema(example = "5f0c9d6e-8f0a-4b55-9f3e-8f7f2f1c9a10")]
    client_message_id: Uuid,
    /// Plain text. What nobody sees, such as marks that turn the direction of text, is left out.
    #[schema(
        min_length = 1,
        max_length = 4000,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "See you at the gym at six?"
    )]
    content: String,
}

/// What changes in a message.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchMessage {
    /// Plain text.
    #[schema(
        min_length = 1,
        max_length = 4000,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "See you at the gym at seven?"
    )]
    content: Option<String>,
}

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
enum MessageOrder {
    /// The oldest first.
    #[serde(rename = "number")]
    Ascending,
    /// The newest first.
    #[serde(rename = "-number")]
    Descending,
}

/// Which messages.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessageQuery {
    /// Only messages with a greater number.
    #[param(
        minimum = 0,
        maximum = 9_007_199_254_740_991_i64,
        nullable = false,
        example = 41
    )]
    after: Option<i64>,
    /// Only messages with a lesser number.
    #[param(
        minimum = 0,
        maximum = 9_007_199_254_740_991_i64,
        nullable = false,
        example = 100
    )]
    before: Option<i64>,
    /// In which order; the newest first where it is missing.
    #[param(inline, nullable = false)]
    sort: Option<MessageOrder>,
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before, with the same `sort`.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
}

/// Messages of a conversation
///
/// By number, either way: to look back, page on from the newest; to catch up, `sort=number` and `after` the last number that is
/// known. Who came into a group later sees what was written since.
#[utoipa::path(get, path = "/conversations/{conversation_id}/messages",
    tag = "messages", operation_id = "listMessages", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id."), MessageQuery),
    responses((status = 200, description = "A page of messages.", body = MessagePage)))]
async fn list_messages(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ConversationId>,
    Query(query): Query<MessageQuery>,
) -> Result<Reply<MessagePage>, Problem> {
    let range = MessageRange {
        after: query.after,
        before: query.before,
        ascending: query.sort == Some(MessageOrder::Ascending),
    };
    let cursor = query.cursor.as_deref().and_then(Cursor::decode);
    let limit = Limit::new(query.limit);
    let work = move |tx| async move { message::list(&tx, id, range, cursor, limit).await };
    Ok(Reply::ok(&MessagePage::from(state.db.read(actor, work).await?))?)
}

/// Send a message
///
/// Sent again with the same `clientMessageId`, also many times at once, it is the message that is there (200). Everybody in the
/// conversation hears of it at `GET /me/events`.
#[utoipa::path(post, path = "/conversations/{conversation_id}/messages",
    tag = "messages", operation_id = "sendMessage", security(("bearer" = [])), request_body = SendMessage,
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    extensions(("x-problem-codes" = json!(["recipient_unreachable", "new_account_limit", "muted", "links_refused", "words_refused"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The message that is there.", body = Message),
        (status = 201, description = "The message.", body = Message)))]
async fn send_message(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ConversationId>,
    key: Idempotency,
    body: Json<SendMessage>,
) -> Result<Reply<Message>, Problem> {
    let SendMessage {
        client_message_id,
        content,
    } = body.value;
    let new = NewMessage {
        client_message_id,
        content,
    };
    let messaging = state.messaging;
    let work = move |tx| async move {
        let (message, is_new) = message::send(&tx, &messaging, id, new).await?;
        let (location, version) = (format!("/messages/{}", message.id), message.version);
        let message = Message::from(message);
        let reply = if is_new {
            Reply::created(&location, &message)
        } else {
            Reply::ok(&message)
        };
        Ok(reply?.version(version))
    };
    let reply = key
        .run(&state.db, (Pool::App, actor), "sendMessage", &body.raw, work)
        .await?;
    state.wake_worker.notify_one();
    Ok(reply)
}

/// A message
///
/// Of a conversation of the caller's: what an event at `GET /me/events` names.
#[utoipa::path(get, path = "/messages/{message_id}",
    tag = "messages", operation_id = "getMessage", security(("bearer" = [])),
    params(("message_id" = Uuid, Path, description = "The message's id.")),
    responses((status = 200, description = "The message.", body = Message)))]
async fn get_message(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<MessageId>,
) -> Result<Reply<Message>, Problem> {
    let work = move |tx| async move { message::get(&tx, id).await };
    let message = state.db.read(actor, work).await?;
    let version = message.version;
    Ok(Reply::ok(&Message::from(message))?.version_and_content(version))
}

/// Edit a message
///
/// Its sender, within the time that the school gives (a quarter of an hour unless it is set otherwise).
#[utoipa::path(patch, path = "/messages/{message_id}",
    tag = "messages", operation_id = "updateMessage", security(("bearer" = [])), request_body = PatchMessage,
    params(("message_id" = Uuid, Path, description = "The message's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "edit_window_over", "muted", "links_refused", "words_refused"]))),
    responses((status = 200, description = "The message as it is now.", body = Message)))]
async fn update_message(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<MessageId>,
    seen: IfMatch,
    body: Json<PatchMessage>,
) -> Result<Reply<Message>, Problem> {
    let (messaging, content) = (state.messaging, body.value.content);
    let matches = move |version| seen.accepts(version);
    let work = move |tx| async move { message::edit(&tx, &messaging, id, matches, content).await };
    let message = state.db.run(actor, work).await?;
    let version = message.version;
    Ok(Reply::ok(&Message::from(message))?.version_and_content(version))
}

/// Delete a message
///
/// Its sender, at any time, for everybody: what it said is gone, its place in the conversation stays. Doing it again changes
/// nothing.
#[utoipa::path(delete, path = "/messages/{message_id}",
    tag = "messages", operation_id = "deleteMessage", security(("bearer" = [])),
    params(("message_id" = Uuid, Path, description = "The message's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_message(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<MessageId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { message::delete(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
