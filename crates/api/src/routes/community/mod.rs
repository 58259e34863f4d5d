//! What members say to each other, and what keeps it civil.

mod announcements;
mod comments;
mod moderation;
mod notification_preferences;
mod notifications;
mod posts;
mod reactions;
mod reports;
mod settings;

use kernel::Uuid;

use super::courses::Author;
use crate::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .configure(posts::configure)
        .configure(comments::configure)
        .configure(reactions::configure)
        .configure(settings::configure)
        .configure(notifications::configure)
        .configure(notification_preferences::configure)
        .configure(announcements::configure)
        .configure(reports::configure)
        .configure(moderation::configure);
}

/// Somebody, from the columns that belong to them.
fn person(id: Uuid, username: Option<String>, name: Option<String>, avatar_url: Option<String>) -> Author {
    Author::from(courses::Author {
        id,
        username,
        name,
        avatar_url,
    })
}
