//! The operations at `/me/message-preferences`.

use actix_web::web::Data;
use kernel::Result;

use super::dto::{MessagePreferences, PatchMessagePreferences};
use crate::{
    http::{
        extract::{IfMatch, Json, Member},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_message_preferences, update_message_preferences);
}

fn reply(preferences: community::MessagePreferences) -> Result<Reply<MessagePreferences>, Problem> {
    let version = preferences.version;
    Ok(Reply::ok(&MessagePreferences::from(preferences))?.version(version))
}

/// Get my message preferences
///
/// From whom the caller accepts messages: the school's default, until they decide.
#[utoipa::path(get, path = "/me/message-preferences",
    tag = "messages", operation_id = "getMyMessagePreferences", security(("bearer" = [])),
    responses((status = 200, description = "The preferences.", body = MessagePreferences)))]
async fn get_message_preferences(
    state: Data<State>,
    Member(actor): Member,
) -> Result<Reply<MessagePreferences>, Problem> {
    let messaging = state.messaging;
    let work = move |tx| async move { community::message_preferences(&tx, &messaging).await };
    reply(state.db.read(actor, work).await?)
}

/// Change my message preferences
///
/// People to whom the caller has written may still answer, and admins may always write.
#[utoipa::path(patch, path = "/me/message-preferences",
    tag = "messages", operation_id = "updateMyMessagePreferences", security(("bearer" = [])),
    request_body = PatchMessagePreferences,
    responses((status = 200, description = "The changed preferences.", body = MessagePreferences)))]
async fn update_message_preferences(
    state: Data<State>,
    Member(actor): Member,
    seen: IfMatch,
    body: Json<PatchMessagePreferences>,
) -> Result<Reply<MessagePreferences>, Problem> {
    let (messaging, from) = (state.messaging, body.value.messages_from);
    let matches = move |version| seen.accepts(version);
    let work =
        move |tx| async move { community::change_message_preferences(&tx, &messaging, matches, from).await };
    reply(state.db.run(actor, work).await?)
}
