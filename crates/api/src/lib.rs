#![doc = include_str!("../README.md")]

mod app;
pub mod config;
pub mod demo;
pub mod http;
mod routes;
pub mod server;
pub mod startup;
mod state;
pub mod telemetry;
pub mod worker;

pub use app::document;
