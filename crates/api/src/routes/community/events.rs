use actix_web::{HttpRequest, web::Data};
use chrono::{DateTime, Utc};
use community::live;
use database::Pool;
use kernel::{Actor, Code, ConversationId, MessageId, Result, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    http::{
        event_stream::EventStream,
        extract::{Caller, Member, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, stream_events, create_ticket);
}

/// What an event names, by its kind; nothing for `ready`, `reset` and `notification.…`. What it says is read where it points to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LiveEvent {
    /// Of `conversation.…` and `message.…`.
    #[schema(nullable = false)]
    conversation_id: Option<ConversationId>,
    /// Of `message.…`.
    #[schema(nullable = false)]
    message_id: Option<MessageId>,
    /// Of a message, or up to which somebody has read (`conversation.read`).
    #[schema(nullable = false, minimum = 0, example = 42)]
    number: Option<i64>,
    /// Who has read, of `conversation.read`.
    #[schema(nullable = false)]
    user_id: Option<UserId>,
}

/// Where to begin, and who asks where no header can be set.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventQuery {
    /// The id of the last event that was received, for whoever cannot set `Last-Event-ID`; the header counts where both are there.
    #[param(max_length = 64, nullable = false, example = "9f3ac2d1-41")]
    last_event_id: Option<String>,
    /// In place of the access token: from `POST /me/events/ticket`.
    #[param(
        max_length = 64,
        nullable = false,
        example = "kq0Zt4pWm2V5cJ1bYw8XrL3uG7hNfDs9QeAoTiBvCyM"
    )]
    ticket: Option<String>,
}

/// What opens a stream of events once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventTicket {
    /// For `?ticket=`.
    #[schema(example = "kq0Zt4pWm2V5cJ1bYw8XrL3uG7hNfDs9QeAoTiBvCyM")]
    ticket: String,
    /// Until when it is good: a minute.
    expires_at: DateTime<Utc>,
}

/// Live events
///
/// A stream (`text/event-stream`) of what happens to the caller: `message.created`, `message.updated`, `message.deleted`,
/// `conversation.created`, `conversation.updated`, `conversation.read`, `notification.created`, `notification.read`; more kinds are
/// added, and clients ignore what they do not know. An event is a hint: it names ids, and what they stand for is read over REST. It may come twice, never out of order.
///
/// The stream begins with `ready`: from here on everything is told. `Last-Event-ID` goes on behind the event that it names, also
/// at another server and after a restart; where that is too old, unknown or somebody else's, `reset` says that the state has to
/// be read anew. A comment comes every 15 seconds, the stream ends after 15 minutes, and at once where the session does; then
/// connect again.
#[utoipa::path(get, path = "/me/events",
    tag = "live", operation_id = "streamEvents", security(("bearer" = []), ()),
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received.",
        max_length = 64, example = "9f3ac2d1-41"), EventQuery),
    extensions(("x-problem-codes" = json!(["too_many_streams"]))),
    responses((status = 200, description = "The stream; `data` of each event is this.", body = LiveEvent,
        content_type = "text/event-stream",
        example = json!("id: 9f3ac2d1-42\nevent: message.created\ndata: {\"conversationId\":\"0198c0de-0000-7000-8000-000000000001\"}\n\n"))))]
async fn stream_events(
    state: Data<State>,
    Caller(caller): Caller,
    request: HttpRequest,
    Query(EventQuery {
        last_event_id,
        ticket,
    }): Query<EventQuery>,
) -> Result<EventStream, Problem> {
    let actor = match (caller, ticket) {
        (Actor::Anonymous, Some(ticket)) => {
            let take = move |tx| async move { live::redeem(&tx, &ticket).await };
            state.db.run_in(Pool::Auth, Actor::Anonymous, take).await?
        }
        (Actor::Anonymous, None) => return Err(Code::Unauthenticated.into()),
        (caller, _) => caller,
    };
    let header = request.headers().get("last-event-id");
    // What cannot be read is no position, and is answered like one that is unknown.
    let header = header.map(|value| value.to_str().unwrap_or_default().to_owned());
    let since = header.or(last_event_id);
    Ok(EventStream(state.streams.open(actor, since.as_deref()).await?))
}

/// A ticket for live events
///
/// Opens `GET /me/events?ticket=…` once, within a minute: a browser's `EventSource` cannot send an access token.
#[utoipa::path(post, path = "/me/events/ticket",
    tag = "live", operation_id = "createEventTicket", security(("bearer" = [])),
    responses((status = 200, description = "The ticket.", body = EventTicket)))]
async fn create_ticket(state: Data<State>, Member(actor): Member) -> Result<Reply<EventTicket>, Problem> {
    let work = move |tx| async move { live::ticket(&tx).await };
    let live::Ticket { ticket, expires_at } = state.db.run(actor, work).await?;
    Ok(Reply::ok(&EventTicket { ticket, expires_at })?)
}
