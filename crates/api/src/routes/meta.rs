use actix_web::{HttpResponse, get, http::header, web::Data};
use identity::PublicKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{problem::Problem, reply::Reply, service_config::ServiceConfig, state::State};

pub(super) fn configure_root(config: &mut ServiceConfig) {
    config.service(jwks);
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(openapi);
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

/// The public keys of access tokens
///
/// Verify access tokens with these: EdDSA, `typ` `at+jwt`, issuer and audience of this installation. The answer may
/// be kept for five minutes.
#[utoipa::path(tag = "meta", operation_id = "getJsonWebKeySet", security(()),
    responses((status = 200, description = "The keys.", body = JsonWebKeySet)))]
#[get("/.well-known/jwks.json")]
async fn jwks(state: Data<State>) -> Result<Reply<JsonWebKeySet>, Problem> {
    let keys = state
        .identity
        .tokens
        .public_keys()
        .into_iter()
        .map(Into::into)
        .collect();
    let reply = Reply::ok(&JsonWebKeySet { keys })?;
    Ok(reply.header(header::CACHE_CONTROL, "public, max-age=300".to_owned()))
}

/// This document
///
/// OpenAPI 3.1. Generate clients from it; `/docs` shows it to people.
#[utoipa::path(tag = "meta", operation_id = "getOpenApi", security(()),
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json",
        example = json!({"openapi": "3.1.0"}))))]
#[get("/openapi.json")]
async fn openapi(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .body(state.document.bytes.clone())
}
