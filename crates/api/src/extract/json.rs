use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use bytes::BytesMut;
use futures_util::StreamExt;
use kernel::{Code, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::{schema, state};
use crate::problem::Problem;

/// A JSON body: of the right type and size, sent in time, and valid against its schema in the document. All
/// reasons of a refusal come at once.
pub struct Json<T> {
    /// The body.
    pub value: T,
    /// As it was sent, for the idempotency store.
    pub raw: Vec<u8>,
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            check_type(&request)?;
            let limits = &state.config;
            let read = read(&mut payload, limits.json_limit_bytes);
            let patience = Duration::from_secs(limits.body_timeout_seconds);
            let raw = tokio::time::timeout(patience, read)
                .await
                .map_err(|_| Error::new(Code::RequestTimeout))??;
            let mut value: Value = serde_json::from_slice(&raw).map_err(|error| {
                Error::new(Code::MalformedRequest).detail(format!("The body is not JSON: {error}."))
            })?;
            let validator = state.schemas.validator::<T>(|| schema::component(&T::name()))?;
            let reasons = schema::refusals(&validator, &value, str::to_owned);
            if !reasons.is_empty() {
                return Err(Error::invalid(reasons).into());
            }
            schema::integers(&mut value);
            let value = serde_json::from_value(value).map_err(|error| {
                // The schema is narrower than the type everywhere; where it is not, the client still gets a reason.
                Error::invalid(vec![kernel::FieldError::new(
                    "",
                    "not_allowed",
                    error.to_string(),
                )])
            })?;
            Ok(Self { value, raw })
        })
    }
}

fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let patch = request.method() == actix_web::http::Method::PATCH;
    if essence == "application/json" || (patch && essence == "application/merge-patch+json") {
        return Ok(());
    }
    let expected = if patch {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    Err(Error::new(Code::UnsupportedMediaType)
        .detail(format!("Send {expected}."))
        .into())
}

pub(super) async fn read(payload: &mut Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::new(Code::MalformedRequest).detail("The body ended early."))?;
        if body.len() + chunk.len() > limit {
            return Err(Error::new(Code::PayloadTooLarge)
                .detail(format!("At most {limit} bytes."))
                .into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.to_vec())
}

/// The three states of a member in a merge patch (RFC 7396): absent is `None`, null is `Some(None)`.
pub mod merge {
    use serde::{Deserialize, Deserializer};

    /// For `#[serde(default, deserialize_with = "merge::member")]`.
    ///
    /// # Errors
    /// Where the value is of another type.
    pub fn member<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        from: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(from).map(Some)
    }
}
