//! The middleware around every request: a request id, the limit of requests in flight, a deadline; on the way out problem+json for every
//! refusal, the common response headers, one log line and the metrics.

use std::{
    borrow::Cow,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{self, BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use kernel::Code;
use tracing::Instrument;

use crate::{
    http::{
        connections::{Exchange, ExchangeBody},
        extract::{RateState, address_of, none_match},
        problem::{self, Problem},
    },
    state::State,
};

/// Wraps every route, the unknown ones included.
///
/// # Errors
/// Only where the handler panicked or took too long, and the request is gone with it; actix then writes the response of
/// [`DetachedError`].
pub async fn handle_request<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<ExchangeBody>, Error> {
    let began = Instant::now();
    let exchange = request.request().conn_data::<Exchange>();
    let answering = exchange.map(|exchange| exchange.begin(announces_body(request.headers())));
    let track =
        |response: ServiceResponse<BoxBody>| response.map_body(|_, body| ExchangeBody::new(body, answering));
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return next.call(request).await.map(|response| track(response.map_into_boxed_body()));
    };
    // HEAD is GET without its body, which actix leaves out by itself.
    let is_head = request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
    }
    let meta = RequestMeta::of(&request, &state);
    let trace = trace_id(request.request()).unwrap_or_default();
    let span = tracing::info_span!("request", id = %meta.id, trace_id = %trace);
    let _in_flight = InFlightGuard::new(&state);
    let answer = answer(&state, request, next, &meta).instrument(span.clone()).await;
    let (route, status) = match &answer {
        Ok(response) => (route_of(&state, response.request()), response.status()),
        Err(detached) => (None, detached.as_response_error().status_code()),
    };
    span.in_scope(|| {
        let route = route.as_deref().unwrap_or("unknown");
        record_metrics(&state, meta.method, route, status, began);
    });
    let answer = if is_head { answer.map(without_stream) } else { answer };
    answer.map(track)
}

/// Whether bytes follow the head of a request (RFC 9112, section 6).
fn announces_body(headers: &header::HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0")
}

/// Drops a body without end: a HEAD request would keep its connection for ever, though nothing of it is sent.
fn without_stream(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    response.map_body(|_, body| match body.size() {
        BodySize::Stream => BoxBody::new(body::None::new()),
        _ => body,
    })
}

/// The route's pattern.
fn route_of<'a>(state: &'a State, request: &HttpRequest) -> Option<Cow<'a, str>> {
    let path = request.match_info().as_str();
    let documented = state.paths.find(request.method(), path);
    documented
        .map(|found| Cow::Borrowed(found.template()))
        .or_else(|| request.match_pattern().map(Cow::Owned))
}

/// What the response needs of a request: copied, since the request itself must not be kept while its handler runs.
#[derive(Clone, Debug)]
struct RequestMeta {
    id: String,
    method: &'static str,
    docs: bool,
    secure: bool,
}

impl RequestMeta {
    fn of(request: &ServiceRequest, state: &State) -> Self {
        // Methods are a closed set in the metrics: whoever invents one must not make a new time series.
        let method = match request.method().as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            "OPTIONS" => "OPTIONS",
            _ => "other",
        };
        let secure = request.connection_info().scheme() == "https";
        let docs = ["/docs", "/examples"].iter().any(|page| request.path().starts_with(page));
        Self { id: request_id(request.request(), state), method, docs, secure }
    }
}

/// A refusal of a request that its handler took along, because it panicked or took too long.
#[derive(Debug)]
struct DetachedError {
    problem: Problem,
    meta: RequestMeta,
}

impl std::fmt::Display for DetachedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for DetachedError {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = problem::write(&self.problem.error, self.problem.allow.as_deref(), &self.meta.id);
        set_response_headers(response.headers_mut(), &self.meta, None);
        response
    }
}

async fn answer<B: MessageBody + 'static>(
    state: &State,
    request: ServiceRequest,
    next: Next<B>,
    meta: &RequestMeta,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let detached = |problem: Problem| -> Error { DetachedError { problem, meta: meta.clone() }.into() };
    let admitted = admit(state, request.request());
    let admitted = admitted.and_then(|()| Ok(state.origins.admit(request.request())?));
    if let Err(problem) = admitted {
        let refusal = write(&problem.into(), &meta.id);
        return Ok(with_response_headers(request.into_response(refusal), meta));
    }
    let deadline = deadline(state, request.request());
    let work = AssertUnwindSafe(next.call(request)).catch_unwind();
    match tokio::time::timeout(deadline, work).await {
        Ok(Ok(Ok(response))) => Ok(with_response_headers(finish(response, &meta.id), meta)),
        Ok(Ok(Err(error))) => {
            tracing::debug!(%error, "refused by the framework");
            Err(detached(Code::MalformedRequest.into()))
        }
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            Err(detached(Code::Internal.into()))
        }
        Err(_) => {
            tracing::error!("a request took too long");
            // What was begun goes on to its commit: of a write nobody can say here whether it was done.
            let code = if meta.method == "GET" { Code::Unavailable } else { Code::OutcomeUnknown };
            let slow = kernel::Error::new(code).detail("The request took too long on our side.");
            Err(detached(slow.into()))
        }
    }
}

/// The time for the whole request. An upload may take as long as its line needs; that bytes keep coming is checked where they are
/// received.
fn deadline(state: &State, request: &HttpRequest) -> Duration {
    let path = request.path();
    let is_content = path.starts_with("/api/v1/uploads/") && path.ends_with("/content");
    if request.method() == Method::PUT && is_content {
        return Duration::from_secs(7 * 24 * 3600);
    }
    Duration::from_secs(state.config.request_timeout_seconds)
}

/// Counts a request as in flight until it is dropped.
struct InFlightGuard(Data<State>);

impl InFlightGuard {
    fn new(state: &Data<State>) -> Self {
        state.metrics.in_flight.inc();
        Self(state.clone())
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

/// Refuses what exceeds the limits of the server; health checks are always admitted.
fn admit(state: &State, request: &HttpRequest) -> Result<(), Problem> {
    if matches!(request.path(), "/livez" | "/readyz" | "/metrics") {
        return Ok(());
    }
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let line = request.method().as_str().len() + request.uri().to_string().len() + " HTTP/1.1\r\n".len() + 1;
    if headers.sum::<usize>() + line + 2 > state.config.head_limit_bytes {
        return Err(Code::HeadTooLarge.into());
    }
    let most = i64::try_from(state.config.max_in_flight).unwrap_or(i64::MAX);
    if state.metrics.in_flight.get() > most {
        return Err(Code::Overloaded.into());
    }
    if let Some(address) = address_of(request, &state.config.trusted_proxies) {
        state.limits.address(address)?;
    }
    Ok(())
}

/// Rewrites what is a refusal, however it came to be, and answers 304 where the client has this version.
fn finish<B: MessageBody + 'static>(response: ServiceResponse<B>, id: &str) -> ServiceResponse<BoxBody> {
    if let Some(error) = response.response().error() {
        // The error is owned by the response, so that it is written before the response is taken apart.
        let written = write(error, id);
        return rewritten(response, written);
    }
    let status = response.status();
    let shaped =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if status.as_u16() >= 400 && !shaped {
        let code = match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
            status if status.is_client_error() => Code::MalformedRequest,
            _ => Code::Internal,
        };
        return rewritten(response, problem::write(&code.into(), None, id));
    }
    let etag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    if let Some(etag) = etag
        && status == StatusCode::OK
        && response.request().method() == Method::GET
        && none_match(response.request(), &etag)
    {
        let mut unchanged = HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish();
        // Or what was cached would be kept no longer.
        if let Some(policy) = response.headers().get(header::CACHE_CONTROL) {
            unchanged.headers_mut().insert(header::CACHE_CONTROL, policy.clone());
        }
        return rewritten(response, unchanged);
    }
    response.map_into_boxed_body()
}

/// Replaces the response, and keeps the headers that a browser needs to let a page read it.
fn rewritten<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    mut new: HttpResponse,
) -> ServiceResponse<BoxBody> {
    for (name, value) in response.headers() {
        if *name == header::VARY || name.as_str().starts_with("access-control-") {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(new)
}

/// Writes a refusal and logs it: once, here.
fn write(error: &Error, id: &str) -> HttpResponse {
    let Some(problem) = error.as_error::<Problem>() else {
        let status = error.as_response_error().status_code();
        if status.is_client_error() {
            return problem::write(&Code::MalformedRequest.into(), None, id);
        }
        tracing::error!(%error, "the framework failed");
        return problem::write(&Code::Internal.into(), None, id);
    };
    let code = problem.error.code().as_str();
    if problem::status_of(problem.error.code()).is_server_error() {
        tracing::error!(code, error = %problem.error, "failed");
    } else {
        tracing::debug!(code, "refused");
    }
    let mut response = problem::write(&problem.error, problem.allow.as_deref(), id);
    if let Some(range) = problem.length.and_then(|length| format!("bytes */{length}").parse().ok()) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

fn with_response_headers(
    mut response: ServiceResponse<BoxBody>,
    meta: &RequestMeta,
) -> ServiceResponse<BoxBody> {
    let rate = response.request().extensions().get::<RateState>().copied();
    set_response_headers(response.headers_mut(), meta, rate);
    response
}

/// The headers of every answer.
fn set_response_headers(headers: &mut header::HeaderMap, meta: &RequestMeta, rate: Option<RateState>) {
    let public = headers.contains_key(header::CACHE_CONTROL);
    let has_policy = headers.contains_key(header::CONTENT_SECURITY_POLICY);
    let mut set = |name: header::HeaderName, value: &str| {
        if let Ok(value) = header::HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::HeaderName::from_static("x-request-id"), &meta.id);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    if meta.docs {
        // Swagger UI styles its elements inline, and so does what is small.
        let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
        set(header::CONTENT_SECURITY_POLICY, policy);
    } else if !has_policy {
        set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    }
    if !public {
        set(header::CACHE_CONTROL, "no-store");
    }
    if meta.secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if let Some(RateState(allowance)) = rate.filter(|rate| rate.0.quota > 0) {
        let quota = allowance.quota;
        set(header::HeaderName::from_static("ratelimit-policy"), &format!("\"member\";q={quota};w=60"));
        set(
            header::HeaderName::from_static("ratelimit"),
            &format!("\"member\";r={};t=60", allowance.remaining),
        );
    }
}

fn record_metrics(state: &State, method: &str, route: &str, status: StatusCode, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    state.metrics.requests.with_label_values(&[method, route, status.as_str()]).inc();
    state.metrics.seconds.with_label_values(&[method, route]).observe(seconds);
    tracing::info!(
        method,
        route,
        status = status.as_u16(),
        milliseconds = (seconds * 1e6).round() / 1e3,
        "answered"
    );
}

/// The client's own id where it is a short, plain word; otherwise a new one.
fn request_id(request: &HttpRequest, state: &State) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let plain = |text: &&str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given
        .filter(plain)
        .map_or_else(|| state.db.environment().new_id::<kernel::Uuid>().to_string(), str::to_owned)
}

/// The trace of a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`.
fn trace_id(request: &HttpRequest) -> Option<String> {
    let parent = request.headers().get("traceparent")?.to_str().ok()?;
    let id = parent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::{App, middleware::from_fn, test, web};
    use kernel::Environment;

    use super::*;
    use crate::config::Config;

    async fn bug() -> HttpResponse {
        panic!("a bug in a handler");
    }

    async fn slow() -> HttpResponse {
        std::future::pending().await
    }

    #[actix_web::test]
    async fn a_panic_and_a_request_without_end_are_refusals_like_any_other() {
        let folder = std::env::temp_dir().join(format!("palestra-middleware-{}", std::process::id()));
        let settings =
            [("PALESTRA_DATA_DIR", folder.to_str().unwrap()), ("PALESTRA_REQUEST_TIMEOUT_SECONDS", "1")];
        let config =
            Config::load(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
                .unwrap();
        let db = crate::startup::open(&config, Environment::default(), crate::startup::Schema::Migrate)
            .await
            .unwrap();
        let state = Data::new(State::new(config, db, crate::app::paths()).await.unwrap());
        let bug = web::resource("/bug").to(bug);
        let app = App::new()
            .app_data(state)
            .service(bug)
            .service(web::resource("/slow").to(slow))
            .wrap(from_fn(handle_request));
        let app = test::init_service(app).await;
        let get = test::TestRequest::get;
        for (request, path, status, code) in [
            (get(), "/bug", 500, "internal"),
            (get(), "/slow", 503, "unavailable"),
            (test::TestRequest::post(), "/slow", 503, "outcome_unknown"),
        ] {
            let request = request.uri(path).insert_header(("x-request-id", "mine")).to_request();
            let detached = test::try_call_service(&app, request).await.err().unwrap();
            let response = detached.error_response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
            assert_eq!(response.headers().get("x-request-id").unwrap(), "mine");
            let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&body["code"], &body["requestId"]), (&code.into(), &"mine".into()));
            assert!(!body.to_string().contains("a bug"), "the body tells nothing of the inside");
        }
        std::fs::remove_dir_all(folder).ok();
    }
}
