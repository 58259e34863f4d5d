//! Courses: the public catalogue, and what their authors and editors do.

mod authoring;
mod catalogue;
mod dto;
mod outline;
mod trainers;
mod transfer;

use crate::http::routing::Operations;

pub(super) use catalogue::{ChapterOutline, LessonOutline};
pub(super) use dto::{Author, CourseCard};
pub(super) use outline::NextStep;

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(catalogue::configure)
        .configure(outline::configure)
        .configure(authoring::configure)
        .configure(trainers::configure)
        .configure(transfer::configure);
}
