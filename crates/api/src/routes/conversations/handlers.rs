//! The operations below `/conversations`, without messages.

use actix_web::web::Data;
use community::{NewConversation, conversation};
use database::Pool;
use kernel::{ConversationId, Result, UserId};

use super::dto::{Conversation, ConversationPage, OpenConversation, PatchConversation, ReadState, ReadUpTo};
use crate::{
    http::{
        extract::{Idempotency, IfMatch, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::shared::PageQuery,
    state::State,
};

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
async fn list_conversations(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<ConversationPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { conversation::list(&tx, after, limit).await };
    Ok(Reply::ok(&ConversationPage::from(state.db.read(actor, work).await?))?)
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
    state: Data<State>,
    Member(actor): Member,
    key: Idempotency,
    body: Json<OpenConversation>,
) -> Result<Reply<Conversation>, Problem> {
    let new = NewConversation::from(body.value);
    let messaging = state.messaging;
    let work = move |tx| async move {
        let (conversation, is_new) = conversation::open(&tx, &messaging, new).await?;
        if !is_new {
            return reply(conversation);
        }
        let (location, version) = (format!("/conversations/{}", conversation.id), conversation.version);
        Ok(Reply::created(&location, &Conversation::from(conversation))?.version_and_content(version))
    };
    Ok(key.run(&state.db, (Pool::App, actor), "openConversation", &body.raw, work).await?)
}

/// Get a conversation
///
/// A conversation of the caller's.
#[utoipa::path(get, path = "/conversations/{conversation_id}",
    tag = "messages", operation_id = "getConversation", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    responses((status = 200, description = "The conversation.", body = Conversation)))]
async fn get_conversation(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ConversationId>,
) -> Result<Reply<Conversation>, Problem> {
    let work = move |tx| async move { conversation::get(&tx, id).await };
    Ok(reply(state.db.read(actor, work).await?)?)
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
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ConversationId>,
    seen: IfMatch,
    body: Json<PatchConversation>,
) -> Result<Reply<Conversation>, Problem> {
    let title = body.value.title;
    let matches = move |version| seen.accepts(version);
    let work = move |tx| async move { conversation::rename(&tx, id, matches, title).await };
    Ok(reply(state.db.run(actor, work).await?)?)
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
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ConversationId>,
    body: Json<ReadUpTo>,
) -> Result<Reply<ReadState>, Problem> {
    let number = body.value.number;
    let work = move |tx| async move { conversation::read(&tx, id, number).await };
    Ok(Reply::ok(&ReadState::from(state.db.run(actor, work).await?))?)
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
    state: Data<State>,
    Member(actor): Member,
    Path((id, user_id)): Path<(ConversationId, UserId)>,
) -> Result<Reply<Conversation>, Problem> {
    let messaging = state.messaging;
    let work = move |tx| async move { conversation::add_member(&tx, &messaging, id, user_id).await };
    Ok(reply(state.db.run(actor, work).await?)?)
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
    state: Data<State>,
    Member(actor): Member,
    Path((id, user_id)): Path<(ConversationId, UserId)>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { conversation::remove_member(&tx, id, user_id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
