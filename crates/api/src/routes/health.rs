//! The probes and the metrics of the process: for load balancers, orchestrators and Prometheus.

use std::path::Path;

use actix_web::{HttpRequest, HttpResponse, http::header};
use kernel::{Code, Error, hash_token};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    config::{Config, Mode},
    http::prelude::*,
};

/// SQLite's log of changes grows to about this size before it is folded into the database.
const LEAST_FREE_BYTES: u64 = 4 << 20;

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, livez, readyz, metrics);
}

/// The state of the server.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`: otherwise the answer is a problem.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// Check that the process is alive
///
/// Answers without touching anything; restart the process when it does not.
#[utoipa::path(get, path = "/livez",
    tag = "health", operation_id = "getLiveness", security(()),
    responses((status = 200, description = "The process is alive.", body = Health)))]
async fn livez() -> Answer<Health> {
    Ok(Reply::ok(&Health { status: "ok" })?)
}

/// Check that requests can be served
///
/// Asks the database, and whether the disk has room for what is written; send no traffic while it answers 503.
#[utoipa::path(get, path = "/readyz",
    tag = "health", operation_id = "getReadiness", security(()),
    extensions(("x-problem-codes" = json!(["unavailable"]))),
    responses((status = 200, description = "Requests can be served.", body = Health)))]
async fn readyz(state: Data<State>) -> Answer<Health> {
    let timeout = std::time::Duration::from_secs(2);
    let answer = tokio::time::timeout(timeout, state.db.ping()).await;
    answer.map_err(|_| Error::new(Code::Unavailable).detail("The database does not answer."))??;
    let folder = &state.config.data_dir;
    let free = free_bytes(folder).map_err(|error| {
        Error::new(Code::Unavailable).detail("The data folder is not there.").caused_by(error)
    })?;
    if free < LEAST_FREE_BYTES {
        let detail = format!("The disk of the data folder is full: {free} bytes are free.");
        return Err(Error::new(Code::Unavailable).detail(detail).into());
    }
    Ok(Reply::ok(&Health { status: "ok" })?)
}

fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Get the metrics
///
/// In the text format of Prometheus. In production it is for whoever knows the token of `PALESTRA_METRICS_TOKEN`, sent as
/// `Authorization: Bearer …`.
#[utoipa::path(get, path = "/metrics",
    tag = "health", operation_id = "getMetrics", security(()),
    extensions(("x-problem-codes" = json!(["forbidden", "unauthenticated"]))),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")))]
async fn metrics(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    may_read_metrics(&state.config, &request)?;
    let page = state.metrics.render(state.db.statements(), state.streams.count());
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page))
}

/// The numbers tell how a business goes: they are not for everybody.
fn may_read_metrics(config: &Config, request: &HttpRequest) -> Result<(), Error> {
    let Some(token) = &config.metrics_token else {
        return match config.environment {
            Mode::Development => Ok(()),
            Mode::Production => Err(Error::new(Code::Forbidden)
                .detail("In production the metrics need a token: set PALESTRA_METRICS_TOKEN.")),
        };
    };
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // Hashes are compared, so that the time that it takes tells nothing about the token.
    let is_right =
        shown.is_some_and(|(_, shown)| hash_token(shown.trim().as_bytes()) == hash_token(token.as_bytes()));
    if is_right { Ok(()) } else { Err(Code::Unauthenticated.into()) }
}
