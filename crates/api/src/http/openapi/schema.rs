//! What is true of every schema.

use serde_json::{Value, json};

pub(super) fn insert(value: &mut Value, name: &str, member: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), member);
    }
}

/// JSON Schema 2020-12 has `examples`; `example` is OpenAPI 3.0's.
pub(super) fn modernise(schema: &mut Value) {
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
pub(super) fn require_all(schema: &mut Value) {
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
