use actix_web::HttpResponse;
use kernel::{Code, Error};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::prelude::*;

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, livez, readyz, metrics);
}

/// How the server is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// Is the process alive?
///
/// Answers without touching anything; restart the process when it does not.
#[utoipa::path(get, path = "/livez",
    tag = "health", operation_id = "getLiveness", security(()),
    responses((status = 200, description = "It lives.", body = Health)))]
async fn livez() -> Answer<Health> {
    Ok(Reply::ok(&Health { status: "ok" })?)
}

/// Can it serve requests?
///
/// Asks the database; send no traffic while it answers 503.
#[utoipa::path(get, path = "/readyz",
    tag = "health", operation_id = "getReadiness", security(()),
    extensions(("x-problem-codes" = json!(["unavailable"]))),
    responses((status = 200, description = "It is ready.", body = Health)))]
async fn readyz(state: Data<State>) -> Answer<Health> {
    let patience = std::time::Duration::from_secs(2);
    let answer = tokio::time::timeout(patience, state.db.ping()).await;
    answer.map_err(|_| Error::new(Code::Unavailable).detail("The database does not answer."))??;
    Ok(Reply::ok(&Health { status: "ok" })?)
}

/// What is counted
///
/// Prometheus' text format. Keep this path away from the public at your proxy.
#[utoipa::path(get, path = "/metrics",
    tag = "health", operation_id = "getMetrics", security(()),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")))]
async fn metrics(state: Data<State>) -> HttpResponse {
    let page = state.metrics.render(state.db.statements(), state.streams.count());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page)
}
