//! A server of its own for each test, and people to try it with.

mod app;
mod dice;
mod ears;
mod folder;
mod mux;
mod post;
mod redis;
mod reply;
mod shop;
mod stores;
mod stripe;
mod till;
mod told;
mod wire;

pub use app::{App, PASSWORD, Person, TestClock, config};
pub use dice::Dice;
pub use ears::{Ears, Heard};
pub use folder::Folder;
pub use mux::Mux;
pub use redis::Redis;
pub use reply::Reply;
pub use stores::{Store, as_role, in_database, postgres_admin};
pub use stripe::{Fault, SECRET, StripeDouble, Switches, sign};
pub use till::{FORMER_SECRET, Till};
pub use wire::Wire;

/// Makes a test of each function, on SQLite and on PostgreSQL. A function takes an [`App`].
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: App) $body:block)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] $(#[$attribute])*
            async fn $name() { super::$name(crate::support::App::start(crate::support::Store::Sqlite).await).await; })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] $(#[$attribute])*
            async fn $name() { super::$name(crate::support::App::start(crate::support::Store::Postgres).await).await; })+
        }
        $(async fn $name($app: App) $body)+
    };
}
pub(crate) use on_both_databases;

/// Makes a test of each function, on SQLite and on PostgreSQL. A function takes a [`Till`].
macro_rules! at_the_till {
    ($($(#[$attribute:meta])* async fn $name:ident($till:ident: Till) $body:block)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] $(#[$attribute])*
            async fn $name() { super::$name(crate::support::Till::open(crate::support::Store::Sqlite).await).await; })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] $(#[$attribute])*
            async fn $name() { super::$name(crate::support::Till::open(crate::support::Store::Postgres).await).await; })+
        }
        $(async fn $name($till: Till) $body)+
    };
}
pub(crate) use at_the_till;

/// Waits until `ready` gives something; fails after ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ready: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        if let Some(found) = ready().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what} did not happen within ten seconds"
        );
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
