//! Logs and metrics: ids, never values. No token, password, address or body is ever written, at no level.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::config::{Config, LogFormat};

/// The crates whose lines are known to hold ids and no values.
const OURS: [&str; 12] = [
    "api",
    "community",
    "courses",
    "database",
    "enrollment",
    "http_client",
    "identity",
    "kernel",
    "media",
    "migration",
    "payments",
    "progress",
];

/// Libraries say on their lower levels what is sent and received, so only their warnings are written, whatever `PALESTRA_LOG`
/// says. Of `actix_http` not even these: it calls each malformed request an error.
fn tells_no_values(line: &Metadata<'_>) -> bool {
    let source = line.target().split("::").next().unwrap_or_default();
    OURS.contains(&source) || (*line.level() <= Level::WARN && source != "actix_http")
}

/// Begins to log as the configuration says.
///
/// # Errors
/// Where `PALESTRA_LOG` cannot be read.
pub fn init(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| {
        format!(
            "PALESTRA_LOG is «{}», but has to be a level such as info, or info,api=debug: {error}",
            config.log
        )
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    let lines = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    };
    // A second start within one process (tests) keeps the first one's subscriber.
    let lines = lines.with_filter(filter_fn(tells_no_values));
    drop(tracing_subscriber::registry().with(filter).with(lines).try_init());
    Ok(())
}

/// What is counted, for `GET /metrics`.
pub struct Metrics {
    registry: Registry,
    /// Requests by method, route and status.
    pub requests: IntCounterVec,
    /// Seconds by method and route.
    pub seconds: HistogramVec,
    /// Requests that are worked on.
    pub in_flight: IntGauge,
    /// Statements sent to the database.
    pub statements: IntCounter,
    /// Messages of the outbox by kind and outcome.
    pub messages: IntCounterVec,
    /// Messages that wait.
    pub outbox_waiting: IntGauge,
    /// Messages that were put aside.
    pub outbox_aside: IntGauge,
    /// Streams of live events that are open.
    pub streams: IntGauge,
    /// What nobody needed any more, by kind: files, and objects without one.
    pub collected: IntCounterVec,
}

impl Metrics {
    /// An empty registry with everything in it.
    ///
    /// # Errors
    /// Where two metrics have one name, which would be a bug.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let buckets = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let seconds = HistogramOpts::new("palestra_http_request_seconds", "Seconds until the answer began")
            .buckets(buckets);
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new("palestra_http_requests_total", "Requests"),
                &["method", "route", "status"],
            )?,
            seconds: HistogramVec::new(seconds, &["method", "route"])?,
            in_flight: IntGauge::new("palestra_http_requests_in_flight", "Requests that are worked on")?,
            statements: IntCounter::new(
                "palestra_database_statements_total",
                "Statements of requests, without the worker's",
            )?,
            messages: IntCounterVec::new(
                Opts::new("palestra_outbox_messages_total", "Messages worked on"),
                &["kind", "outcome"],
            )?,
            outbox_waiting: IntGauge::new("palestra_outbox_waiting", "Messages that wait")?,
            outbox_aside: IntGauge::new("palestra_outbox_put_aside", "Messages that failed too often")?,
            streams: IntGauge::new("palestra_live_streams", "Streams of live events that are open")?,
            collected: IntCounterVec::new(
                Opts::new(
                    "palestra_storage_collected_total",
                    "Files and objects that nobody needed any more",
                ),
                &["kind"],
            )?,
            registry,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.in_flight.clone()))?;
        metrics.registry.register(Box::new(metrics.statements.clone()))?;
        metrics.registry.register(Box::new(metrics.messages.clone()))?;
        metrics.registry.register(Box::new(metrics.outbox_waiting.clone()))?;
        metrics.registry.register(Box::new(metrics.outbox_aside.clone()))?;
        metrics.registry.register(Box::new(metrics.streams.clone()))?;
        metrics.registry.register(Box::new(metrics.collected.clone()))?;
        Ok(metrics)
    }

    /// Prometheus' text format.
    #[must_use]
    pub fn render(&self, statements: u64, streams: usize) -> String {
        self.streams.set(i64::try_from(streams).unwrap_or(i64::MAX));
        self.statements.inc_by(statements.saturating_sub(self.statements.get()));
        let mut page = Vec::new();
        drop(TextEncoder::new().encode(&self.registry.gather(), &mut page));
        String::from_utf8(page).unwrap_or_default()
    }
}
