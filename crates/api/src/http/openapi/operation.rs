//! What every operation has: its refusals, headers, parameters and examples.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Code;
use serde_json::{Map, Value, json};

use super::{
    components::{header_references, response_name},
    examples::{Direction, with_examples},
    links::LINKS,
    open_sets::precise,
    schema::{insert, keepable, modernise},
};
use crate::http::problem::status_of;

pub(super) fn complete_operation(
    method: &str,
    edited: bool,
    operation: &mut Value,
    schemas: &Map<String, Value>,
    statuses: &mut BTreeSet<u16>,
) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let own_codes: Vec<String> = operation
        .as_object_mut()
        .and_then(|operation| operation.remove("x-problem-codes"))
        .and_then(|codes| serde_json::from_value(codes).ok())
        .unwrap_or_default();
    let public = public(operation);
    let optional = !public && operation.pointer("/security/0").is_some_and(|first| first == &json!({}));
    let creates = operation.pointer("/responses/201").is_some();
    let versioned = operation.as_object_mut().and_then(|operation| operation.remove("x-versioned")).is_some();
    let tagged = versioned || edited && (method == "get" || method == "patch");
    let moves_money =
        operation.as_object_mut().and_then(|operation| operation.remove("x-moves-money")).is_some();
    let is_file = operation.as_object_mut().and_then(|operation| operation.remove("x-file")).is_some();
    let mut codes: Vec<Code> =
        Code::ALL.iter().copied().filter(|code| own_codes.iter().any(|own| own == code.as_str())).collect();
    let health = operation.pointer("/tags/0").is_some_and(|tag| tag == "health");
    if !health {
        codes.extend([Code::RateLimited, Code::Overloaded, Code::Unavailable, Code::Internal]);
    }
    if !public {
        codes.extend([Code::TokenInvalid, Code::TokenExpired, Code::SessionRevoked]);
        if !optional {
            codes.push(Code::Unauthenticated);
        }
    }
    let mut added = Vec::new();
    if let Some(body) = operation.get_mut("requestBody") {
        codes.extend([
            Code::MalformedRequest,
            Code::RequestTimeout,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::ValidationFailed,
        ]);
        insert(body, "required", json!(true));
        if let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) {
            // PATCH also takes `application/merge-patch+json`. Of two media types generators make two bodies.
            with_examples(content, schemas, Direction::Request);
        }
    }
    let parameters = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    if parameters.iter().any(|parameter| parameter.get("in").is_some_and(|place| place == "path")) {
        codes.push(Code::NotFound);
    }
    if parameters.iter().any(|parameter| parameter.get("in").is_some_and(|place| place == "query")) {
        codes.extend([Code::MalformedRequest, Code::ValidationFailed]);
    }
    if method == "patch" {
        codes.extend([Code::PreconditionRequired, Code::PreconditionFailed]);
        added.push("IfMatch");
    }
    if creates {
        codes.extend([Code::MalformedRequest, Code::IdempotencyKeyReused, Code::IdempotencyInFlight]);
        added.push(if moves_money { "MoneyKey" } else { "IdempotencyKey" });
    }
    if moves_money {
        codes.push(Code::IdempotencyKeyRequired);
    }
    if tagged && method == "get" {
        added.push("IfNoneMatch");
    }
    let mut parameters: Vec<Value> = parameters
        .into_iter()
        .map(|mut parameter| {
            if let Some(schema) = parameter.get_mut("schema") {
                modernise(schema);
                keepable(schema);
                precise(schema);
            }
            parameter
        })
        .collect();
    parameters.extend(added.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
    if !parameters.is_empty() {
        insert(operation, "parameters", json!(parameters));
    }
    let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for code in codes {
        by_status.entry(status_of(code).as_u16()).or_default().insert(code.as_str());
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
            with_examples(content, schemas, Direction::Answer);
            if let Some(stream) = content.get_mut("text/event-stream") {
                as_stream(stream);
            }
        }
        let mut names = vec!["X-Request-Id"];
        if !public {
            names.extend(["RateLimit", "RateLimit-Policy"]);
        }
        if status == "201" {
            names.extend(["Location", "ETag", "Idempotent-Replayed"]);
        } else if tagged {
            names.push("ETag");
        }
        if is_file {
            names.push("Content-Disposition");
        }
        insert(response, "headers", json!(header_references(&names)));
        let links = LINKS.iter().filter(|(create, ..)| status == "201" && *create == id);
        let links: Map<String, Value> = links.map(|(_, read, parameter, expression)| {
            let link = json!({ "operationId": read, "parameters": { *parameter: expression }, "description": "Reads what was made." });
            ((*read).to_owned(), link)
        }).collect();
        if !links.is_empty() {
            insert(response, "links", json!(links));
        }
    }
    if tagged && method == "get" {
        responses.insert(
            "304".to_owned(),
            json!({
                "description": "The client has this version already.",
                "headers": header_references(&["ETag", "X-Request-Id", "RateLimit", "RateLimit-Policy"]),
            }),
        );
    }
    let mut list = String::new();
    let mut listed = Vec::new();
    for (status, codes) in by_status {
        statuses.insert(status);
        responses.insert(
            status.to_string(),
            json!({ "$ref": format!("#/components/responses/{}", response_name(status)) }),
        );
        listed.extend(codes.iter().map(|code| json!(code)));
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        list.push_str(&format!("\n- {status}: {}", codes.join(", ")));
    }
    insert(operation, "x-problem-codes", json!(listed));
    if optional && let Some(operation) = operation.as_object_mut() {
        // As the document has it for all operations. Written here, it makes generators ask for a token.
        operation.remove("security");
    }
    let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    insert(operation, "description", json!(format!("{}\n\n**Problem codes**{list}", text.trim())));
}

/// A stream of events is text, and no JSON of one of them. What each line of data holds is said as OpenAPI 3.2 says it.
fn as_stream(media: &mut Value) {
    let event = media.get("schema").cloned().unwrap_or_default();
    let data = media.get("example").map(Value::to_string).unwrap_or_default();
    insert(media, "schema", json!({ "type": "string" }));
    insert(media, "x-item-schema", event);
    insert(media, "example", json!(format!("id: 9f3ac2d1-41\nevent: message.created\ndata: {data}\n\n")));
}

/// Whether an operation is for anybody, which the document writes as an empty list.
pub(super) fn public(operation: &mut Value) -> bool {
    let public =
        operation.get("security").is_none_or(|security| security == &json!([{}]) || security == &json!([]));
    if public {
        insert(operation, "security", json!([]));
    }
    public
}

/// The components that request bodies lead to.
pub(super) fn reachable(document: &Value, schemas: &Map<String, Value>, from: &str) -> BTreeSet<String> {
    fn walk(value: &Value, schemas: &Map<String, Value>, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                let name =
                    members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
                if let Some(name) = name
                    && seen.insert(name.to_owned())
                    && let Some(schema) = schemas.get(name)
                {
                    walk(schema, schemas, seen);
                }
                members.values().for_each(|member| walk(member, schemas, seen));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, schemas, seen)),
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    let items = document.get("paths").and_then(Value::as_object).into_iter().flatten().map(|(_, item)| item);
    for operation in
        items.flat_map(|item| item.as_object().into_iter().flatten()).map(|(_, operation)| operation)
    {
        if let Some(part) = operation.get(from) {
            walk(part, schemas, &mut seen);
        }
    }
    seen
}
