//! What members say to each other, and what keeps it civil.

mod announcements;
mod moderation;
mod notification_preferences;
mod notifications;
mod reports;

use kernel::Uuid;

use crate::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .configure(notifications::configure)
        .configure(notification_preferences::configure)
        .configure(announcements::configure)
        .configure(reports::configure)
        .configure(moderation::configure);
}

/// Somebody, from the columns that belong to them.
fn person(id: Uuid, username: Option<String>, name: Option<String>, avatar_url: Option<String>) -> Person {
    Person::from(identity::Person {
        id,
        username,
        name,
        avatar_url,
    })
}
