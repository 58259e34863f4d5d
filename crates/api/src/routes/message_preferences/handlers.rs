//! The operations at `/me/message-preferences`.

use super::dto::{MessagePreferences, PatchMessagePreferences};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_message_preferences, update_message_preferences);
}

fn reply(preferences: community::MessagePreferences) -> Answer<MessagePreferences> {
    let version = preferences.version;
    Ok(Reply::ok(&MessagePreferences::from(preferences))?.version(version))
}

/// Get my message preferences
///
/// From whom the caller accepts messages: the school's default, until they decide.
#[utoipa::path(get, path = "/me/message-preferences",
    tag = "messages", operation_id = "getMyMessagePreferences", security(("bearer" = [])),
    responses((status = 200, description = "The preferences.", body = MessagePreferences)))]
async fn get_message_preferences(caller: Member) -> Answer<MessagePreferences> {
    let messaging = caller.state.messaging;
    reply(caller.read(async move |tx| community::message_preferences(&tx, &messaging).await).await?)
}

/// Change my message preferences
///
/// People to whom the caller has written may still answer, and admins may always write.
#[utoipa::path(patch, path = "/me/message-preferences",
    tag = "messages", operation_id = "updateMyMessagePreferences", security(("bearer" = [])),
    request_body = PatchMessagePreferences,
    responses((status = 200, description = "The changed preferences.", body = MessagePreferences)))]
async fn update_message_preferences(
    caller: Member,
    seen: IfMatch,
    body: Json<PatchMessagePreferences>,
) -> Answer<MessagePreferences> {
    let (messaging, from) = (caller.state.messaging, body.value.messages_from);
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| community::change_message_preferences(&tx, &messaging, matches, from).await;
    reply(caller.run(work).await?)
}
