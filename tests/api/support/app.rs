//! The server under test, its clock, and requests to it.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use api::{
    config::Config,
    server::{self, Server},
    startup::{self, Schema},
};
use chrono::{DateTime, Duration, Utc};
use database::Db;
use kernel::{Clock, Environment};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::sync::watch;

use super::{DatabaseKind, Person, Reply, TempDir, databases};

/// A clock that a test moves.
#[derive(Default)]
pub struct TestClock {
    ahead: Mutex<Duration>,
    stopped: Mutex<Option<DateTime<Utc>>>,
}

impl TestClock {
    pub fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap() += by;
    }

    /// Moves a stopped clock.
    pub fn stop_later(&self, by: Duration) {
        *self.stopped.lock().unwrap().as_mut().expect("a stopped clock") += by;
    }

    /// Stops the clock.
    pub fn stop(&self) {
        let now = self.now();
        *self.stopped.lock().unwrap() = Some(now);
    }
}

impl Clock for TestClock {
    #[expect(clippy::disallowed_methods, reason = "the test's clock runs beside the machine's")]
    fn now(&self) -> DateTime<Utc> {
        let stopped = *self.stopped.lock().unwrap();
        stopped.unwrap_or_else(|| Utc::now() + *self.ahead.lock().unwrap())
    }
}

/// A text as it stands in a query.
pub fn in_query(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Settings that override the tests' configuration.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// A server with its own database, stopped and dropped at the end of the test.
pub struct App {
    pub base: String,
    pub db: Db,
    pub clock: Arc<TestClock>,
    pub folder: TempDir,
    pub database: DatabaseKind,
    pub url: Option<String>,
    client: Client,
    stop: watch::Sender<bool>,
    server: Option<std::thread::JoinHandle<()>>,
}

/// The tests' configuration: cheap password hashes, no limits, one HTTP thread per server.
pub fn config(folder: &Path, settings: Settings<'_>) -> Config {
    let folder = folder.display().to_string();
    let defaults = [
        ("PALESTRA_DATA_DIR", folder.as_str()),
        ("PALESTRA_MASTER_KEY", "0707070707070707070707070707070707070707070707070707070707070707"),
        ("PALESTRA_LISTEN", "127.0.0.1:0"),
        ("PALESTRA_HTTP_THREADS", "1"),
        ("PALESTRA_ARGON2_MEMORY_KIB", "64"),
        ("PALESTRA_ARGON2_PASSES", "1"),
        ("PALESTRA_HASH_QUEUE", "512"),
        ("PALESTRA_REQUESTS_PER_MINUTE", "0"),
        ("PALESTRA_LOGINS_PER_MINUTE", "0"),
        ("PALESTRA_GUESSES_PER_HOUR", "0"),
        ("PALESTRA_NEW_ACCOUNT_CONVERSATIONS", "0"),
        ("PALESTRA_NEW_ACCOUNT_MESSAGES", "0"),
        ("PALESTRA_LOG", "off"),
    ];
    let pairs =
        defaults.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(pairs).unwrap()
}

impl App {
    pub async fn start(database: DatabaseKind) -> Self {
        Self::start_with(database, &[]).await
    }

    pub async fn start_with(database: DatabaseKind, settings: Settings<'_>) -> Self {
        Self::start_with_clock(database, settings, Arc::default(), true).await
    }

    /// Starts a server without a worker: the test does the work of the worker itself.
    pub async fn start_without_worker(database: DatabaseKind) -> Self {
        Self::start_with_clock(database, &[], Arc::default(), false).await
    }

    /// Starts a server with a clock that others use too.
    pub async fn start_with_clock(
        database: DatabaseKind,
        settings: Settings<'_>,
        clock: Arc<TestClock>,
        with_worker: bool,
    ) -> Self {
        let folder = TempDir::new("app");
        let url;
        match database {
            DatabaseKind::Sqlite => {
                databases::sqlite_file(&folder).await;
                url = None;
            }
            DatabaseKind::Postgres => {
                url = Some(databases::postgres_database().await);
            }
        }
        let owner = url.clone();
        let worked = (clock, with_worker);
        Self::serve(database, folder, owner.as_deref(), url, settings, worked).await
    }

    /// A second server on the same PostgreSQL database, which shares nothing else. Drop it before the first.
    pub async fn second_server(&self) -> Self {
        self.second_server_with(&[]).await
    }

    pub async fn second_server_with(&self, settings: Settings<'_>) -> Self {
        let folder = TempDir::new("app");
        let worked = (Arc::default(), true);
        Self::serve(self.database, folder, self.url.as_deref(), None, settings, worked).await
    }

    /// Serves the database of this owner; drops the one at `url` at the end.
    async fn serve(
        database: DatabaseKind,
        folder: TempDir,
        owner: Option<&str>,
        url: Option<String>,
        settings: Settings<'_>,
        (clock, with_worker): (Arc<TestClock>, bool),
    ) -> Self {
        // The server under test never holds the owner's connection: only the runtime roles'.
        let roles = owner.map(|owner| database::postgres::ROLES.map(|role| databases::as_role(owner, role)));
        let mut own: Vec<(&str, &str)> = Vec::new();
        if let Some([app, auth, worker]) = &roles {
            own.push(("PALESTRA_DATABASE_APP_URL", app));
            own.push(("PALESTRA_DATABASE_AUTH_URL", auth));
            own.push(("PALESTRA_DATABASE_WORKER_URL", worker));
        }
        let settings = [own.as_slice(), settings].concat();
        let config = config(&folder, &settings);
        let db = startup::open(&config, Environment::new(clock.clone()), Schema::Check).await.unwrap();
        let server =
            Server::new(config.clone(), db.clone(), server::bind(&config).unwrap(), with_worker).unwrap();
        let base = format!("http://{}", server.address().unwrap());
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(server.run(stopped)).unwrap();
        });
        let client = Client::builder().timeout(std::time::Duration::from_secs(30)).build().unwrap();
        let app = Self { base, db, clock, folder, database, url, client, stop, server: Some(thread) };
        super::eventually("the server's readiness", || async {
            let answer = app.client.get(format!("{}/readyz", app.base)).send().await;
            answer.ok().filter(|answer| answer.status() == 200).map(drop)
        })
        .await;
        app
    }

    /// Stops the server as a signal would, and waits for its end.
    pub fn stop(&mut self) {
        self.stop.send(true).ok();
        if let Some(server) = self.server.take() {
            server.join().ok();
        }
    }

    /// Requests a stop, as a signal would, without waiting.
    pub fn request_stop(&self) {
        self.stop.send(true).ok();
    }

    // Requests -----------------------------------------------------------------------------------------------

    /// A request to a path below `/api/v1`, or to one that begins at the root with `//`.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let path =
            path.strip_prefix("//").map_or_else(|| format!("/api/v1{path}"), |root| format!("/{root}"));
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.base))
    }

    pub async fn send(&self, request: RequestBuilder) -> Reply {
        Reply::read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path)).await
    }

    pub async fn get_as(&self, who: &Person, path: &str) -> Reply {
        self.send(self.request("GET", path).bearer_auth(&who.token)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request("POST", path).json(&body)).await
    }

    pub async fn post_as(&self, who: &Person, path: &str, body: Value) -> Reply {
        self.send(self.request("POST", path).bearer_auth(&who.token).json(&body)).await
    }

    /// A POST without a body.
    pub async fn post_empty_as(&self, who: &Person, path: &str) -> Reply {
        self.send(self.request("POST", path).bearer_auth(&who.token)).await
    }

    /// A PUT; null means no body.
    pub async fn put_as(&self, who: &Person, path: &str, body: Value) -> Reply {
        let request = self.request("PUT", path).bearer_auth(&who.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        self.send(request).await
    }

    pub async fn delete_as(&self, who: &Person, path: &str) -> Reply {
        self.send(self.request("DELETE", path).bearer_auth(&who.token)).await
    }

    pub async fn patch_as(&self, who: &Person, path: &str, seen: &str, body: Value) -> Reply {
        let request = self.request("PATCH", path).bearer_auth(&who.token).header("if-match", seen);
        let request = request.header("content-type", "application/merge-patch+json").body(body.to_string());
        self.send(request).await
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop();
        if let Some(url) = &self.url {
            databases::drop_database(url);
        }
    }
}
