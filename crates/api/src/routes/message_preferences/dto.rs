//! Preferences for messages in requests and answers.

use community::MessagesFrom;

use crate::routes::shared::prelude::*;

/// From whom the caller accepts messages.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::MessagePreferences, ignore(version))]
pub(super) struct MessagePreferences {
    /// Who may begin to write to the caller: `EVERYONE`, `SHARED` (whoever has a course in common with them) or `NOBODY` (but admins, and
    /// whoever they have written to); more may be added.
    #[schema(value_type = String, example = "SHARED")]
    messages_from: MessagesFrom,
}

/// A change of the preferences. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchMessagePreferences {
    /// Who may begin to write to the caller.
    #[schema(value_type = Option<schema::MessagesFrom>, nullable = false)]
    pub(super) messages_from: Option<MessagesFrom>,
}
