//! Palestra over HTTP: the only crate that knows about it. [`server::Server`] is the whole server, [`mod@document`] what its
//! contract is made of, [`mod@contract`] the contract as it is carried along.

mod answers;
pub mod config;
pub mod contract;
pub mod demo;
mod docs;
pub mod document;
mod edge;
mod event_stream;
mod examples;
mod extract;
mod limits;
mod mailer;
mod problem;
mod reply;
mod routes;
mod routing;
pub mod server;
pub mod setup;
mod state;
pub mod telemetry;
pub mod worker;
