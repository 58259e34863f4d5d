//! Mutes in force.

mod dto;
mod handlers;

pub(super) use handlers::configure;
