//! The learners of a course and their progress, for its editors.

mod csv;
mod dto;
mod handlers;

pub(super) use handlers::configure;
