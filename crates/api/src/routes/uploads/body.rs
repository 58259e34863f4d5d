//! The body of an upload: its length, and how fast it has to come.

use std::time::Duration;

use actix_web::{HttpRequest, http::header, web::Payload};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use kernel::{Code, Error, Result};
use tokio::time::Instant;

/// Refuses a body of another length than announced before anything is read.
pub(super) fn check_length(request: &HttpRequest, size: u64) -> Result<()> {
    let given = request.headers().get(header::CONTENT_LENGTH);
    let given: Option<u64> = given.and_then(|value| value.to_str().ok()?.parse().ok());
    let code = match given {
        Some(given) if given > size => Code::PayloadTooLarge,
        Some(given) if given < size => Code::SizeMismatch,
        _ => return Ok(()),
    };
    Err(Error::new(code).detail(format!("{size} bytes were announced.")))
}

/// The blocks of a body. It is refused where it comes slower than `least` bytes a second on the whole, or stops for longer than
/// `grace` seconds.
pub(super) fn paced(payload: Payload, least: u64, grace: u64) -> impl Stream<Item = Result<Bytes>> + Unpin {
    let (began, least) = (Instant::now(), least.max(1));
    let bytes = stream::try_unfold((payload, 0_u64), move |(mut payload, taken)| async move {
        let grace = Duration::from_secs(grace);
        let latest = (began + grace + Duration::from_secs(taken / least)).min(Instant::now() + grace);
        let next = tokio::time::timeout_at(latest, payload.next()).await;
        match next.map_err(|_| Error::new(Code::RequestTimeout))? {
            None => Ok(None),
            Some(Ok(block)) => {
                let taken = taken + block.len() as u64;
                Ok(Some((block, (payload, taken))))
            }
            Some(Err(_)) => Err(Error::new(Code::MalformedRequest).detail("The body ended early.")),
        }
    });
    Box::pin(bytes)
}
