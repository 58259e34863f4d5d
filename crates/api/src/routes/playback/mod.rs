//! Playback of videos: signed URLs for whoever may watch.

mod dto;
mod handlers;

pub(super) use handlers::configure;
