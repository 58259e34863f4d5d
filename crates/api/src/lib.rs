//! Palestra over HTTP: the only crate that knows about it. [`server::Server`] is the whole server, [`document::Document`]
//! its contract.

mod answers;
pub mod config;
pub mod demo;
mod docs;
pub mod document;
mod edge;
mod event_stream;
mod examples;
mod extract;
mod limits;
mod mailer;
mod paths;
mod problem;
mod reply;
mod routes;
pub mod server;
mod service_config;
pub mod setup;
mod state;
pub mod telemetry;
pub mod worker;
