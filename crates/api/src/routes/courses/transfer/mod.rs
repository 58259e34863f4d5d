//! Courses as documents: exported from one installation, imported into another.

mod dto;
mod handlers;
mod reading;

pub(super) use handlers::configure;
