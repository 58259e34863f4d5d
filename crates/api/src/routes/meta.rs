//! What clients read about this installation: its keys and its document.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header},
};
use identity::PublicKey;
use kernel::Error;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{openapi::published, prelude::*};

pub(super) fn configure_root(config: &mut impl Operations) {
    operations!(config, jwks);
}

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, openapi);
}

/// The public keys of access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
struct JsonWebKeySet {
    /// The keys; a new one stands here ten minutes before it signs.
    keys: Vec<JsonWebKey>,
}

/// A public Ed25519 key (RFC 8037).
#[derive(Serialize, ToSchema)]
struct JsonWebKey {
    /// Always `OKP`.
    #[schema(value_type = String, example = "OKP")]
    kty: &'static str,
    /// Always `Ed25519`.
    #[schema(value_type = String, example = "Ed25519")]
    crv: &'static str,
    /// Always `EdDSA`.
    #[schema(value_type = String, example = "EdDSA")]
    alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    #[schema(rename = "use", value_type = String, example = "sig")]
    purpose: &'static str,
    /// Its name in a token's header.
    #[schema(example = "1f7a53c0de9b2a44")]
    kid: String,
    /// The key, base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
}

impl From<PublicKey> for JsonWebKey {
    fn from(key: PublicKey) -> Self {
        let PublicKey { kid, bytes } = key;
        Self {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            purpose: "sig",
            kid,
            x: kernel::to_base64url(&bytes),
        }
    }
}

/// Get the public keys of access tokens
///
/// Verify access tokens with these: EdDSA, `typ` `at+jwt`, issuer and audience of this installation. The answer may
/// be kept for five minutes.
#[utoipa::path(get, path = "/.well-known/jwks.json",
    tag = "meta", operation_id = "getJsonWebKeySet", security(()),
    responses((status = 200, description = "The keys.", body = JsonWebKeySet)))]
async fn jwks(state: Data<State>) -> Answer<JsonWebKeySet> {
    let keys = state.identity.tokens.public_keys().into_iter().map(Into::into).collect();
    let reply = Reply::ok(&JsonWebKeySet { keys })?;
    Ok(reply.header(header::CACHE_CONTROL, "public, max-age=300".to_owned()))
}

/// Get this document
///
/// OpenAPI 3.1. Generate clients from it; `/docs` shows it to people.
#[utoipa::path(get, path = "/openapi.json",
    tag = "meta", operation_id = "getOpenApi", security(()),
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json",
        example = json!({"openapi": "3.1.0"}))))]
async fn openapi(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .insert_header((header::VARY, "accept-encoding"));
    if accepts_gzip(&request) {
        response.insert_header(ContentEncoding::Gzip);
        return Ok(response.body(published::PACKED));
    }
    Ok(response.body(published::text().map_err(Error::internal)?))
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    let gzip = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.is_some_and(|accepted| accepted.negotiate(gzip.iter()) == Some(Encoding::gzip()))
}
