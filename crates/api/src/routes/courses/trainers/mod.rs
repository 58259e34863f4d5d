//! Who teaches a course: its owner and its editors.

mod dto;
mod handlers;

pub(super) use handlers::configure;
