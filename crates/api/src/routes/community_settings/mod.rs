//! Community settings of the school and of courses.

mod dto;
mod handlers;

pub(super) use handlers::configure;
