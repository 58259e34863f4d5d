#![doc = include_str!("../README.md")]

mod client;
mod encoding;
mod webhook;

pub use client::{HttpClient, HttpResponse};
pub use encoding::{encode_form, percent_encode, percent_encode_path};
pub use webhook::verify_webhook;
