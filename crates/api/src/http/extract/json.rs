//! JSON bodies: read, and held to their schema and to the rules across their members.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use bytes::BytesMut;
use futures_util::{StreamExt, future::LocalBoxFuture};
use kernel::{Code, Error, FieldError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::{auth, members, rules, schema, state};
use crate::{config::Config, http::problem::Problem, state::State};

/// Reasons of one refusal of a document, in which one mistake may be everywhere.
pub const MAX_REASONS_OF_DOCUMENT: usize = 1_000;

/// Values in a document: several times what its bounds allow. A few bytes of JSON take up a hundred times their size in memory.
const MAX_VALUES: usize = 100_000;

/// How deep the parser of JSON goes.
const MAX_DEPTH: usize = 128;

/// A JSON body: of the right type and size, sent in time, and valid against its schema in the document. All
/// reasons of a refusal come at once.
pub struct Json<T> {
    /// The body.
    pub value: T,
    /// As it was sent, for the idempotency store.
    pub raw: Vec<u8>,
}

impl<T: DeserializeOwned + ToSchema + Validate + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let limit = state(&request)?.config.json_limit_bytes;
            accept(&request, payload, limit, usize::MAX).await
        })
    }
}

/// A JSON body with a text that somebody pastes, which brings more along than is kept of it.
pub struct Prose<T>(pub Json<T>);

impl<T: DeserializeOwned + ToSchema + Validate + 'static> FromRequest for Prose<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let limit = state(&request)?.config.text_limit_bytes;
            accept(&request, payload, limit, MAX_VALUES).await.map(Self)
        })
    }
}

/// A body of at most so many bytes and values that its schema accepts.
async fn accept<T: DeserializeOwned + ToSchema + Validate + 'static>(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
    most_values: usize,
) -> Result<Json<T>, Problem> {
    let state = state(request)?;
    let (raw, text) = receive(request, &mut payload, &state, limit, most_values).await?;
    match judge(&state, text, schema::MAX_REASONS)? {
        Ok(value) => Ok(Json { value, raw }),
        Err((_, reasons)) => Err(Error::invalid(reasons).into()),
    }
}

/// A body as its type; or as it was sent, with every reason for which its schema refuses it.
pub type Judged<T> = Result<T, (Value, Vec<FieldError>)>;

/// A body of many parts, which is larger than others.
pub trait Large {
    /// At most so many bytes.
    fn limit(config: &Config) -> usize;
}

/// A JSON body of many parts, with a limit of its own. What its schema refuses comes to the operation, which knows more reasons,
/// may be asked for all of them without being refused, or refuses single parts.
pub struct Document<T> {
    /// The document, or what is wrong with it: at most a thousand reasons.
    pub value: Judged<T>,
    /// As it was sent, for the idempotency store.
    pub raw: Vec<u8>,
}

impl<T: Large + DeserializeOwned + ToSchema + Validate + 'static> FromRequest for Document<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let limit = T::limit(&state.config);
            let (raw, text) = receive(&request, &mut payload, &state, limit, MAX_VALUES).await?;
            let value = judge(&state, text, MAX_REASONS_OF_DOCUMENT)?;
            Ok(Self { value, raw })
        })
    }
}

/// Takes in a body of the right type, in time, and reads it. The same for all types, and a pointer for each that waits.
fn receive<'a>(
    request: &'a HttpRequest,
    payload: &'a mut Payload,
    state: &'a State,
    limit: usize,
    most_values: usize,
) -> LocalBoxFuture<'a, Result<(Vec<u8>, Text), Problem>> {
    Box::pin(async move {
        check_type(request)?;
        let timeout = Duration::from_secs(state.config.body_timeout_seconds);
        let raw = tokio::time::timeout(timeout, read(payload, limit))
            .await
            .map_err(|_| Error::new(Code::RequestTimeout))??;
        auth::confirm_again(request, state).await?;
        if most_values < usize::MAX && values(&raw) > most_values {
            let detail = format!("At most {most_values} values.");
            return Err(Error::new(Code::PayloadTooLarge).detail(detail).into());
        }
        let text = parse(&raw)?;
        Ok((raw, text))
    })
}

/// What was read, and each member that stands in it again.
type Text = (Value, Vec<FieldError>);

fn parse(raw: &[u8]) -> Result<Text, Problem> {
    members::read(raw, MAX_REASONS_OF_DOCUMENT).map_err(|error| {
        let detail = format!("The body is not JSON: {error}.");
        Error::new(Code::MalformedRequest).detail(detail).into()
    })
}

/// The body as its type, or every reason against it at once: the schema's and, where all members can be read, those of the rules across
/// them.
fn judge<T: DeserializeOwned + ToSchema + Validate + 'static>(
    state: &State,
    (mut value, mut reasons): Text,
    most: usize,
) -> Result<Judged<T>, Problem> {
    let validator = state.schemas.validator::<T>(|| schema::component(&T::name()))?;
    reasons.extend(schema::refusals(&validator, &value, most, &str::to_owned));
    reasons.truncate(most);
    schema::integers(&mut value);
    match T::deserialize(&value) {
        Ok(body) => {
            reasons.extend(rules::refusals(&body));
            reasons.truncate(most);
            if reasons.is_empty() {
                return Ok(Ok(body));
            }
        }
        // The schema is narrower than the type everywhere; where it is not, the client still gets a reason.
        Err(error) if reasons.is_empty() => {
            let reason = FieldError::new("", "not_allowed", error.to_string());
            return Ok(Err((Value::Null, vec![reason])));
        }
        Err(_) => {}
    }
    Ok(Err((value, reasons)))
}

/// How many values a JSON text has at most, before any of them takes up memory. It is counted as far as it would be read: up
/// to where it is too deep.
fn values(raw: &[u8]) -> usize {
    let (mut count, mut depth) = (1, 0_usize);
    let (mut text, mut escaped) = (false, false);
    for byte in raw {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = text,
            b'"' => text = !text,
            _ if text => {}
            b',' => count += 1,
            b'[' | b'{' => (count, depth) = (count + 1, depth + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            break;
        }
    }
    count
}

fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    let given =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let patch = request.method() == actix_web::http::Method::PATCH;
    if essence == "application/json" || (patch && essence == "application/merge-patch+json") {
        return Ok(());
    }
    let also = if patch { " or application/merge-patch+json" } else { "" };
    Err(Error::new(Code::UnsupportedMediaType).detail(format!("Send application/json{also}.")).into())
}

pub(super) async fn read(payload: &mut Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::new(Code::MalformedRequest).detail("The body ended early."))?;
        if body.len() + chunk.len() > limit {
            return Err(Error::new(Code::PayloadTooLarge).detail(format!("At most {limit} bytes.")).into());
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

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, values};

    #[test]
    fn values_are_counted_outside_of_texts_and_never_too_few() {
        assert_eq!(values(br#"{"a":[1,2,{"b":"[,{\\"}],"c":"\",\"[[["}"#), 7);
        assert_eq!(values(b"5"), 1);
        let deep = [vec![b'['; 300], b",,,,".to_vec()].concat();
        assert_eq!(values(&deep), MAX_DEPTH + 2);
        assert!(
            serde_json::from_slice::<serde_json::Value>(&[vec![b'['; 128], vec![b']'; 128]].concat())
                .is_err()
        );
    }
}
