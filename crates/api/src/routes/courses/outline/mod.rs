//! The outline of a course, with what each part is to whoever looks at it.

mod dto;
mod handlers;

pub(in crate::routes) use dto::NextStep;
pub(super) use handlers::configure;
