//! What members say to each other.

mod comments;
mod posts;
mod reactions;
mod settings;

use crate::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .configure(posts::configure)
        .configure(comments::configure)
        .configure(reactions::configure)
        .configure(settings::configure);
}
