//! The outline of a course, with what each part is to whoever looks at it.

mod dto;
mod handlers;

pub(super) use handlers::configure;
