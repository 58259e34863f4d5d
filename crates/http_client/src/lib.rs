#![doc = include_str!("../README.md")]

mod hook;
mod service;

pub use hook::verify_hook;
pub use service::{Answer, Service, encoded, form};
