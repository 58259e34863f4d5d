//! The contract, tried from outside. One binary; each test has a server and a database of its own and runs on SQLite and on
//! PostgreSQL (`TEST_DATABASE_URL`: a role that may make databases; `make test` starts one).

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
<<<<<<< HEAD
mod posts;
mod reports;
mod server;
mod uploads;
=======
mod progress;
mod purchases;
mod relay;
mod servers;
mod start;
mod storage;
mod stripe;
mod transfer;
mod use_cases;
>>>>>>> prog
mod users;
mod video_assets;
