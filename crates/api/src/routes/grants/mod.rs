//! Grants of access to a course: who has one, and giving, extending and revoking it by hand.

mod dto;
mod handlers;

pub(super) use dto::GrantDetail;
pub(super) use handlers::configure;
