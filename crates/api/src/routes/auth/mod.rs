//! Registration, login, refresh and logout, and the links that verify an address or reset a password.

mod dto;
mod handlers;

pub(super) use handlers::configure;
