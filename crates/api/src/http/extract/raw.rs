//! Bodies as their bytes.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kernel::{Code, Error};

use super::{json, state};
use crate::http::problem::Problem;

/// A body as it was sent, whatever it is: for hooks, whose signature is over these very bytes.
pub struct Raw(pub Vec<u8>);

impl FromRequest for Raw {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let read = json::read(&mut payload, state.config.hook_limit_bytes);
            let timeout = Duration::from_secs(state.config.body_timeout_seconds);
            let bytes = tokio::time::timeout(timeout, read).await;
            Ok(Self(bytes.map_err(|_| Error::new(Code::RequestTimeout))??))
        })
    }
}
