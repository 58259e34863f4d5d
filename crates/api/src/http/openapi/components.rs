//! What many operations share: answers of refusal, headers, parameters.

use actix_web::http::StatusCode;
use kernel::Code;
use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::{open_sets::precise, schema::modernise};
use crate::http::problem::{ProblemBody, status_of};

pub(super) fn response_name(status: u16) -> String {
    let reason =
        StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Problem");
    reason.split(' ').collect()
}

pub(super) fn problem_response(status: u16) -> Value {
    let first = Code::ALL.iter().find(|code| status_of(**code).as_u16() == status);
    let (code, title) = first.map_or(("internal", ""), |code| (code.as_str(), code.title()));
    let mut names = vec!["X-Request-Id", "RateLimit", "RateLimit-Policy"];
    match status {
        401 => names.push("WWW-Authenticate"),
        429 | 503 => names.push("Retry-After"),
        416 => names.push("Content-Range"),
        _ => {}
    }
    let meaning = match status {
        400 => "The request cannot be read.",
        401 => "Nobody is logged in, or the token is not good.",
        403 => "Seen, but not allowed.",
        404 => "There is nothing here, or the caller may not see it.",
        408 => "The body took too long to arrive.",
        409 => "The state of things does not allow it.",
        412 => "Somebody changed it in the meantime.",
        413 => "The body is too large.",
        415 => "The body is of another type.",
        416 => "The file is not that long.",
        422 => "Read, but refused: `errors` lists all reasons.",
        428 => "`If-Match` is missing.",
        429 => "Too many requests.",
        503 => "Busy, or a part does not answer: try again.",
        _ => "Something went wrong on our side.",
    };
    json!({
        "description": meaning,
        "headers": header_references(&names),
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "example": {
                "type": "about:blank", "title": title, "status": status, "code": code,
                "requestId": "0198c0de-0000-7000-8000-000000000000",
            },
        } },
    })
}

pub(super) fn headers() -> Value {
    let header = |is_always_sent: bool, description: &str, example: &str| {
        json!({
            "required": is_always_sent, "description": description, "schema": { "type": "string", "examples": [example] },
        })
    };
    let sent = |description: &str, example: &str| header(true, description, example);
    let maybe = |description: &str, example: &str| header(false, description, example);
    json!({
        "X-Request-Id": sent("The request's id: the client's own, or a new one.", "0198c0de-0000-7000-8000-000000000000"),
        "ETag": sent("The version, for `If-Match` and `If-None-Match`.", "\"3\""),
        "Location": sent("Where the new thing is.", "/api/v1/courses/0198c0de-0000-7000-8000-000000000001"),
        "Content-Disposition": sent("A name for the file.", "attachment; filename=\"strength-foundations-2026-11-22.palestra.json\""),
        "Content-Range": maybe("The length of the file.", "bytes */48213"),
        "Idempotent-Replayed": maybe("`true` where this is the first answer again.", "true"),
        "RateLimit": maybe("What is left of the caller's limit, where there is one.", "\"member\";r=1199;t=60"),
        "RateLimit-Policy": maybe("The limit: `q` requests in `w` seconds.", "\"member\";q=1200;w=60"),
        "WWW-Authenticate": sent("How to authenticate.", "Bearer realm=\"palestra\""),
        "Retry-After": { "description": "Seconds until another try makes sense.",
            "schema": { "type": "integer", "format": "int64", "minimum": 1, "maximum": 31_622_400, "examples": [1] } },
    })
}

/// Headers by their names, as a response has them.
pub(super) fn header_references(names: &[&str]) -> Map<String, Value> {
    let reference =
        |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    names.iter().map(reference).collect()
}

pub(super) fn parameters() -> Value {
    json!({
        "IfMatch": { "name": "If-Match", "in": "header", "required": true,
            "description": "The version that is being changed, from its `ETag`; a list, or `*` for any.",
            "schema": { "type": "string", "pattern": "^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$", "examples": ["\"3\""] } },
        "IfNoneMatch": { "name": "If-None-Match", "in": "header", "required": false,
            "description": "Versions that the client has already: 304 where the answer would be one of them.",
            "schema": { "type": "string", "examples": ["\"2\""] } },
        "IdempotencyKey": { "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A name for this request, new for each: the same request with the same key gives the first answer again.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$", "examples": ["5f0c9d6e-8f0a-4b55-9f3e-8f7f2f1c9a10"] } },
        "MoneyKey": { "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "A name for this request, new for each purchase or refund that is meant: the same request with the same key gives the first answer again, for 72 hours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$", "examples": ["0d6f1c3a-52a5-4c0b-9d5e-1a7cf05f8a11"] } },
    })
}

/// The one shape of refusals, to which no handler refers by itself.
pub(super) fn problem_types() -> Vec<(String, RefOr<Schema>)> {
    let mut found = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut found);
    found
}

/// The same as it stands in the document.
pub(super) fn problem_schemas() -> Map<String, Value> {
    problem_types()
        .into_iter()
        .map(|(name, schema)| {
            let mut schema = serde_json::to_value(schema).unwrap_or_default();
            modernise(&mut schema);
            precise(&mut schema);
            (name, schema)
        })
        .collect()
}
