//! Successful answers: typed by what their body is, serialised once.

use std::{
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    http::{StatusCode, header},
};
use bytes::Bytes;
use kernel::{Error, Result};
use media::{Disposition, content_disposition};
use serde::{Deserialize, Serialize};

use super::{compression, problem::Problem};

/// An answer whose body is a `T`, with the headers that belong to it.
pub struct Reply<T> {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// The same compressed, where the answer is kept: whoever needs it first makes it.
    gzip: Option<Arc<OnceLock<Bytes>>>,
    of: PhantomData<T>,
}

/// What most handlers give.
pub type Answer<T> = Result<Reply<T>, Problem>;

/// The body of an answer that has none.
pub struct Nothing;

/// An answer at rest, as the idempotency store keeps it.
#[derive(Serialize, Deserialize)]
struct StoredReply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl<T: Serialize> Reply<T> {
    /// 200.
    ///
    /// # Errors
    /// [`kernel::Code::Internal`] for a body that cannot be written, which would be a bug.
    pub fn ok(body: &T) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?.into();
        let headers = vec![(header::CONTENT_TYPE.to_string(), "application/json".to_owned())];
        Ok(Self { status: StatusCode::OK, headers, body, gzip: None, of: PhantomData })
    }

    /// 201, and where the new thing is.
    ///
    /// # Errors
    /// See [`Reply::ok`].
    pub fn created(location: &str, body: &T) -> Result<Self> {
        let mut reply = Self::ok(body)?.header(header::LOCATION, format!("/api/v1{location}"));
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }
}

impl Reply<String> {
    /// 200 with a file of text, to be saved under this name.
    #[must_use]
    pub fn text_file(content_type: &str, name: &str, body: String) -> Self {
        Self {
            status: StatusCode::OK,
            headers: vec![
                (header::CONTENT_TYPE.to_string(), content_type.to_owned()),
                (header::CONTENT_DISPOSITION.to_string(), content_disposition(Disposition::Attachment, name)),
            ],
            body: body.into(),
            gzip: None,
            of: PhantomData,
        }
    }
}

impl<T> Reply<T> {
    /// 200 with a body that was written before, and where its compressed form is kept.
    #[must_use]
    pub fn kept(body: Bytes, gzip: Arc<OnceLock<Bytes>>, etag: &str) -> Self {
        Self {
            status: StatusCode::OK,
            headers: vec![
                (header::CONTENT_TYPE.to_string(), "application/json".to_owned()),
                (header::ETAG.to_string(), etag.to_owned()),
            ],
            body,
            gzip: Some(gzip),
            of: PhantomData,
        }
        .public()
    }

    /// Lets browsers keep an answer that is everybody's, if they ask each time whether it still holds.
    #[must_use]
    pub fn public(self) -> Self {
        self.header(header::CACHE_CONTROL, "no-cache".to_owned())
            .header(header::VARY, "Authorization".to_owned())
    }

    /// What [`Reply::kept`] takes, of a 200 with an `ETag`.
    #[must_use]
    pub fn to_keep(&self) -> Option<(Bytes, String)> {
        let (_, etag) = self.headers.iter().find(|(name, _)| name == header::ETAG.as_str())?;
        (self.status == StatusCode::OK).then(|| (self.body.clone(), etag.clone()))
    }
}

impl<T> Reply<T> {
    /// 202 with a body of its own: what remains to be done before there is a `T`.
    ///
    /// # Errors
    /// See [`Reply::ok`].
    pub fn deferred(body: &impl Serialize) -> Result<Self> {
        let Reply { headers, body, .. } = Reply::ok(body)?;
        Ok(Self { status: StatusCode::ACCEPTED, headers, body, gzip: None, of: PhantomData })
    }
}

impl Reply<Nothing> {
    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// 202: it was written down and will be done.
    #[must_use]
    pub fn accepted() -> Self {
        Self::empty(StatusCode::ACCEPTED)
    }

    fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), gzip: None, of: PhantomData }
    }
}

impl<T> Reply<T> {
    /// Names the version in `ETag`, which `If-Match` takes.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.header(header::ETAG, format!("\"{version}\""))
    }

    /// Names the version and the content in `ETag`: for a resource whose answer also changes with its parts.
    /// `If-Match` looks at the version alone, `If-None-Match` at all of it.
    #[must_use]
    pub fn version_and_content(self, version: i64) -> Self {
        let content = kernel::hex(kernel::hash_token(&self.body).split_at(6).0);
        self.header(header::ETAG, format!("\"{version}.{content}\""))
    }

    /// Names the content in `ETag`: for an answer that is made of many things.
    #[must_use]
    pub fn content(self) -> Self {
        let content = kernel::hex(kernel::hash_token(&self.body).split_at(12).0);
        self.header(header::ETAG, format!("\"{content}\""))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: String) -> Self {
        self.headers.push((name.to_string(), value));
        self
    }

    /// For the idempotency store.
    ///
    /// # Errors
    /// See [`Reply::ok`].
    pub fn keep(&self) -> Result<Vec<u8>> {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        let kept = StoredReply { status: self.status.as_u16(), headers: self.headers.clone(), body };
        serde_json::to_vec(&kept).map_err(Error::internal)
    }

    /// The first answer again.
    ///
    /// # Errors
    /// [`kernel::Code::Internal`] for a kept answer that cannot be read.
    pub fn replay(kept: &[u8]) -> Result<Self> {
        let StoredReply { status, mut headers, body } =
            serde_json::from_slice(kept).map_err(Error::internal)?;
        headers.push(("idempotent-replayed".to_owned(), "true".to_owned()));
        let status = StatusCode::from_u16(status).map_err(Error::internal)?;
        Ok(Self { status, headers, body: body.into_bytes().into(), gzip: None, of: PhantomData })
    }
}

impl<T> Responder for Reply<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        let varies = self.headers.iter().find(|(name, _)| name == header::VARY.as_str());
        let varies = varies.map(|(_, value)| value.clone());
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        if self.body.is_empty() {
            return response.finish();
        }
        if self.body.len() < compression::SMALLEST {
            return response.body(self.body);
        }
        // In one line, since the middleware for CORS keeps only the first.
        let varies = varies.map_or_else(String::new, |other| format!("{other}, ")) + "Accept-Encoding";
        response.insert_header((header::VARY, varies));
        if !compression::accepts_gzip(request) {
            return response.body(self.body);
        }
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
        response.body(match self.gzip {
            Some(kept) => kept.get_or_init(|| compression::gzip(&self.body, compression::KEPT)).clone(),
            None => compression::gzip(&self.body, compression::ONCE),
        })
    }
}
