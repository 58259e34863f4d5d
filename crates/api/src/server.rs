//! The server: the routes behind the middleware, the worker beside them, until a signal says to stop.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_http::{Extensions, HttpService};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{Error, dev::AppConfig, web};
use database::Db;
use tokio::sync::watch;

use crate::{
    app,
    config::Config,
    http::connections::{Connections, Stream},
    startup::{self, StartupError},
    state::State,
    worker::{Worker, mailer, stopped},
};

/// How many bytes of an answer wait in a connection's buffer for its reader; what is larger is written in pieces.
const WRITE_BUFFER: usize = 16 * 1024;

/// A server that has bound its address and opened its database.
pub struct Server {
    config: Config,
    db: Db,
    listener: TcpListener,
    with_worker: bool,
}

/// Binds the address: first of all, since somebody else may have it.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub fn bind(config: &Config) -> Result<TcpListener, StartupError> {
    TcpListener::bind(config.listen).map_err(|error| {
        let at = config.listen;
        match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{at} is taken by another program: stop it, or let PALESTRA_LISTEN name another port")
            }
            _ => format!("nothing can listen on {at}: {error}. Let PALESTRA_LISTEN name another address"),
        }
    })
}

impl Server {
    /// A server over an open database.
    ///
    /// # Errors
    /// In words, where the settings of mail or video cannot be read: rather now than when the first mail is sent.
    pub fn new(
        config: Config,
        db: Db,
        listener: TcpListener,
        with_worker: bool,
    ) -> Result<Self, StartupError> {
        mailer::from_config(&config)?;
        startup::videos(&config, db.environment())?;
        Ok(Self { config, db, listener, with_worker })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Serves until `stop` says so, then finishes what runs, for at most the configured time.
    ///
    /// # Errors
    /// In words: what is wrong, and what to do.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), StartupError> {
        let Self { config, db, listener, with_worker } = self;
        let state = web::Data::new(State::new(config.clone(), db.clone(), app::paths()).await?);
        db.listen();
        let worker = if with_worker {
            let (tokens, metrics) = (state.identity.tokens.clone(), Some(state.metrics.clone()));
            let worker =
                Worker::new(&config, &db.counted_apart(), tokens, metrics, state.wake_worker.clone())?;
            Some(tokio::spawn(worker.run(stop.clone())))
        } else {
            None
        };
        tokio::spawn(keep_fresh(state.clone(), stop.clone()));
        let factory = {
            let state = state.clone();
            move || app::application(state.clone())
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if config.http_threads > 0 { config.http_threads } else { cores };
        let connections = Arc::new(Connections::new(&config, db.environment().clone()));
        let head_timeout = Duration::from_secs(config.head_timeout_seconds);
        let builder = actix_server::Server::build();
        let graceful_stop = builder.graceful_shutdown_signal();
        // What `HttpServer` puts together too, with connections that have deadlines and a place.
        let service = move || {
            let (connections, graceful_stop) = (connections.clone(), graceful_stop.clone());
            let http = HttpService::build()
                // A connection that waits for its next request is closed at once when the server stops.
                .graceful_shutdown_signal(move || {
                    let signal = graceful_stop.clone();
                    async move { signal.notified().await }
                })
                .client_request_timeout(head_timeout)
                .client_disconnect_timeout(Duration::from_secs(1))
                .keep_alive(Duration::from_secs(75))
                // Whoever hangs up is gone at once, also from a stream in which nothing happens.
                .h1_allow_half_closed(false)
                .h1_write_buffer_size(WRITE_BUFFER)
                .on_connect_ext(|stream: &Stream, data: &mut Extensions| drop(data.insert(stream.exchange())))
                .finish(map_config(
                    factory().into_factory().map_err(|error: Error| error.error_response()),
                    |()| AppConfig::default(),
                ));
            fn_service(move |io| connections.clone().accept(io)).and_then(http)
        };
        let server = builder
            .shutdown_timeout(config.shutdown_seconds)
            .disable_signals()
            .workers(threads)
            // The connections count themselves, over all threads.
            .max_concurrent_connections(usize::MAX)
            .listen("palestra", listener, service)
            .map_err(|error| format!("the server cannot listen: {error}"))?
            .run();
        let handle = server.handle();
        let streams = state.streams.clone();
        let stopping = tokio::spawn(async move {
            stopped(&mut stop).await;
            // They would never end by themselves.
            streams.close();
            handle.stop(true).await;
        });
        server.await.map_err(|error| format!("the server failed: {error}"))?;
        stopping.abort();
        if let Some(worker) = worker {
            drop(tokio::time::timeout(Duration::from_secs(config.shutdown_seconds), worker).await);
        }
        db.close().await;
        Ok(())
    }
}

/// Another process may have rotated the signing keys; buckets of callers that went away are forgotten.
async fn keep_fresh(state: web::Data<State>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = tick.tick() => {
                state.limits.sweep();
                if let Err(error) = state.identity.tokens.reload(&state.db).await {
                    tracing::warn!(%error, "the signing keys cannot be read");
                }
            }
        }
    }
}
