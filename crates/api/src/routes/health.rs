//! The probes and the metrics of the process.

use actix_web::{HttpResponse, web::Data};
use kernel::{Code, Error};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

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
async fn livez() -> Result<Reply<Health>, Problem> {
    Ok(Reply::ok(&Health { status: "ok" })?)
}

/// Check that requests can be served
///
/// Asks the database; send no traffic while it answers 503.
#[utoipa::path(get, path = "/readyz",
    tag = "health", operation_id = "getReadiness", security(()),
    extensions(("x-problem-codes" = json!(["unavailable"]))),
    responses((status = 200, description = "Requests can be served.", body = Health)))]
async fn readyz(state: Data<State>) -> Result<Reply<Health>, Problem> {
    let timeout = std::time::Duration::from_secs(2);
    let answer = tokio::time::timeout(timeout, state.db.ping()).await;
    answer.map_err(|_| Error::new(Code::Unavailable).detail("The database does not answer."))??;
    Ok(Reply::ok(&Health { status: "ok" })?)
}

/// Get the metrics
///
/// In the text format of Prometheus. Keep this path away from the public at your proxy.
#[utoipa::path(get, path = "/metrics",
    tag = "health", operation_id = "getMetrics", security(()),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")))]
async fn metrics(state: Data<State>) -> HttpResponse {
    let page = state.metrics.render(state.db.statements(), state.streams.count());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page)
}
