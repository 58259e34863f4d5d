//! What members say to each other.

mod blocks;
mod comments;
mod conversations;
mod events;
mod message_preferences;
mod messages;
mod posts;
mod reactions;
mod settings;

use kernel::Uuid;
use serde::Serialize;
use utoipa::ToSchema;

use crate::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .configure(posts::configure)
        .configure(comments::configure)
        .configure(reactions::configure)
        .configure(settings::configure)
        .configure(conversations::configure)
        .configure(messages::configure)
        .configure(blocks::configure)
        .configure(message_preferences::configure)
        .configure(events::configure);
}

/// Somebody, with a name to show.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Person {
    /// The user's id: `GET /users/{id}`.
    id: Uuid,
    /// Unique.
    #[schema(example = "lena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Lena Novak")]
    name: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
}

impl From<identity::Person> for Person {
    fn from(person: identity::Person) -> Self {
        let identity::Person {
            id,
            username,
            name,
            avatar_url,
        } = person;
        Self {
            id,
            username,
            name,
            avatar_url,
        }
    }
}
