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

/// What a test with the attribute `both_databases` takes: built anew on the database of the test.
pub trait Fixture {
    fn build(store: Store) -> impl Future<Output = Self>;
}

impl Fixture for Store {
    async fn build(store: Store) -> Self {
        store
    }
}

impl Fixture for App {
    async fn build(store: Store) -> Self {
        Self::start(store).await
    }
}

impl Fixture for Till {
    async fn build(store: Store) -> Self {
        Self::open(store).await
    }
}

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
