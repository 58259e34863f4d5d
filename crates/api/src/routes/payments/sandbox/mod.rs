//! The sandbox: plays the buyer of a payment, and their bank.

mod dto;
mod handlers;

pub(super) use handlers::configure;
