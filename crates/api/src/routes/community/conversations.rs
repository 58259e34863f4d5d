use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::{NewConversation, conversation};
use database::Pool;
use kernel::{ConversationId, Result, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Person, messages::Message};
use crate::{
    http::{
        extract::{Idempotency, IfMatch, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::shared::{PageQuery, page},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
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

/// A conversation as one of its members sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Conversation {
    /// The conversation's id.
    id: ConversationId,
    /// `DIRECT`: of two. `GROUP`: of a few, with a title. More may be added.
    #[schema(example = "GROUP")]
    kind: String,
    /// A group's.
    #[schema(example = "Sunday runners")]
    title: Option<String>,
    /// Everybody who is in it, in the order in which they came.
    members: Vec<ConversationMember>,
    /// The last message; null where there is none that the caller may see.
    last_message: Option<Message>,
    /// Up to which message the caller has read.
    #[schema(minimum = 0, example = 41)]
    read_number: i64,
    /// How many messages of others the caller has not read. 1,000 is 1,000 or more.
    #[schema(minimum = 0, maximum = 1000, example = 1)]
    unread_count: i64,
    /// When it was opened.
    created_at: DateTime<Utc>,
    /// When its title or its members last changed.
    updated_at: DateTime<Utc>,
    /// When something was last written in it.
    active_at: DateTime<Utc>,
}

/// Somebody who is in a conversation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConversationMember {
    /// Who.
    user: Person,
    /// Whether they own the group.
    is_owner: bool,
    /// Since when they are in it.
    joined_at: DateTime<Utc>,
}

impl From<community::Conversation> for Conversation {
    fn from(conversation: community::Conversation) -> Self {
        let community::Conversation {
            id,
            kind,
            title,
            members,
            last_message,
            read_number,
            unread_count,
            version: _,
            created_at,
            updated_at,
            active_at,
        } = conversation;
        Self {
            id,
            kind,
            title,
            members: members.into_iter().map(Into::into).collect(),
            last_message: last_message.map(Into::into),
            read_number,
            unread_count,
            created_at,
            updated_at,
            active_at,
        }
    }
}

impl From<community::Member> for ConversationMember {
    fn from(member: community::Member) -> Self {
        let community::Member {
            person,
            is_owner,
            joined_at,
        } = member;
        Self {
            user: person.into(),
            is_owner,
            joined_at,
        }
    }
}

page! {
    /// A page of conversations.
    ConversationPage of Conversation
}

/// What kind of conversation.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ConversationKind {
    /// Of two; there is one between the same two.
    Direct,
    /// Of up to 32, with a title.
    Group,
}

/// A conversation to be opened.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "kind": "GROUP", "title": "Sunday runners",
    "memberIds": ["0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000002"] }))]
struct OpenConversation {
    /// Of two, or of a group.
    kind: ConversationKind,
    /// With whom: one for a direct conversation.
    #[schema(min_items = 1, max_items = 31)]
    member_ids: Vec<UserId>,
    /// A group's title.
    #[schema(min_length = 1, max_length = 100, example = "Sunday runners")]
    title: Option<String>,
}

/// What changes in a conversation.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchConversation {
    /// A group's title.
    #[schema(
        min_length = 1,
        max_length = 100,
        nullable = false,
        example = "Sunday runners"
    )]
    title: Option<String>,
}

/// How far the caller has read.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReadUpTo {
    /// The number of the last message that was seen.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 0)]
    number: i64,
}

/// How far the caller has read, and what is left.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReadState {
    /// The conversation.
    conversation_id: ConversationId,
    /// Up to which message.
    #[schema(minimum = 0, example = 42)]
    read_number: i64,
    /// How many messages of others are left. 1,000 is 1,000 or more.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    unread_count: i64,
}

impl From<community::ReadState> for ReadState {
    fn from(read: community::ReadState) -> Self {
        let community::ReadState {
            conversation_id,
            read_number,
            unread_count,
        } = read;
        Self {
            conversation_id,
            read_number,
            unread_count,
        }
    }
}

fn reply(conversation: community::Conversation) -> Result<Reply<Conversation>> {
    let version = conversation.version;
    Ok(Reply::ok(&Conversation::from(conversation))?.version_and_content(version))
}

/// My conversations
///
/// The one in which something was last written first, each with its last message and how much of it is unread. A direct one that
/// somebody else has opened is here once something is written in it.
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
    Ok(Reply::ok(&ConversationPage::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Open a conversation
///
/// A direct one with somebody, or a group. A second direct one between the same two is the first (200). Whoever is blocked,
/// either way, or takes no messages from the caller cannot be reached, and the answer does not tell why.
#[utoipa::path(post, path = "/conversations",
    tag = "messages", operation_id = "openConversation", security(("bearer" = [])), request_body = OpenConversation,
    extensions(("x-problem-codes" = json!(["recipient_unreachable", "new_account_limit", "list_full"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The conversation that is there.", body = Conversation),
        (status = 201, description = "The conversation.", body = Conversation)))]
async fn open_conversation(
    state: Data<State>,
    Member(actor): Member,
    key: Idempotency,
    body: Json<OpenConversation>,
) -> Result<Reply<Conversation>, Problem> {
    let OpenConversation {
        kind,
        member_ids,
        title,
    } = body.value;
    let kind = match kind {
        ConversationKind::Direct => community::ConversationKind::Direct,
        ConversationKind::Group => community::ConversationKind::Group,
    };
    let new = NewConversation {
        kind,
        member_ids,
        title,
    };
    let messaging = state.messaging;
    let work = move |tx| async move {
        let (conversation, is_new) = conversation::open(&tx, &messaging, new).await?;
        if !is_new {
            return reply(conversation);
        }
        let (location, version) = (
            format!("/conversations/{}", conversation.id),
            conversation.version,
        );
        Ok(Reply::created(&location, &Conversation::from(conversation))?.version_and_content(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "openConversation", &body.raw, work)
        .await?)
}

/// A conversation
///
/// Of the caller's.
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

/// Rename a group
///
/// Its owner.
#[utoipa::path(patch, path = "/conversations/{conversation_id}",
    tag = "messages", operation_id = "updateConversation", security(("bearer" = [])),
    request_body = PatchConversation,
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "direct_conversation"]))),
    responses((status = 200, description = "The conversation as it is now.", body = Conversation)))]
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

/// Say how far I have read
///
/// Up to this message. It never goes back: an older number changes nothing. The other members hear of it.
#[utoipa::path(put, path = "/conversations/{conversation_id}/read",
    tag = "messages", operation_id = "readConversation", security(("bearer" = [])), request_body = ReadUpTo,
    params(("conversation_id" = Uuid, Path, description = "The conversation's id.")),
    responses((status = 200, description = "How far the caller has read now.", body = ReadState)))]
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

/// Take somebody into a group
///
/// Its owner, whom the caller may write to. They see what is written from then on. Doing it again changes nothing.
#[utoipa::path(put, path = "/conversations/{conversation_id}/members/{user_id}",
    tag = "messages", operation_id = "addConversationMember", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id."),
        ("user_id" = Uuid, Path, description = "Who.")),
    extensions(("x-problem-codes" = json!(["forbidden", "direct_conversation", "recipient_unreachable", "list_full"]))),
    responses((status = 200, description = "The conversation as it is now.", body = Conversation)))]
async fn add_member(
    state: Data<State>,
    Member(actor): Member,
    Path((id, user_id)): Path<(ConversationId, UserId)>,
) -> Result<Reply<Conversation>, Problem> {
    let messaging = state.messaging;
    let work = move |tx| async move { conversation::add_member(&tx, &messaging, id, user_id).await };
    Ok(reply(state.db.run(actor, work).await?)?)
}

/// Leave a group, or take somebody out
///
/// Everybody themselves, the owner anybody. Where the owner leaves, whoever has been there longest owns it. Whoever is out sees
/// nothing of it any more.
#[utoipa::path(delete, path = "/conversations/{conversation_id}/members/{user_id}",
    tag = "messages", operation_id = "removeConversationMember", security(("bearer" = [])),
    params(("conversation_id" = Uuid, Path, description = "The conversation's id."),
        ("user_id" = Uuid, Path, description = "Who.")),
    extensions(("x-problem-codes" = json!(["forbidden", "direct_conversation"]))),
    responses((status = 204, description = "They are not in it.")))]
async fn remove_member(
    state: Data<State>,
    Member(actor): Member,
    Path((id, user_id)): Path<(ConversationId, UserId)>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { conversation::remove_member(&tx, id, user_id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
