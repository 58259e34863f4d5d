//! The paths, one file an area: each handler beside what it takes and gives.

mod access;
mod admin;
mod announcements;
mod attachments;
mod auth;
mod blocks;
mod categories;
mod chapters;
mod comments;
mod community_settings;
mod conversations;
mod courses;
mod events;
mod files;
mod grants;
mod health;
mod hooks;
mod lessons;
mod me;
mod message_preferences;
mod messages;
mod meta;
mod moderation;
mod mutes;
mod notification_preferences;
mod notifications;
mod payments;
mod playback;
mod posts;
mod progress;
mod reactions;
mod reports;
mod shared;
mod uploads;
mod users;
mod video_assets;
mod wishlist;

use crate::http::routing::Operations;

/// Every route: what is registered here is served and documented, and nothing else.
pub fn configure(config: &mut impl Operations) {
    config.configure(health::configure).configure(meta::configure_root).scope("/api/v1", |config| {
        config
            .configure(meta::configure)
            .configure(auth::configure)
            .configure(me::configure)
            .configure(users::configure)
            .configure(admin::configure)
            .configure(categories::configure)
            .configure(courses::configure)
            .configure(chapters::configure)
            .configure(lessons::configure)
            .configure(wishlist::configure)
            .configure(video_assets::configure)
            .configure(playback::configure)
            .configure(hooks::configure)
            .configure(uploads::configure)
            .configure(files::configure)
            .configure(attachments::configure)
            .configure(access::configure)
            .configure(payments::configure)
            .configure(grants::configure)
            .configure(progress::configure)
            .configure(posts::configure)
            .configure(comments::configure)
            .configure(reactions::configure)
            .configure(community_settings::configure)
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
    });
}
