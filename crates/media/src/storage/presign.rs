//! AWS Signature Version 4 in a query. Written by hand because `object_store` does not sign the length of an upload.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use http_client::{percent_encode, percent_encode_path};
use kernel::{Timestamp, hex};

use super::settings::S3;

/// A URL to which `length` bytes may be sent with PUT as the object `key`, from now on for so many seconds.
pub(crate) fn put(s3: &S3, key: &str, length: u64, now: Timestamp, seconds: u64) -> String {
    let base = base(s3);
    let (_, rest) = base.split_once("://").unwrap_or_default();
    let (host, folder) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, folder)| (host, format!("/{}", percent_encode_path(folder))));
    let path = format!("{folder}/{}", percent_encode_path(key));
    let (day, time) = (now.format("%Y%m%d"), now.format("%Y%m%dT%H%M%SZ"));
    let scope = format!("{day}/{}/s3/aws4_request", s3.region);
    let credential = percent_encode(&format!("{}/{scope}", s3.access_key));
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={time}&X-Amz-Expires={seconds}\
         &X-Amz-SignedHeaders=content-length%3Bhost"
    );
    let request = format!(
        "PUT\n{path}\n{query}\ncontent-length:{length}\nhost:{host}\n\ncontent-length;host\nUNSIGNED-PAYLOAD"
    );
    let sum = hex(digest(&SHA256, request.as_bytes()).as_ref());
    let mut signed = format!("AWS4{}", s3.secret_key).into_bytes();
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{sum}");
    for part in [day.to_string().as_str(), &s3.region, "s3", "aws4_request", &text] {
        signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &signed), part.as_bytes()).as_ref().to_vec();
    }
    let scheme = if base.starts_with("http://") { "http" } else { "https" };
    format!("{scheme}://{host}{path}?{query}&X-Amz-Signature={}", hex(&signed))
}

/// The URL of the bucket.
fn base(s3: &S3) -> String {
    let (bucket, region) = (&s3.bucket, &s3.region);
    match (&s3.endpoint, s3.path_style) {
        (Some(endpoint), true) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        (Some(endpoint), false) => endpoint.trim_end_matches('/').to_owned(),
        (None, true) => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        (None, false) => format!("https://{bucket}.s3.{region}.amazonaws.com"),
    }
}
