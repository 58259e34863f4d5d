//! Videos of trainers: uploaded, listed, captioned, deleted.

mod dto;
mod handlers;

pub(super) use handlers::configure;
