//! The one place that knows every route: what is registered in [`routes::configure`] is served, documented and enforced, and nothing
//! else.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header,
    middleware::from_fn,
    web,
};

use crate::{
    http::{
        docs, examples, middleware,
        openapi::{self, Collected},
        origins::Origins,
        routing::{Handlers, Router, Table},
    },
    routes,
    state::State,
};

/// Every path, and which operation answers it.
pub(crate) fn paths() -> Table {
    let mut paths = Table::default();
    routes::configure(&mut paths);
    paths
}

/// The OpenAPI document, as it follows from the code.
///
/// # Errors
/// The names that several types of requests and answers have.
pub fn document() -> Result<String, openapi::AmbiguousSchemas> {
    let mut collected = Collected::default();
    routes::configure(&mut collected);
    openapi::text(collected)
}

fn router(paths: Arc<Table>) -> Router {
    let mut handlers = Handlers::default();
    routes::configure(&mut handlers);
    Router::new(paths, handlers)
}

/// The application of one thread.
pub(crate) fn application(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = cors(state.origins.clone());
    let mode = state.config.environment;
    let router = router(state.paths.clone());
    App::new()
        .app_data(state)
        .configure(docs::configure)
        .configure(|config| examples::configure(mode, config))
        .default_service(router)
        .wrap(cors)
        .wrap(from_fn(middleware::handle_request))
}

/// For pages of the origins that may call, with what they need to see.
fn cors(origins: Arc<Origins>) -> Cors {
    Cors::default()
        .allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| origins.allow(origin)))
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "x-request-id",
            "traceparent",
            "last-event-id",
            "range",
        ])
        .expose_headers([
            header::ACCEPT_RANGES.as_str(),
            header::CONTENT_DISPOSITION.as_str(),
            header::CONTENT_RANGE.as_str(),
            header::ETAG.as_str(),
            header::LOCATION.as_str(),
            header::RETRY_AFTER.as_str(),
            "ratelimit",
            "ratelimit-policy",
            "idempotent-replayed",
            "x-request-id",
        ])
        .block_on_origin_mismatch(false)
        .max_age(3600)
}
