//! The paths, one file an area: each handler beside what it takes and gives.

mod access;
mod admin;
mod attachments;
mod auth;
mod categories;
mod chapters;
mod community;
mod courses;
mod files;
mod grants;
mod health;
mod hooks;
mod lessons;
mod me;
mod meta;
mod payments;
mod playback;
mod progress;
mod shared;
mod uploads;
mod users;
mod video_assets;
mod wishlist;

use crate::http::routing::Operations;

/// Every route: what is registered here is served and documented, and nothing else.
pub fn configure(config: &mut impl Operations) {
    config
        .configure(health::configure)
        .configure(meta::configure_root)
        .scope("/api/v1", |config| {
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
                .configure(community::configure);
        });
}
