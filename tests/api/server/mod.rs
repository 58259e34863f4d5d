//! What is no URL: starting, crashing, databases, the adapters of providers.

mod access_ledger;
mod blank;
mod compression;
mod connections;
mod crash;
mod cursors;
mod database;
mod grant_history;
mod health;
mod idempotency;
mod limits;
mod mail_lanes;
mod middleware;
mod multiple_servers;
mod object_storage;
mod payment_lifecycle;
mod redis_relay;
mod row_security;
mod row_security_catalogue;
mod row_security_community;
mod smtp;
mod start;
mod stripe_adapter;
mod use_cases;
