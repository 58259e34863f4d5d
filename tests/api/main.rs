//! The contract, tried from outside. One binary; each test has a server and a database of its own and runs on SQLite and on
//! PostgreSQL (`TEST_DATABASE_URL`: a role that may make databases; `make test` starts one).

mod support;

mod access;
mod admin;
mod announcements;
mod auth;
mod authoring;
mod authorisation;
mod catalogue;
mod community;
mod conversations;
mod coupons;
mod courses;
mod crash;
mod database;
mod edge;
mod idempotency;
mod learning;
mod ledger;
mod lessons;
mod lifecycle;
mod live;
mod mail;
mod me;
mod media;
mod messages;
mod moderation;
mod notification_mail;
mod notifications;
mod payments;
mod progress;
mod purchases;
mod relay;
mod servers;
mod start;
mod storage;
mod stripe;
mod transfer;
mod use_cases;
mod users;
mod video;
mod watching;
