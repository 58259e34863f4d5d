//! The operations below `/me/events`.

use actix_web::HttpRequest;
use community::live;
use database::Pool;
use kernel::{Actor, Code, Result};

use super::dto::{EventQuery, EventTicket, LiveEvent};
use crate::http::{event_stream::EventStream, prelude::*};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, stream_events, create_ticket);
}

/// Stream my live events
///
/// A stream (`text/event-stream`) of what happens to the caller: `message.created`, `message.updated`, `message.deleted`,
/// `conversation.created`, `conversation.updated`, `conversation.read`, `notification.created`, `notification.read`; more kinds may be
/// added, and clients ignore those that they do not know. An event is a hint with ids, after which the client reads the state over REST. An
/// event may arrive twice, but never out of order.
///
/// The stream begins with `ready`: from then on, the client receives every change. With `Last-Event-ID` it goes on after the event that the
/// header names, also at another server and after a restart. Where that event is too old, unknown or another account's, `reset` says that
/// the state has to be read again. Without events, a comment is sent every 15 seconds. The stream ends after 15 minutes, and at once when the
/// session ends; then the client connects again.
#[utoipa::path(get, path = "/me/events",
    tag = "live", operation_id = "streamEvents", security((), ("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received.",
        max_length = 64, nullable = false, example = "9f3ac2d1-41"), EventQuery),
    extensions(("x-problem-codes" = json!(["unauthenticated", "too_many_streams"]))),
    responses((status = 200, description = "The stream; this is the `data` of each event.", body = LiveEvent,
        content_type = "text/event-stream",
        example = json!("id: 9f3ac2d1-42\nevent: message.created\ndata: {\"conversationId\":\"0198c0de-0000-7000-8000-000000000001\"}\n\n"))))]
async fn stream_events(
    Caller { actor, state }: Caller,
    request: HttpRequest,
    Query(EventQuery { last_event_id, ticket }): Query<EventQuery>,
) -> Result<EventStream, Problem> {
    let actor = match (actor, ticket) {
        (Actor::Anonymous, Some(ticket)) => {
            let redeem = async move |tx| live::redeem(&tx, &ticket).await;
            state.db.run_in(Pool::Auth, actor, redeem).await?
        }
        (Actor::Anonymous, None) => return Err(Code::Unauthenticated.into()),
        (actor, _) => actor,
    };
    let header = request.headers().get("last-event-id");
    // A header that is no text is no position, and is answered like an unknown one.
    let header = header.map(|value| value.to_str().unwrap_or_default().to_owned());
    let since = header.or(last_event_id);
    Ok(EventStream(state.streams.open(actor, since.as_deref()).await?))
}

/// Create a ticket for live events
///
/// The ticket opens `GET /me/events?ticket=…` once, within a minute, for a browser's `EventSource`, which cannot send an access token.
#[utoipa::path(post, path = "/me/events/ticket",
    tag = "live", operation_id = "createEventTicket", security(("bearer" = [])),
    responses((status = 200, description = "The ticket.", body = EventTicket)))]
async fn create_ticket(caller: Member) -> Answer<EventTicket> {
    let ticket = caller.run(async move |tx| live::create_ticket(&tx).await).await?;
    Ok(Reply::ok(&EventTicket::from(ticket))?)
}
