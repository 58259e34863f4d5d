//! Answers are compressed for whoever accepts it: JSON becomes a fifth to a tenth of its size.

use std::io::Write;

use actix_web::{
    HttpRequest,
    http::header::{AcceptEncoding, ContentEncoding, Encoding, Header},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// A smaller body fits into the packet that carries its head anyway.
pub(super) const SMALLEST: usize = 1024;
/// For an answer that is sent once: most of the gain for little time.
pub(super) const ONCE: Compression = Compression::new(2);
/// For an answer that is kept.
pub(super) const KEPT: Compression = Compression::new(7);

/// Whether the request prefers an answer that is compressed with gzip (RFC 9110, section 12.5.3).
pub(super) fn accepts_gzip(request: &HttpRequest) -> bool {
    let gzip = Encoding::Known(ContentEncoding::Gzip);
    let accepted = AcceptEncoding::parse(request).ok();
    let offered = [gzip.clone(), Encoding::identity()];
    // Without the header anything is acceptable, and only what is plain is sure to be understood.
    request.headers().contains_key("accept-encoding")
        && accepted.and_then(|accepted| accepted.negotiate(offered.iter())) == Some(gzip)
}

pub(super) fn gzip(body: &[u8], level: Compression) -> Bytes {
    let mut written = GzEncoder::new(Vec::with_capacity(body.len() / 4), level);
    // Writing to memory cannot fail.
    drop(written.write_all(body));
    written.finish().unwrap_or_default().into()
}
