//! One call of Stripe's API: its headers, its tries, and what its refusals mean.

use http_client::{Answer, encoded, form};
use kernel::{Code, Error, Result};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::{
    Stripe,
    shape::{Problem, Refusal},
};

/// The version whose shapes are read here: the one that Stripe's own libraries of this year pin.
pub(super) const VERSION: &str = "2026-10-28.endive";

/// What a change is asked with.
pub(super) type Form = Vec<(String, String)>;

impl Stripe {
    /// Something of this path, unless Stripe does not know it.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.call(self.request(Method::GET, path)).await? {
            Ok(found) => Ok(Some(found)),
            Err((StatusCode::NOT_FOUND, _)) => Ok(None),
            Err((status, problem)) => Err(refused(status, &problem)),
        }
    }

    /// A change that Stripe makes once for this key, and answers alike each time.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, fields: &Form, key: &str) -> Result<T> {
        let answer = self.try_post(path, fields, key).await?;
        answer.map_err(|(status, problem)| refused(status, &problem))
    }

    /// The same, where a refusal is not yet a failure.
    pub(super) async fn try_post<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &Form,
        key: &str,
    ) -> Result<std::result::Result<T, (StatusCode, Problem)>> {
        let request = self
            .request(Method::POST, path)
            .header("idempotency-key", key)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(fields));
        self.call(request).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.base_url);
        self.service
            .request(method, url)
            .bearer_auth(&self.secret_key)
            .header("stripe-version", VERSION)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<std::result::Result<T, (StatusCode, Problem)>> {
        let answer = self.service.send(request, is_passing).await.map_err(away)?;
        let status = answer.status;
        if status.is_success() {
            let read = serde_json::from_slice(&answer.body);
            return read
                .map(Ok)
                .map_err(|error| away(format!("Stripe's answer cannot be read: {error}")));
        }
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            tracing::error!(
                status = status.as_u16(),
                "Stripe does not accept PALESTRA_STRIPE_SECRET_KEY"
            );
            return Err(away(format!("Stripe answered {status}")));
        }
        // Its own failure that it remembers with the key: it would be given again for a day.
        if status.is_server_error() && answer.header("idempotent-replayed") == Some("true") {
            return Ok(Err((status, Problem::remembered())));
        }
        // A refusal is JSON of Stripe's; anything else is somebody in between.
        match serde_json::from_slice::<Refusal>(&answer.body) {
            Ok(refusal) if status.is_client_error() => Ok(Err((status, refusal.error))),
            _ => Err(away(format!("Stripe answered {status}"))),
        }
    }
}

/// Stripe says itself what is worth another try; where it does not: a lock, a limit, or its own fault.
fn is_passing(answer: &Answer) -> bool {
    match answer.header("stripe-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => answer.status == StatusCode::CONFLICT || answer.is_passing(),
    }
}

/// One segment of a path.
pub(super) fn segment(name: &str) -> String {
    encoded(name)
}

pub(super) fn away(cause: String) -> Error {
    Error::new(Code::ProviderUnavailable)
        .detail("Stripe does not answer.")
        .retry_after(std::time::Duration::from_secs(5))
        .caused_by(cause)
}

/// Its code, and never its message: that may name a card or an address.
pub(super) fn refused(status: StatusCode, problem: &Problem) -> Error {
    if status == StatusCode::CONFLICT || status == StatusCode::TOO_MANY_REQUESTS {
        return away(format!("Stripe answered {status}"));
    }
    // A key that comes back with other values: what was asked for with it was not refused, and may well be made.
    if problem.kind.as_deref() == Some("idempotency_error") {
        return away("Stripe knows the idempotency key with other values".to_owned());
    }
    let param = problem.param.as_deref().unwrap_or("-");
    Error::new(Code::PaymentRefused)
        .detail(format!("Stripe refused this: {}.", problem.word()))
        .caused_by(format!("Stripe answered {status} about {param}"))
}
