//! The operations below `/conversations`, without messages.

use community::{NewConversation, conversation};
use kernel::{ConversationId, Result, UserId};

use super::dto::{Conversation, ConversationPage, OpenConversation, PatchConversation, ReadState, ReadUpTo};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_conversations,
        open_conversation,
        get_conversation,
        update_conversation,
        read_conversation,
        add_member,
        remove_member
    );
}

fn reply(conversation: community::Conversation) -> Result<Reply<Conversation>> {
    let version = conversation.version;
    Ok(Reply::ok(&Conversation::from(conversation))?.version_and_content(version))
}

/// List my conversations
///
/// The one with the latest message first, each with its last message and the number of unread ones. A direct conversation that somebody
/// else has opened is listed from its first message on.
#[utoipa::path(get, path = "/conversations",
    tag = "messages", operation_id = "listConversations", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of conversations.", body = ConversationPage)))]
async fn list_conversations(caller: Member, list: List) -> Answer<ConversationPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| conversation::list(&tx, after, limit).await;
    Ok(Reply::ok(&ConversationPage::of(list_id, caller.read(work).await?))?)
}

/// Open a conversation
///
/// A direct one with another person, or a group. A second direct one between the same two people is the first (200). People from whom a
/// block separates the caller, or who accept no messages from them, cannot be reached, and the answer does not tell why.
#[utoipa::path(post, path = "/conversations",
    tag = "messages", operation_id = "openConversation", security(("bearer" = [])), request_body = OpenConversation,
    extensions(("x-problem-codes" = json!(["recipient_unreachable", "new_account_limit", "list_full"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The conversation that was there.", body = Conversation),
        (status = 201, description = "The conversation.", body = Conversation)))]
async fn open_conversation(
    caller: Member,
    key: Idempotency,
    body: Json<OpenConversation>,
) -> Answer<Conversation> {
    let new = NewConversation::from(body.value);
    let messaging = caller.state.messaging;
    let work = async move |tx| {
        let (conversation, is_new) = conversation::open(&tx, &messaging, new).await?;
        if !is_new {
            return reply(conversation);
        }
        let (location, version) = (format!("/conversations/{}", conversation.id), conversation.version);
        Ok(Reply::created(&location, &Conversation::from(conversation))?.version_and_content(version))
    };
    Ok(key.run(&caller, "openConversation", &body.raw, work).await?)
}

/// Get a conversation
///
/// A conversation of the caller's.
#[utoipa::path(get, path = "/conversations/{conversation_id}",
    tag = "messages", operation_id = "getConversation", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    responses((status = 200, description = "The conversation.", body = Conversation)))]
async fn get_conversation(caller: Member, Path(id): Path<ConversationId>) -> Answer<Conversation> {
    Ok(reply(caller.read(async move |tx| conversation::get(&tx, id).await).await?)?)
}

/// Change the title of a group
///
/// For its owner.
#[utoipa::path(patch, path = "/conversations/{conversation_id}",
    tag = "messages", operation_id = "updateConversation", security(("bearer" = [])),
    request_body = PatchConversation,
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "direct_conversation"]))),
    responses((status = 200, description = "The changed conversation.", body = Conversation)))]
async fn update_conversation(
    caller: Member,
    Path(id): Path<ConversationId>,
    seen: IfMatch,
    body: Json<PatchConversation>,
) -> Answer<Conversation> {
    let title = body.value.title;
    let matches = move |version| seen.accepts(version);
    Ok(reply(caller.run(async move |tx| conversation::rename(&tx, id, matches, title).await).await?)?)
}

/// Mark messages as read
///
/// All messages up to this number. The read position never goes back: a lower number changes nothing. The other members are notified by a
/// live event.
#[utoipa::path(put, path = "/conversations/{conversation_id}/read",
    tag = "messages", operation_id = "readConversation", security(("bearer" = [])), request_body = ReadUpTo,
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    responses((status = 200, description = "How far the caller has read.", body = ReadState)))]
async fn read_conversation(
    caller: Member,
    Path(id): Path<ConversationId>,
    body: Json<ReadUpTo>,
) -> Answer<ReadState> {
    let number = body.value.number;
    let work = async move |tx| conversation::read(&tx, id, number).await;
    Ok(Reply::ok(&ReadState::from(caller.run(work).await?))?)
}

/// Add a member to a group
///
/// For its owner, and only people to whom the owner may write. New members see the messages from then on. Doing it again changes nothing.
#[utoipa::path(put, path = "/conversations/{conversation_id}/members/{user_id}",
    tag = "messages", operation_id = "addConversationMember", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id."),
        ("user_id" = Uuid, Path, description = "The member's user id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "direct_conversation", "recipient_unreachable", "list_full"]))),
    responses((status = 200, description = "The changed conversation.", body = Conversation)))]
async fn add_member(
    caller: Member,
    Path((id, user_id)): Path<(ConversationId, UserId)>,
) -> Answer<Conversation> {
    let messaging = caller.state.messaging;
    let work = async move |tx| conversation::add_member(&tx, &messaging, id, user_id).await;
    Ok(reply(caller.run(work).await?)?)
}

/// Remove a member from a group
///
/// Members may remove themselves, and the owner everybody. When the owner leaves, the member who has been there the longest becomes the
/// owner. A former member does not see the conversation any more.
#[utoipa::path(delete, path = "/conversations/{conversation_id}/members/{user_id}",
    tag = "messages", operation_id = "removeConversationMember", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id."),
        ("user_id" = Uuid, Path, description = "The member's user id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "direct_conversation"]))),
    responses((status = 204, description = "The person is not a member.")))]
async fn remove_member(
    caller: Member,
    Path((id, user_id)): Path<(ConversationId, UserId)>,
) -> Answer<Nothing> {
    caller.run(async move |tx| conversation::remove_member(&tx, id, user_id).await).await?;
    Ok(Reply::no_content())
}
