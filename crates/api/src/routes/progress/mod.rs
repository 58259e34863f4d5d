//! What learners have watched and completed, and how the learners of a course get on.

mod learners;
mod overview;
mod reports;
mod watching;

use crate::http::routing::Operations;

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(watching::configure)
        .configure(overview::configure)
        .configure(reports::configure)
        .configure(learners::configure);
}
