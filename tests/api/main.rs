//! Black-box tests of the HTTP API: one binary, and for each test a server and a database of its own, on SQLite and on
//! PostgreSQL. `TEST_DATABASE_URL` names a PostgreSQL role that may create databases; `make test` starts a server.

mod support;

mod admin;
mod attachments;
mod auth;
mod authorisation;
mod catalogue;
mod categories;
mod chapters;
mod checkout;
mod comments;
mod community_settings;
mod conversations;
mod coupons;
mod course_imports;
mod courses;
mod files;
mod hooks;
mod images;
mod lessons;
mod me;
mod messages;
mod moderation;
mod openapi;
mod payments;
mod posts;
mod reports;
mod server;
mod uploads;
mod users;
mod video_assets;
