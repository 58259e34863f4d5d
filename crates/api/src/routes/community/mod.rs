//! What members say to each other, and what keeps it civil.

mod announcements;
mod blocks;
mod comments;
mod conversations;
mod events;
mod message_preferences;
mod messages;
mod moderation;
mod mutes;
mod notification_preferences;
mod notifications;
mod posts;
mod reactions;
mod reports;
mod settings;

use kernel::{UserId, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::routing::Operations;

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(posts::configure)
        .configure(comments::configure)
        .configure(reactions::configure)
        .configure(settings::configure)
        .configure(conversations::configure)
        .configure(messages::configure)
        .configure(blocks::configure)
        .configure(message_preferences::configure)
        .configure(events::configure)
        .configure(notifications::configure)
        .configure(notification_preferences::configure)
        .configure(announcements::configure)
        .configure(reports::configure)
        .configure(moderation::configure)
        .configure(mutes::configure);
}

/// Somebody, with a name to show.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Person {
    /// The user's id: `GET /users/{id}`.
    id: UserId,
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

/// Somebody, from the columns that belong to them.
fn person(id: UserId, username: Option<String>, name: Option<String>, avatar_url: Option<String>) -> Person {
    Person::from(identity::Person {
        id,
        username,
        name,
        avatar_url,
    })
}
