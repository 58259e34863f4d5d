//! Examples of requests and answers, made of the examples of their members.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::schema::{insert, modernise};

/// Whether an example is of a request or of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To be pasted and sent: it names nothing that is not there, where it need not.
    Request,
    /// To be read.
    Answer,
}

/// Gives each type of a request's or an answer's body an example.
pub(super) fn with_examples(
    content: &mut Map<String, Value>,
    schemas: &Map<String, Value>,
    direction: Direction,
) {
    for media in content.values_mut() {
        if let Some(schema) = media.get_mut("schema") {
            modernise(schema);
            if is_bytes(schema) {
                *schema = json!({ "type": "string", "format": "binary" });
                continue;
            }
            let example = example(schema, schemas, direction, 0);
            insert(media, "example", example);
        }
    }
}

/// `Vec<u8>`: a file as it is, and no JSON.
fn is_bytes(schema: &Value) -> bool {
    schema.pointer("/items/type").is_some_and(|kind| kind == "integer")
}

/// What makes of the examples of single members an answer that can be: a draft is not published, and a refund that succeeded has not
/// failed. By the name of the schema; what is null there is null.
static ANSWERS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("answers.json")).unwrap_or_default());

/// Only members that are there: the table cannot invent any.
fn overwrite(made: &mut Value, truth: &Value) {
    match (made, truth) {
        (Value::Object(members), Value::Object(truths)) => {
            for (name, truth) in truths {
                if let Some(member) = members.get_mut(name) {
                    overwrite(member, truth);
                }
            }
        }
        (made, truth) => *made = truth.clone(),
    }
}

/// An end comes after what it ends.
fn named_example(
    name: &str,
    member: &Value,
    schemas: &Map<String, Value>,
    direction: Direction,
    depth: usize,
) -> Value {
    let is_end = ["endsAt", "expiresAt", "until", "mutedUntil"].contains(&name);
    let made = example(member, schemas, direction, depth);
    if is_end && made == SOME_TIME { json!("2027-02-22T09:30:00.000000Z") } else { made }
}

/// When everything is said to have happened.
const SOME_TIME: &str = "2026-11-22T09:30:00.000000Z";

/// A complete example of a schema, made of the examples of its members.
fn example(schema: &Value, schemas: &Map<String, Value>, direction: Direction, depth: usize) -> Value {
    if depth > 12 {
        return Value::Null;
    }
    if let Some(given) =
        schema.pointer("/examples/0").or_else(|| schema.get("example")).or_else(|| schema.get("default"))
    {
        return given.clone();
    }
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let mut made =
            schemas.get(name).map_or(Value::Null, |target| example(target, schemas, direction, depth + 1));
        if let (Direction::Answer, Some(truth)) = (direction, ANSWERS.get(name)) {
            overwrite(&mut made, truth);
        }
        return made;
    }
    if let Some(first) = schema.pointer("/enum/0").or_else(|| schema.get("const")) {
        return first.clone();
    }
    let not_null = |value: &&Value| value.get("type").is_none_or(|kind| kind != "null");
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let parts = parts.iter().map(|part| example(part, schemas, direction, depth + 1));
        return Value::Object(parts.filter_map(|part| part.as_object().cloned()).flatten().collect());
    }
    for key in ["oneOf", "anyOf"] {
        let choice =
            schema.get(key).and_then(Value::as_array).and_then(|choices| choices.iter().find(not_null));
        if let Some(choice) = choice {
            return example(choice, schemas, direction, depth + 1);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        Some("object") => {
            let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let required = schema.get("required").and_then(Value::as_array);
            let needed = |name: &str| required.is_some_and(|names| names.iter().any(|needed| needed == name));
            Value::Object(
                members
                    .filter(|(name, member)| {
                        direction == Direction::Answer || needed(name) || !is_reference(member)
                    })
                    .map(|(name, member)| {
                        (name.clone(), named_example(name, member, schemas, direction, depth + 1))
                    })
                    .collect(),
            )
        }
        Some("array") => schema
            .get("items")
            .map_or(json!([]), |items| json!([example(items, schemas, direction, depth + 1)])),
        Some("boolean") => json!(true),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => json!(12.5),
        Some("string") => json!(match schema.get("format").and_then(Value::as_str) {
            Some("uuid") => "0198c0de-0000-7000-8000-000000000001",
            Some("date-time") => SOME_TIME,
            Some("date") => "1990-04-30",
            Some("uri") => "https://images.example.com/squat.jpg",
            Some("email") => "lena@palestra.example",
            _ => "text",
        }),
        _ => Value::Null,
    }
}

/// Whether a member names something by its id, or several things.
fn is_reference(member: &Value) -> bool {
    let is_id = |member: &Value| member.get("format").is_some_and(|format| format == "uuid");
    is_id(member) || member.get("items").is_some_and(is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_of_schemas_and_members_that_are_there() {
        let document: Value = serde_json::from_str(&crate::app::document().unwrap()).unwrap();
        assert!(ANSWERS.len() > 20);
        for (name, truth) in ANSWERS.iter() {
            let schema = &document["components"]["schemas"][name];
            let made =
                example(schema, document["components"]["schemas"].as_object().unwrap(), Direction::Answer, 0);
            for member in truth.as_object().unwrap().keys() {
                assert!(made.get(member).is_some(), "{name} has no {member}");
            }
        }
    }
}
