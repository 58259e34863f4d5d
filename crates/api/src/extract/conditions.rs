use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use kernel::{Code, Error};

use crate::problem::Problem;

/// `If-Match`, required: the versions that the client has seen. `*` is any.
#[derive(Clone, Debug)]
pub struct IfMatch(Vec<String>);

impl IfMatch {
    /// Whether the client has seen this version.
    #[must_use]
    pub fn accepts(&self, version: i64) -> bool {
        self.0.iter().any(|tag| {
            // A tag may also name the content; a change looks at the version alone.
            tag == "*" || tag.split('.').next() == Some(version.to_string().as_str())
        })
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<IfMatch, Problem> {
    let mut tags = Vec::new();
    let mut given = false;
    for line in request.headers().get_all(header::IF_MATCH) {
        given = true;
        let line = line.to_str().map_err(|_| malformed())?;
        for tag in line.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            // A weak tag never matches strongly (RFC 9110, 13.1.1); it is read and matches nothing.
            let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            match inner {
                Some(inner) => tags.push(inner.to_owned()),
                None if tag == "*" => tags.push("*".to_owned()),
                None if tag.starts_with("W/\"") => {}
                None => return Err(malformed()),
            }
        }
    }
    if given { Ok(IfMatch(tags)) } else { Err(Code::PreconditionRequired.into()) }
}

fn malformed() -> Problem {
    Error::new(Code::MalformedRequest).detail("If-Match is not a list of entity tags.").into()
}

/// Whether `If-None-Match` names this tag, compared weakly (RFC 9110, 13.1.2).
pub(crate) fn none_match(request: &HttpRequest, etag: &str) -> bool {
    let lines = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    lines.flat_map(|line| line.split(',')).any(|tag| tag.trim() == "*" || strong(tag) == strong(etag))
}
