use actix_web::web::Data;
use kernel::Result;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    http::{
        extract::{IfMatch, Json, Member},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, get_message_preferences, update_message_preferences);
}

/// From whom somebody takes messages.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum MessagesFrom {
    /// Every member.
    Everyone,
    /// Whoever has a course in common with them: both have access, or one of them teaches it.
    Shared,
    /// Nobody but admins, and whoever they have written to.
    Nobody,
}

impl From<MessagesFrom> for community::MessagesFrom {
    fn from(from: MessagesFrom) -> Self {
        match from {
            MessagesFrom::Everyone => Self::Everyone,
            MessagesFrom::Shared => Self::Shared,
            MessagesFrom::Nobody => Self::Nobody,
        }
    }
}

/// From whom the caller takes messages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MessagePreferences {
    /// Who may begin to write to the caller: `EVERYONE`, `SHARED` or `NOBODY`. More may be added.
    #[schema(value_type = String, example = "SHARED")]
    messages_from: &'static str,
}

/// What changes in them.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchMessagePreferences {
    /// Who may begin to write to the caller.
    #[schema(nullable = false)]
    messages_from: Option<MessagesFrom>,
}

fn reply(preferences: community::MessagePreferences) -> Result<Reply<MessagePreferences>, Problem> {
    let community::MessagePreferences {
        messages_from,
        version,
    } = preferences;
    let body = MessagePreferences {
        messages_from: messages_from.as_str(),
    };
    Ok(Reply::ok(&body)?.version(version))
}

/// From whom I take messages
///
/// The school's default, until the caller decides.
#[utoipa::path(get, path = "/me/message-preferences",
    tag = "messages", operation_id = "getMyMessagePreferences", security(("bearer" = [])),
    responses((status = 200, description = "The preferences.", body = MessagePreferences)))]
async fn get_message_preferences(
    state: Data<State>,
    Member(actor): Member,
) -> Result<Reply<MessagePreferences>, Problem> {
    let messaging = state.messaging;
    let work = move |tx| async move { community::preferences(&tx, &messaging).await };
    reply(state.db.read(actor, work).await?)
}

/// Change from whom I take messages
///
/// Whoever the caller has written to may still answer, and admins may always write.
#[utoipa::path(patch, path = "/me/message-preferences",
    tag = "messages", operation_id = "updateMyMessagePreferences", security(("bearer" = [])),
    request_body = PatchMessagePreferences,
    responses((status = 200, description = "The preferences as they are now.", body = MessagePreferences)))]
async fn update_message_preferences(
    state: Data<State>,
    Member(actor): Member,
    seen: IfMatch,
    body: Json<PatchMessagePreferences>,
) -> Result<Reply<MessagePreferences>, Problem> {
    let (messaging, from) = (state.messaging, body.value.messages_from.map(Into::into));
    let matches = move |version| seen.accepts(version);
    let work = move |tx| async move { community::change_preferences(&tx, &messaging, matches, from).await };
    reply(state.db.run(actor, work).await?)
}
