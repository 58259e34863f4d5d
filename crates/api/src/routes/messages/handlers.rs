//! The operations about messages.

use community::{NewMessage, message};
use kernel::{ConversationId, MessageId};

use super::dto::{Message, MessagePage, MessageQuery, PatchMessage, SendMessage};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_messages, send_message, get_message, update_message, delete_message);
}

/// List the messages of a conversation
///
/// By their number, in either direction: to look back, page on from the newest; to catch up, use `sort=number` and `after` with the last
/// number that is known. A member sees the messages since they joined.
#[utoipa::path(get, path = "/conversations/{conversation_id}/messages",
    tag = "messages", operation_id = "listMessages", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id."), PageQuery, MessageQuery),
    responses((status = 200, description = "A page of messages.", body = MessagePage)))]
async fn list_messages(
    caller: Member,
    Path(id): Path<ConversationId>,
    list: List<MessageQuery>,
) -> Answer<MessagePage> {
    let List { filter, list_id, after, limit, .. } = list;
    let range = filter.range();
    let work = async move |tx| message::list(&tx, id, range, after, limit).await;
    Ok(Reply::ok(&MessagePage::of(list_id, caller.read(work).await?))?)
}

/// Send a message
///
/// Sent again with the same `clientMessageId`, also several times at once, it is the message that was there (200). All members of the
/// conversation are notified of it at `GET /me/events`.
#[utoipa::path(post, path = "/conversations/{conversation_id}/messages",
    tag = "messages", operation_id = "sendMessage", security(("bearer" = [])), request_body = SendMessage,
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    extensions(("x-problem-codes" = json!(["recipient_unreachable", "new_account_limit", "muted", "links_refused", "words_refused"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The message that was there.", body = Message),
        (status = 201, description = "The message.", body = Message)))]
async fn send_message(
    caller: Member,
    Path(id): Path<ConversationId>,
    key: Idempotency,
    body: Json<SendMessage>,
) -> Answer<Message> {
    let new = NewMessage::from(body.value);
    let messaging = caller.state.messaging;
    let work = async move |tx| {
        let (message, is_new) = message::send(&tx, &messaging, id, new).await?;
        let (location, version) = (format!("/messages/{}", message.id), message.version);
        let message = Message::from(message);
        let reply = if is_new { Reply::created(&location, &message) } else { Reply::ok(&message) };
        Ok(reply?.version(version))
    };
    let reply = key.run(&caller, "sendMessage", &body.raw, work).await?;
    caller.state.wake_worker.notify_one();
    Ok(reply)
}

/// Get a message
///
/// A message of a conversation of the caller's, which an event at `GET /me/events` names.
#[utoipa::path(get, path = "/messages/{message_id}",
    tag = "messages", operation_id = "getMessage", security(("bearer" = [])),
    params(("message_id" = Uuid, Path, description = "The message's id.")),
    responses((status = 200, description = "The message.", body = Message)))]
async fn get_message(caller: Member, Path(id): Path<MessageId>) -> Answer<Message> {
    let message = caller.read(async move |tx| message::get(&tx, id).await).await?;
    let version = message.version;
    Ok(Reply::ok(&Message::from(message))?.version_and_content(version))
}

/// Change a message
///
/// For its sender, within the time that the school allows: 15 minutes unless it is configured otherwise.
#[utoipa::path(patch, path = "/messages/{message_id}",
    tag = "messages", operation_id = "updateMessage", security(("bearer" = [])), request_body = PatchMessage,
    params(("message_id" = Uuid, Path, description = "The message's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "edit_window_over", "muted", "links_refused", "words_refused"]))),
    responses((status = 200, description = "The changed message.", body = Message)))]
async fn update_message(
    caller: Member,
    Path(id): Path<MessageId>,
    seen: IfMatch,
    body: Json<PatchMessage>,
) -> Answer<Message> {
    let (messaging, content) = (caller.state.messaging, body.value.content.map(Into::into));
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| message::edit(&tx, &messaging, id, matches, content).await;
    let message = caller.run(work).await?;
    let version = message.version;
    Ok(Reply::ok(&Message::from(message))?.version_and_content(version))
}

/// Delete a message
///
/// For its sender, at any time, and for all members: the text is gone, the number stays. Doing it again changes nothing.
#[utoipa::path(delete, path = "/messages/{message_id}",
    tag = "messages", operation_id = "deleteMessage", security(("bearer" = [])),
    params(("message_id" = Uuid, Path, description = "The message's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "The message is deleted.")))]
async fn delete_message(caller: Member, Path(id): Path<MessageId>) -> Answer<Nothing> {
    caller.run(async move |tx| message::delete(&tx, id).await).await?;
    Ok(Reply::no_content())
}
