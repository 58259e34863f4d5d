//! One call of Stripe's API: its headers, its attempts, and what its refusals mean.

use std::time::Duration;

use http_client::{HttpClient, HttpResponse, encode_form};
use kernel::{Code, Environment, Error, Result};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::objects::{ErrorBody, Identified, StripeError};

/// The version of the API whose objects are read here: the one that Stripe's own libraries of this year pin.
pub(super) const VERSION: &str = "2026-10-28.endive";

/// The fields of a request.
pub(super) type Form = Vec<(String, String)>;

/// What Stripe answers where it refuses.
pub(super) type Refusal = (StatusCode, StripeError);

/// Stripe's API, asked with the key of one account.
pub(super) struct StripeClient {
    http: HttpClient,
    secret_key: String,
    base_url: String,
}

impl StripeClient {
    pub(super) fn new(
        secret_key: &str,
        base_url: &str,
        environment: Environment,
    ) -> std::result::Result<Self, String> {
        Ok(Self {
            http: HttpClient::new("Stripe", environment)?,
            secret_key: secret_key.to_owned(),
            base_url: base_url.trim_end_matches('/').to_owned(),
        })
    }

    /// The object at this path, unless Stripe does not know it.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.call(self.request(Method::GET, path)).await? {
            Ok(found) => Ok(Some(found)),
            Err((StatusCode::NOT_FOUND, _)) => Ok(None),
            Err((status, error)) => Err(refused(status, &error)),
        }
    }

    /// The account of the key; `None` where a restricted key may not ask.
    pub(super) async fn account_id(&self) -> Result<Option<String>> {
        let request = self.request(Method::GET, "account");
        let response = self.http.send(request, is_transient).await.map_err(unavailable)?;
        match response.status {
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let account: Result<Identified, _> = serde_json::from_slice(&response.body);
                account.map(|account| Some(account.id)).map_err(|error| unavailable(error.to_string()))
            }
            status => Err(unavailable(format!("Stripe answered {status}"))),
        }
    }

    /// A change that Stripe makes once for this idempotency key, with the same answer each time.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, fields: &Form, key: &str) -> Result<T> {
        let response = self.try_post(path, fields, key).await?;
        response.map_err(|(status, error)| refused(status, &error))
    }

    /// The same, where the caller decides what a refusal means.
    pub(super) async fn try_post<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &Form,
        key: &str,
    ) -> Result<std::result::Result<T, Refusal>> {
        let request = self
            .request(Method::POST, path)
            .header("idempotency-key", key)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encode_form(fields));
        self.call(request).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.base_url);
        self.http.request(method, url).bearer_auth(&self.secret_key).header("stripe-version", VERSION)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<std::result::Result<T, Refusal>> {
        let response = self.http.send(request, is_transient).await.map_err(unavailable)?;
        let status = response.status;
        if status.is_success() {
            let object = serde_json::from_slice(&response.body);
            return object
                .map(Ok)
                .map_err(|error| unavailable(format!("Stripe's response cannot be read: {error}")));
        }
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            tracing::error!(status = status.as_u16(), "Stripe does not accept PALESTRA_STRIPE_SECRET_KEY");
            return Err(unavailable(format!("Stripe answered {status}")));
        }
        // A failure of Stripe's own that it keeps with the key and would repeat for a day.
        if status.is_server_error() && response.header("idempotent-replayed") == Some("true") {
            return Ok(Err((status, StripeError::replayed())));
        }
        // Stripe refuses in JSON; anything else comes from a proxy in between.
        match serde_json::from_slice::<ErrorBody>(&response.body) {
            Ok(body) if status.is_client_error() => Ok(Err((status, body.error))),
            _ => Err(unavailable(format!("Stripe answered {status}"))),
        }
    }
}

/// Stripe says itself what is worth another attempt. Where it does not: a lock, a limit, or its own failure.
fn is_transient(response: &HttpResponse) -> bool {
    match response.header("stripe-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => response.status == StatusCode::CONFLICT || response.is_transient(),
    }
}

/// Stripe cannot be asked now; `cause` is for the log.
pub(super) fn unavailable(cause: String) -> Error {
    Error::new(Code::ProviderUnavailable)
        .detail("Stripe does not answer.")
        .retry_after(Duration::from_secs(5))
        .caused_by(cause)
}

/// Stripe refuses. Its code is passed on, and never its message, which may contain a card or an address.
pub(super) fn refused(status: StatusCode, error: &StripeError) -> Error {
    if status == StatusCode::CONFLICT || status == StatusCode::TOO_MANY_REQUESTS {
        return unavailable(format!("Stripe answered {status}"));
    }
    // The key was used with other values. What was asked for with it was not refused, and may have been made.
    if error.kind.as_deref() == Some("idempotency_error") {
        return unavailable("Stripe knows the idempotency key with other values".to_owned());
    }
    let param = error.param.as_deref().unwrap_or("-");
    if error.is_unknown("customer") {
        return Error::new(Code::UnknownAtProvider).caused_by("Stripe does not know the customer");
    }
    Error::new(Code::PaymentRefused)
        .detail(format!("Stripe refused this: {}.", error.code_or_kind()))
        .caused_by(format!("Stripe answered {status} about {param}"))
}
