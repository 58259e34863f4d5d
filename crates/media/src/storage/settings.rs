//! Where the objects are stored: a folder, or a bucket of an S3-compatible service.

use std::{path::PathBuf, time::Duration};

use object_store::{
    ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
};

/// Where objects are stored.
#[derive(Clone)]
pub enum Settings {
    /// A folder on this machine.
    Local(PathBuf),
    /// A bucket of an S3-compatible service.
    S3(S3),
}

/// A bucket of an S3-compatible service.
#[derive(Clone)]
pub struct S3 {
    /// The bucket's name.
    pub bucket: String,
    /// The region, which is part of each signature.
    pub region: String,
    /// The address of the service; `None` means Amazon's for the region.
    pub endpoint: Option<String>,
    /// The id of the access key.
    pub access_key: String,
    /// The secret of the access key.
    pub secret_key: String,
    /// Whether the bucket's name is in the path of a URL and not in the host name.
    pub path_style: bool,
    /// Whether the endpoint may be used without TLS.
    pub allow_http: bool,
}

/// A client for the bucket.
pub(super) fn bucket(settings: S3) -> object_store::Result<AmazonS3> {
    let retry =
        RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(15), ..RetryConfig::default() };
    let client = ClientOptions::new()
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout(Duration::from_secs(60));
    let builder = AmazonS3Builder::new()
        .with_bucket_name(settings.bucket)
        .with_region(settings.region)
        .with_access_key_id(settings.access_key)
        .with_secret_access_key(settings.secret_key)
        .with_virtual_hosted_style_request(!settings.path_style)
        .with_client_options(client)
        .with_allow_http(settings.allow_http)
        .with_retry(retry);
    match settings.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint).build(),
        None => builder.build(),
    }
}
