//! Webhooks of other services. Only a signature decides whether an event is believed.

mod dto;
mod handlers;

pub(super) use handlers::configure;
