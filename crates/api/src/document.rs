//! The OpenAPI document: collected from the registered routes, then completed by what is true of all of them (errors,
//! headers, examples), so that no handler has to repeat it and none can forget it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use bytes::Bytes;
use kernel::Code;
use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ComponentsBuilder, OpenApiBuilder},
};

use crate::{
    extract::Schemas,
    paths::Paths,
    problem::{ProblemBody, status_of},
    routes,
    service_config::{Collected, ServiceConfig},
};

/// The document as it is served, and what the server itself reads from it.
pub struct Document {
    /// The document as bytes. As a tree it would take up ten times as much.
    pub bytes: Bytes,
    /// Paths and their methods.
    paths: Paths,
}

impl Document {
    /// Builds the document from the routes, and what enforces it.
    #[must_use]
    pub fn build() -> (Self, Schemas) {
        let value = Self::tree();
        let document = Self {
            bytes: serde_json::to_vec(&value).unwrap_or_default().into(),
            paths: Paths::of(&value),
        };
        (document, Schemas::new(&value))
    }

    /// The document as a tree.
    #[must_use]
    pub fn tree() -> Value {
        let mut collected = Collected::default();
        routes::configure(&mut ServiceConfig::document(&mut collected));
        let Collected { paths, schemas } = collected;
        let components = ComponentsBuilder::new().schemas_from_iter(schemas).build();
        let document = OpenApiBuilder::new().paths(paths).components(Some(components));
        let mut value = serde_json::to_value(document.build()).unwrap_or_default();
        complete(&mut value);
        value
    }

    /// The document for people and for diffs.
    #[must_use]
    pub fn pretty() -> String {
        let mut text = serde_json::to_string_pretty(&Self::tree()).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What a path takes, for 405; `None` where there is no such path.
    #[must_use]
    pub fn allow(&self, path: &str) -> Option<String> {
        self.paths.allow(path)
    }

    /// The path of the document that a request's path is of, first one that takes the method.
    #[must_use]
    pub fn template(&self, method: &str, path: &str) -> Option<&str> {
        self.paths.template(method, path)
    }
}

/// What each area is about.
const TAGS: &[(&str, &str)] = &[
    (
        "health",
        "Whether the server lives, is ready, and what it counts.",
    ),
    (
        "meta",
        "The contract itself, and the public keys of access tokens.",
    ),
    (
        "auth",
        "Registering, logging in, refreshing, and the links sent by mail.",
    ),
    ("me", "The caller's own account, profile and sessions."),
    ("users", "What anybody may see of somebody."),
    ("admin", "Managing accounts. Admins only."),
    ("categories", "The shelves of the catalogue."),
    ("courses", "The catalogue, and authoring courses."),
    ("wishlist", "Courses that somebody wants to have one day."),
    ("chapters", "Authoring chapters."),
    ("lessons", "Authoring and reading lessons."),
    (
        "media",
        "Sending files and fetching them, and what is attached to courses and lessons.",
    ),
    (
        "video",
        "Videos: sending them, following what becomes of them, playing them.",
    ),
    ("hooks", "What other services tell. Not for clients."),
    ("access", "Enrolling, and what one is enrolled in."),
    ("progress", "What one has learnt."),
];

const DESCRIPTION: &str = "The headless backend of a fitness trainer's business: accounts, a course catalogue with \
authoring, access, learning progress.\n\n\
**Conventions.** JSON in camelCase. Times are RFC 3339 in UTC, ids are UUIDv7, money is an object of minor units and an \
ISO 4217 currency. Lists answer `{data, hasMore, nextCursor}`; pass `nextCursor` as `cursor` for the next page. PATCH is \
a JSON merge patch (RFC 7396): absent keeps, null clears. A resource that is edited answers with an `ETag`, which \
`If-Match` has to name when changing it. A creating POST takes an optional `Idempotency-Key`: the same request with the \
same key within 24 hours gives the first answer again.\n\n\
**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; where values are refused, `errors` lists all \
reasons at once. Answers may gain members and codes at any time; clients have to ignore what they do not know.";

/// A create and the read that follows from it, for `links`.
const LINKS: &[(&str, &str, &str, &str)] = &[
    ("register", "getUser", "user", "$response.body#/user/id"),
    ("register", "getUserAccount", "user_id", "$response.body#/user/id"),
    ("createCategory", "getCategory", "category", "$response.body#/id"),
    ("createCourse", "getCourse", "course", "$response.body#/id"),
    ("duplicateCourse", "getCourse", "course", "$response.body#/id"),
    ("importCourse", "getCourse", "course", "$response.body#/id"),
    ("createChapter", "getChapter", "chapter_id", "$response.body#/id"),
    ("createLesson", "getLesson", "lesson_id", "$response.body#/id"),
    ("createUpload", "getUpload", "upload_id", "$response.body#/id"),
    (
        "createCourseAttachment",
        "getAttachment",
        "attachment_id",
        "$response.body#/id",
    ),
    (
        "createLessonAttachment",
        "getAttachment",
        "attachment_id",
        "$response.body#/id",
    ),
    (
        "createVideoUpload",
        "getVideoAsset",
        "video_asset_id",
        "$response.body#/videoAsset/id",
    ),
    (
        "enrollInCourse",
        "getCourseProgress",
        "course_id",
        "$response.body#/courseId",
    ),
];

fn complete(document: &mut Value) {
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let in_requests = reachable(document, &schemas, "requestBody");
    let mut schemas = schemas;
    for (name, schema) in &mut schemas {
        modernise(schema);
        if in_requests.contains(name) {
            keepable(schema);
        } else {
            require_all(schema);
        }
    }
    schemas.extend(problem_schemas());
    if let Some(code) = schemas
        .get_mut("Problem")
        .and_then(|problem| problem.pointer_mut("/properties/code"))
    {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        insert(code, "x-extensible-enum", json!(codes));
    }
    let mut statuses = BTreeSet::new();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for item in paths.values_mut() {
            let Some(operations) = item.as_object_mut() else {
                continue;
            };
            let edited = operations.contains_key("patch");
            for (method, operation) in operations {
                complete_operation(method, edited, operation, &schemas, &mut statuses);
            }
        }
    }
    insert(
        document,
        "info",
        json!({
            "title": "Palestra",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "contact": { "name": "Palestra", "url": "https://github.com/palestra/palestra" },
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        }),
    );
    insert(
        document,
        "servers",
        json!([{ "url": "/", "description": "The server that serves this document: a local, a staging or a production one." }]),
    );
    let tags: Vec<Value> = TAGS
        .iter()
        .map(|(name, text)| json!({ "name": name, "description": text }))
        .collect();
    insert(document, "tags", json!(tags));
    insert(
        document,
        "components",
        json!({
            "schemas": schemas,
            "responses": statuses.iter().map(|status| (response_name(*status), problem_response(*status))).collect::<Map<_, _>>(),
            "headers": headers(),
            "parameters": parameters(),
            "securitySchemes": { "bearer": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "The `accessToken` of a login, a registration or a refresh."
            } },
        }),
    );
}

fn complete_operation(
    method: &str,
    edited: bool,
    operation: &mut Value,
    schemas: &Map<String, Value>,
    statuses: &mut BTreeSet<u16>,
) {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let own_codes: Vec<String> = operation
        .as_object_mut()
        .and_then(|operation| operation.remove("x-problem-codes"))
        .and_then(|codes| serde_json::from_value(codes).ok())
        .unwrap_or_default();
    let public = public(operation);
    let optional = !public
        && operation
            .pointer("/security/0")
            .is_some_and(|first| first == &json!({}));
    let creates = operation.pointer("/responses/201").is_some();
    let versioned = operation
        .as_object_mut()
        .and_then(|operation| operation.remove("x-versioned"))
        .is_some();
    let tagged = versioned || edited && (method == "get" || method == "patch");
    let is_file = operation
        .as_object_mut()
        .and_then(|operation| operation.remove("x-file"))
        .is_some();
    let mut codes: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| own_codes.iter().any(|own| own == code.as_str()))
        .collect();
    let health = operation.pointer("/tags/0").is_some_and(|tag| tag == "health");
    if !health {
        codes.extend([
            Code::RateLimited,
            Code::Overloaded,
            Code::Unavailable,
            Code::Internal,
        ]);
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
            with_examples(content, schemas);
            if let (true, Some(json)) = (method == "patch", content.get("application/json").cloned()) {
                content.insert("application/merge-patch+json".to_owned(), json);
            }
        }
    }
    let parameters = operation
        .get("parameters")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if parameters
        .iter()
        .any(|parameter| parameter.get("in").is_some_and(|place| place == "path"))
    {
        codes.push(Code::NotFound);
    }
    if parameters
        .iter()
        .any(|parameter| parameter.get("in").is_some_and(|place| place == "query"))
    {
        codes.extend([Code::MalformedRequest, Code::ValidationFailed]);
    }
    if method == "patch" {
        codes.extend([Code::PreconditionRequired, Code::PreconditionFailed]);
        added.push("IfMatch");
    }
    if creates {
        codes.extend([
            Code::MalformedRequest,
            Code::IdempotencyKeyReused,
            Code::IdempotencyInFlight,
        ]);
        added.push("IdempotencyKey");
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
            }
            parameter
        })
        .collect();
    parameters.extend(
        added
            .iter()
            .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })),
    );
    if !parameters.is_empty() {
        insert(operation, "parameters", json!(parameters));
    }
    let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for code in codes {
        by_status
            .entry(status_of(code).as_u16())
            .or_default()
            .insert(code.as_str());
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
            with_examples(content, schemas);
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
        let refs = names.iter().map(|name| {
            (
                (*name).to_owned(),
                json!({ "$ref": format!("#/components/headers/{name}") }),
            )
        });
        let headers = refs.collect::<Map<_, _>>();
        insert(response, "headers", json!(headers));
        let links = LINKS
            .iter()
            .filter(|(create, ..)| status == "201" && *create == id);
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
                "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
            }),
        );
    }
    let mut told = String::new();
    for (status, codes) in by_status {
        statuses.insert(status);
        responses.insert(
            status.to_string(),
            json!({ "$ref": format!("#/components/responses/{}", response_name(status)) }),
        );
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        told.push_str(&format!("\n- {status}: {}", codes.join(", ")));
    }
    let text = operation
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    insert(
        operation,
        "description",
        json!(format!("{}\n\n**Problem codes**{told}", text.trim())),
    );
}

/// Whether an operation is for anybody, which the document writes as an empty list.
fn public(operation: &mut Value) -> bool {
    let public = operation
        .get("security")
        .is_none_or(|security| security == &json!([{}]) || security == &json!([]));
    if public {
        insert(operation, "security", json!([]));
    }
    public
}

fn insert(value: &mut Value, name: &str, member: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), member);
    }
}

/// JSON Schema 2020-12 has `examples`; `example` is OpenAPI 3.0's.
fn modernise(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members
                .get("example")
                .is_some_and(|example| !example.is_object() || members.contains_key("type"))
                && let Some(example) = members.remove("example")
            {
                members.insert("examples".to_owned(), json!([example]));
            }
            members.values_mut().for_each(modernise);
        }
        Value::Array(items) => items.iter_mut().for_each(modernise),
        _ => {}
    }
}

/// A pattern for text that every database of ours keeps.
pub const KEEPABLE: &str = "^[^\\u0000]*$";

/// The same for text that must not be blank, as the routes write it.
pub const NOT_BLANK: &str = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$";

/// Says so of each string whose form says nothing about it.
pub fn keepable(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let kind = members.get("type").unwrap_or(&Value::Null);
            let text = kind == "string"
                || kind
                    .as_array()
                    .is_some_and(|kinds| kinds.iter().any(|kind| kind == "string"));
            // The format of a password is about how it is shown, not about its characters.
            let format = members.get("format").is_some_and(|format| format != "password");
            if text && !format && !members.contains_key("pattern") && !members.contains_key("enum") {
                members.insert("pattern".to_owned(), json!(KEEPABLE));
            }
            members.values_mut().for_each(keepable);
        }
        Value::Array(items) => items.iter_mut().for_each(keepable),
        _ => {}
    }
}

/// The one shape of refusals, to which no handler refers by itself.
fn problem_schemas() -> Map<String, Value> {
    let mut found = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut found);
    found
        .into_iter()
        .map(|(name, schema)| {
            let mut schema = serde_json::to_value(schema).unwrap_or_default();
            modernise(&mut schema);
            (name, schema)
        })
        .collect()
}

/// What only goes out always has all its members; a member without a value is null.
fn require_all(schema: &mut Value) {
    for part in schema
        .get_mut("allOf")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        require_all(part);
    }
    let names = schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect::<Vec<_>>());
    if let Some(names) = names {
        insert(schema, "required", json!(names));
    }
}

/// The components that request bodies lead to.
fn reachable(document: &Value, schemas: &Map<String, Value>, from: &str) -> BTreeSet<String> {
    fn walk(value: &Value, schemas: &Map<String, Value>, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                let name = members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|path| path.rsplit('/').next());
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
    let items = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(_, item)| item);
    for operation in items
        .flat_map(|item| item.as_object().into_iter().flatten())
        .map(|(_, operation)| operation)
    {
        if let Some(part) = operation.get(from) {
            walk(part, schemas, &mut seen);
        }
    }
    seen
}

fn with_examples(content: &mut Map<String, Value>, schemas: &Map<String, Value>) {
    for media in content.values_mut() {
        if let Some(schema) = media.get_mut("schema") {
            modernise(schema);
            let example = example(schema, schemas, 0);
            insert(media, "example", example);
        }
    }
}

/// A complete example of a schema, made of the examples of its members.
fn example(schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Value {
    if depth > 12 {
        return Value::Null;
    }
    if let Some(given) = schema
        .pointer("/examples/0")
        .or_else(|| schema.get("example"))
        .or_else(|| schema.get("default"))
    {
        return given.clone();
    }
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let target = path.rsplit('/').next().and_then(|name| schemas.get(name));
        return target.map_or(Value::Null, |target| example(target, schemas, depth + 1));
    }
    if let Some(first) = schema.pointer("/enum/0").or_else(|| schema.get("const")) {
        return first.clone();
    }
    let not_null = |value: &&Value| value.get("type").is_none_or(|kind| kind != "null");
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let parts = parts.iter().map(|part| example(part, schemas, depth + 1));
        return Value::Object(
            parts
                .filter_map(|part| part.as_object().cloned())
                .flatten()
                .collect(),
        );
    }
    for key in ["oneOf", "anyOf"] {
        let choice = schema
            .get(key)
            .and_then(Value::as_array)
            .and_then(|choices| choices.iter().find(not_null));
        if let Some(choice) = choice {
            return example(choice, schemas, depth + 1);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        Some("object") => {
            let members = schema
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            Value::Object(
                members
                    .map(|(name, member)| (name.clone(), example(member, schemas, depth + 1)))
                    .collect(),
            )
        }
        Some("array") => schema
            .get("items")
            .map_or(json!([]), |items| json!([example(items, schemas, depth + 1)])),
        Some("boolean") => json!(true),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => json!(12.5),
        Some("string") => json!(match schema.get("format").and_then(Value::as_str) {
            Some("uuid") => "0198c0de-0000-7000-8000-000000000001",
            Some("date-time") => "2026-11-22T09:30:00.000000Z",
            Some("date") => "1990-04-30",
            Some("uri") => "https://images.example.com/squat.jpg",
            Some("email") => "lena@palestra.example",
            _ => "text",
        }),
        _ => Value::Null,
    }
}

fn response_name(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Problem");
    reason.split(' ').collect()
}

fn problem_response(status: u16) -> Value {
    let first = Code::ALL.iter().find(|code| status_of(**code).as_u16() == status);
    let (code, title) = first.map_or(("internal", ""), |code| (code.as_str(), code.title()));
    let mut headers = Map::new();
    headers.insert(
        "X-Request-Id".to_owned(),
        json!({ "$ref": "#/components/headers/X-Request-Id" }),
    );
    match status {
        401 => drop(headers.insert(
            "WWW-Authenticate".to_owned(),
            json!({ "$ref": "#/components/headers/WWW-Authenticate" }),
        )),
        429 | 503 => drop(headers.insert(
            "Retry-After".to_owned(),
            json!({ "$ref": "#/components/headers/Retry-After" }),
        )),
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
        "headers": headers,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "example": {
                "type": "about:blank", "title": title, "status": status, "code": code,
                "requestId": "0198c0de-0000-7000-8000-000000000000",
            },
        } },
    })
}

fn headers() -> Value {
    let text = |description: &str, example: &str| {
        json!({
            "description": description, "schema": { "type": "string", "examples": [example] },
        })
    };
    json!({
        "X-Request-Id": text("The request's id: the client's own, or a new one.", "0198c0de-0000-7000-8000-000000000000"),
        "ETag": text("The version, for `If-Match` and `If-None-Match`.", "\"3\""),
        "Location": text("Where the new thing is.", "/api/v1/courses/0198c0de-0000-7000-8000-000000000001"),
        "Content-Disposition": text("A name for the file.", "attachment; filename=\"strength-foundations.palestra.json\""),
        "Idempotent-Replayed": text("`true` where this is the first answer again.", "true"),
        "RateLimit": text("What is left of the limit.", "\"member\";r=1199;t=60"),
        "RateLimit-Policy": text("The limit: `q` requests in `w` seconds.", "\"member\";q=1200;w=60"),
        "WWW-Authenticate": text("How to authenticate.", "Bearer realm=\"palestra\""),
        "Retry-After": { "description": "Seconds until another try makes sense.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 3600, "examples": [1] } },
    })
}

fn parameters() -> Value {
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
    })
}
