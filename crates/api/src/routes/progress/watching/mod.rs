//! Heartbeats of players, and the progress in one lesson or chapter.

mod batch;
mod dto;
mod handlers;

pub(super) use handlers::configure;
