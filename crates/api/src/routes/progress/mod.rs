//! What one has learnt, and how a course's learners get on.

mod batch;
mod course;
mod learners;
mod mine;
mod overview;
mod shared;
mod watch;

use crate::http::routing::Operations;

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(watch::configure)
        .configure(batch::configure)
        .configure(overview::configure)
        .configure(mine::configure)
        .configure(course::configure)
        .configure(learners::configure);
}
