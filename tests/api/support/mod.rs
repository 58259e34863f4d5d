//! What the tests share: servers, people, content, doubles of providers, and assertions.

pub mod community;
pub mod coupons;
pub mod films;
pub mod grants;
pub mod media;
pub mod stripe_faults;
pub mod videos;
pub mod watching;

mod app;
mod content;
mod conversations;
mod databases;
mod event_stream;
mod mail;
mod mux;
mod notifications;
mod people;
mod redis;
mod reply;
mod rng;
mod shop;
mod smtp_double;
mod snapshot;
mod sql;
mod stripe_app;
mod stripe_double;
mod tcp_proxy;
mod temp_dir;

pub use app::{App, TestClock, config, in_query};
pub use databases::{DatabaseKind, as_role, in_database, postgres_admin};
pub use event_stream::{Event, EventStream};
pub use mux::Mux;
pub use people::{PASSWORD, Person};
pub use redis::Redis;
pub use reply::Reply;
pub use rng::Rng;
pub use smtp_double::SmtpDouble;
pub use sql::{count, dump_database};

pub use stripe_app::{FORMER_SECRET, StripeApp};
pub use stripe_double::{Fault, SECRET, StripeDouble, Switches, sign};
pub use tcp_proxy::TcpProxy;
pub use temp_dir::TempDir;

/// The argument of a test with the attribute `both_databases`, built anew for each database.
pub trait Fixture {
    fn build(database: DatabaseKind) -> impl Future<Output = Self>;
}

impl Fixture for DatabaseKind {
    async fn build(database: DatabaseKind) -> Self {
        database
    }
}

impl Fixture for App {
    async fn build(database: DatabaseKind) -> Self {
        Self::start(database).await
    }
}

impl Fixture for StripeApp {
    async fn build(database: DatabaseKind) -> Self {
        Self::open(database).await
    }
}

/// Waits until `ready` returns a value; panics after ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ready: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        if let Some(found) = ready().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen within ten seconds");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
