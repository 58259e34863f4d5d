//! The OpenAPI document: collected from the registered routes, then completed by what is true of all of them (errors,
//! headers, examples), so that no handler has to repeat it and none can forget it.

mod collect;
mod components;
mod examples;
mod links;
mod open_sets;
mod operation;
pub mod published;
mod requests;
mod schema;

use std::collections::BTreeSet;

use kernel::Code;
use serde_json::{Map, Value, json};
use utoipa::openapi::{ComponentsBuilder, OpenApiBuilder};

pub use self::collect::AmbiguousSchemas;
pub(crate) use self::collect::Collected;
pub use self::schema::{KEEPABLE, NOT_BLANK, keepable};
use self::{
    collect::by_name,
    components::{headers, parameters, problem_response, problem_schemas, problem_types, response_name},
    open_sets::precise,
    operation::{complete_operation, reachable},
    requests::Requests,
    schema::{insert, modernise, require_all},
};

/// The document of the collected operations, as text for people and for diffs.
///
/// # Errors
/// The names that several types have.
pub(crate) fn text(collected: Collected) -> Result<String, AmbiguousSchemas> {
    let Collected { paths, mut schemas, .. } = collected;
    schemas.extend(problem_types());
    let components = ComponentsBuilder::new().schemas_from_iter(by_name(schemas)?).build();
    let document = OpenApiBuilder::new().paths(paths).components(Some(components));
    let mut value = serde_json::to_value(document.build()).unwrap_or_default();
    complete(&mut value);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    Ok(text)
}

/// What each area is about.
const TAGS: &[(&str, &str)] = &[
    ("health", "Whether the server lives, is ready, and what it counts."),
    ("meta", "The contract itself, and the public keys of access tokens."),
    ("auth", "Registering, logging in, refreshing, and the links sent by mail."),
    ("me", "The caller's own account, profile and sessions."),
    ("users", "What anybody may see of somebody."),
    ("admin", "Managing accounts. Admins only."),
    ("categories", "The categories of the catalogue."),
    ("courses", "The catalogue, and authoring courses."),
    ("wishlist", "Courses that somebody wants to have one day."),
    ("chapters", "Authoring chapters."),
    ("lessons", "Authoring and reading lessons."),
    ("media", "Sending files and fetching them, and what is attached to courses and lessons."),
    ("video", "Videos: sending them, following what becomes of them, playing them."),
    ("hooks", "Webhooks of other services. Not for clients."),
    ("payments", "Buying courses, giving money back, receipts and sales."),
    ("coupons", "What makes a course cheaper for some."),
    ("sandbox", "Playing the buyer, in development: no money moves."),
    ("access", "Enrolling, giving and taking access, and why somebody has it."),
    ("progress", "What one has learnt."),
    ("posts", "What members write for all who may read it."),
    ("comments", "Conversations under posts and lessons, for whoever may read those."),
    ("community", "The rules of the places where members write."),
    ("notifications", "What somebody is notified of, and by which channels."),
    ("announcements", "What trainers announce to the learners of their courses."),
    ("moderation", "Reporting what is wrong, deciding about it, and what was decided."),
    ("messages", "Conversations of two or of a few, and who may write to whom."),
    ("live", "What happens, as it happens."),
];

const DESCRIPTION: &str = "The headless backend of a fitness trainer's business: accounts, a course catalogue with \
authoring, payments and access, learning progress.\n\n\
**Conventions.** JSON in camelCase. Times are RFC 3339 in UTC, ids are UUIDv7, money is an object of minor units and an \
ISO 4217 currency. Lists answer `{data, hasMore, nextCursor}`; pass `nextCursor` as `cursor` for the next page. PATCH is \
a JSON merge patch (RFC 7396): absent keeps, null clears. A resource that is edited answers with an `ETag`, which \
`If-Match` has to name when changing it. A creating POST takes an optional `Idempotency-Key`: the same request with the \
same key within 24 hours gives the first answer again; where money moves it is required, and holds for 72 hours.\n\n\
**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; where values are refused, `errors` lists all \
reasons at once. Answers may gain members and codes at any time; clients have to ignore what they do not know.";

fn complete(document: &mut Value) {
    let schemas =
        document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    let in_requests = reachable(document, &schemas, "requestBody");
    let mut schemas = schemas;
    for (name, schema) in &mut schemas {
        modernise(schema);
        precise(schema);
        if in_requests.contains(name) {
            keepable(schema);
        } else {
            require_all(schema);
        }
    }
    schemas.extend(problem_schemas());
    if let Some(code) = schemas.get_mut("Problem").and_then(|problem| problem.pointer_mut("/properties/code"))
    {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        insert(code, "x-extensible-enum", json!(codes));
    }
    let mut statuses = BTreeSet::new();
    let requests = Requests::read();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for item in paths.values_mut() {
            let Some(operations) = item.as_object_mut() else {
                continue;
            };
            let edited = operations.contains_key("patch");
            for (method, operation) in operations {
                complete_operation(method, edited, operation, &schemas, &mut statuses);
                let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
                requests.exemplify(&id, operation);
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
    // Of each operation that does not say otherwise: a login is read, and not needed.
    insert(document, "security", json!([{}, { "bearer": [] }]));
    insert(
        document,
        "servers",
        json!([{ "url": "/", "description": "The server that serves this document: a local, a staging or a production one." }]),
    );
    let tags: Vec<Value> =
        TAGS.iter().map(|(name, text)| json!({ "name": name, "description": text })).collect();
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
