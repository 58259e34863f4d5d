//! The first and last thing that happens to every request: an id, a place in the queue, a deadline, and on the way out
//! one shape for every refusal, the headers of every answer, a line in the log and a count.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use kernel::Code;
use tracing::Instrument;

use crate::{
    extract::{RateState, address_of, none_match},
    problem::{self, Problem},
    state::State,
};

/// Wraps every route, the unknown ones included.
///
/// # Errors
/// None: every failure has become an answer.
pub async fn around<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let id = request_id(request.request(), &state);
    // HEAD is GET without its body, which actix leaves out by itself.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let trace = trace_id(request.request()).unwrap_or_default();
    let span = tracing::info_span!("request", id = %id, trace_id = %trace);
    let outer = request.request().clone();
    let _place = Place::take(&state);
    let answer = async {
        let admitted = admit(&state, request.request());
        let answer = match admitted {
            Ok(()) => {
                let work = AssertUnwindSafe(next.call(request)).catch_unwind();
                let deadline = std::time::Duration::from_secs(state.config.request_timeout_seconds);
                match tokio::time::timeout(deadline, work).await {
                    Ok(Ok(Ok(response))) => finish(response, &id),
                    Ok(Ok(Err(error))) => refuse(outer.clone(), &error, &id),
                    Ok(Err(_)) => {
                        let bug = kernel::Error::internal("a handler panicked");
                        refuse(outer.clone(), &Problem::from(bug).into(), &id)
                    }
                    Err(_) => {
                        let slow = kernel::Error::new(Code::Unavailable).detail("The request took too long on our side.");
                        refuse(outer.clone(), &Problem::from(slow).into(), &id)
                    }
                }
            }
            Err(problem) => refuse(outer.clone(), &problem.into(), &id),
        };
        dress(answer, &id)
    }
    .instrument(span.clone())
    .await;
    span.in_scope(|| account(&state, &outer, answer.status(), began));
    Ok(answer)
}

/// Counts a request as long as it is worked on.
struct Place(Data<State>);

impl Place {
    fn take(state: &Data<State>) -> Self {
        state.metrics.in_flight.inc();
        Self(state.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

/// Health answers always have a place; everything else only as long as there is one.
fn admit(state: &State, request: &HttpRequest) -> Result<(), Problem> {
    if matches!(request.path(), "/livez" | "/readyz" | "/metrics") {
        return Ok(());
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
        return response.into_response(written);
    }
    let status = response.status();
    let shaped = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if status.as_u16() >= 400 && !shaped {
        let code = match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
            status if status.is_client_error() => Code::MalformedRequest,
            _ => Code::Internal,
        };
        return response.into_response(problem::write(&code.into(), None, id));
    }
    let etag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    if let Some(etag) = etag
        && status == StatusCode::OK
        && response.request().method() == Method::GET
        && none_match(response.request(), &etag)
    {
        let unchanged = HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish();
        return response.into_response(unchanged);
    }
    response.map_into_boxed_body()
}

fn refuse(request: HttpRequest, error: &Error, id: &str) -> ServiceResponse<BoxBody> {
    ServiceResponse::new(request, write(error, id))
}

/// One failure, logged once, here.
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
    problem::write(&problem.error, problem.allow.as_deref(), id)
}

/// The headers of every answer.
fn dress(mut response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let rate = response.request().extensions().get::<RateState>().copied();
    let secure = response.request().connection_info().scheme() == "https";
    let docs = response.request().path().starts_with("/docs");
    let public = response.headers().contains_key(header::CACHE_CONTROL);
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &str| {
        if let Ok(value) = header::HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::HeaderName::from_static("x-request-id"), id);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    if docs {
        // Swagger UI styles its elements inline.
        let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
        set(header::CONTENT_SECURITY_POLICY, policy);
    } else {
        set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    }
    if !public {
        set(header::CACHE_CONTROL, "no-store");
    }
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if let Some(RateState(allowance)) = rate.filter(|rate| rate.0.quota > 0) {
        let quota = allowance.quota;
        set(header::HeaderName::from_static("ratelimit-policy"), &format!("\"member\";q={quota};w=60"));
        set(header::HeaderName::from_static("ratelimit"), &format!("\"member\";r={};t=60", allowance.remaining));
    }
    response
}

fn account(state: &State, request: &HttpRequest, status: StatusCode, began: Instant) {
    let route = request.match_pattern().unwrap_or_else(|| "unknown".to_owned());
    // Methods are a closed set in the metrics: whoever invents one must not make a new time series.
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    };
    let seconds = began.elapsed().as_secs_f64();
    state.metrics.requests.with_label_values(&[method, &route, status.as_str()]).inc();
    state.metrics.seconds.with_label_values(&[method, &route]).observe(seconds);
    tracing::info!(method, route, status = status.as_u16(), milliseconds = (seconds * 1e6).round() / 1e3, "answered");
}

/// The client's own id where it is a short, plain word; otherwise a new one.
fn request_id(request: &HttpRequest, state: &State) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let plain = |text: &&str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(plain).map_or_else(|| state.db.ambient().new_id().to_string(), str::to_owned)
}

/// The trace of a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`.
fn trace_id(request: &HttpRequest) -> Option<String> {
    let parent = request.headers().get("traceparent")?.to_str().ok()?;
    let id = parent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
}
