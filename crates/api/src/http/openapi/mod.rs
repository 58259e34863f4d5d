//! The OpenAPI document: collected from the registered routes, then completed by what is true of all of them (errors,
//! headers, examples), so that no handler has to repeat it and none can forget it.

mod collect;
mod components;
mod examples;
mod operation;
pub mod published;

use std::collections::BTreeSet;

use kernel::Code;
use serde_json::{Map, Value, json};
use utoipa::openapi::{ComponentsBuilder, OpenApiBuilder};

pub use self::collect::AmbiguousSchemas;
pub(crate) use self::collect::Collected;
use self::{
    collect::by_name,
    components::{headers, parameters, problem_response, problem_schemas, problem_types, response_name},
    operation::{complete_operation, reachable},
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
    ("createCoupon", "getCoupon", "coupon_id", "$response.body#/id"),
    ("createCheckout", "getPayment", "payment_id", "$response.body#/payment/id"),
    ("createRefund", "getPayment", "payment_id", "$response.body#/paymentId"),
    ("createCourseAttachment", "getAttachment", "attachment_id", "$response.body#/id"),
    ("createLessonAttachment", "getAttachment", "attachment_id", "$response.body#/id"),
    ("createVideoUpload", "getVideoAsset", "video_asset_id", "$response.body#/videoAsset/id"),
    ("enrollInCourse", "getCourseProgress", "course_id", "$response.body#/courseId"),
    ("createGrant", "getGrant", "grant_id", "$response.body#/id"),
    ("createPost", "getPost", "post_id", "$response.body#/id"),
    ("createPostComment", "getComment", "comment_id", "$response.body#/id"),
    ("createLessonComment", "getComment", "comment_id", "$response.body#/id"),
    ("createReport", "getReport", "report_id", "$response.body#/id"),
    ("createAnnouncement", "listCourseAnnouncements", "course_id", "$response.body#/courseId"),
    ("openConversation", "getConversation", "conversation_id", "$response.body#/id"),
    ("sendMessage", "getMessage", "message_id", "$response.body#/id"),
];

fn complete(document: &mut Value) {
    let schemas =
        document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
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
    if let Some(code) = schemas.get_mut("Problem").and_then(|problem| problem.pointer_mut("/properties/code"))
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
                || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "string"));
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

/// What only goes out has all its members, and one without a value is null; but for optional ones that are never null.
fn require_all(schema: &mut Value) {
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        require_all(part);
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let is_plain = |member: &Value| member.get("type").is_some_and(Value::is_string);
    let names = schema.get("properties").and_then(Value::as_object).map(|members| {
        let sure = members.iter().filter(|(name, member)| is_required(name) || !is_plain(member));
        sure.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    });
    if let Some(names) = names.filter(|names| !names.is_empty()) {
        insert(schema, "required", json!(names));
    }
}
