//! Categories of the catalogue.

mod dto;
mod handlers;

pub(super) use dto::Category;
pub(super) use handlers::configure;
