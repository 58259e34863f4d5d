//! The parameters of a path.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kernel::Code;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;

/// The path's parameters. One that is malformed names nothing that exists: 404.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let clean =
            request.match_info().iter().all(|(_, value)| !value.contains('\0') && !value.contains("%00"));
        #[expect(clippy::disallowed_types, reason = "the one place that wraps actix's own")]
        let path = actix_web::web::Path::<T>::extract(request).into_inner();
        ready(match path {
            Ok(path) if clean => Ok(Self(path.into_inner())),
            _ => Err(Code::NotFound.into()),
        })
    }
}
