//! How the learners of a course get on, for its editors.

mod dto;
mod handlers;

pub(super) use handlers::configure;
