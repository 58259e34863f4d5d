//! What generators need to know of values: sets that may grow, names for values that are no words, the sizes of integers.

use serde_json::{Value, json};

use super::schema::insert;

/// Says so in a schema and everything below it.
pub(super) fn precise(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(precise);
            open_set(schema);
            named_values(schema);
            sized(schema);
        }
        Value::Array(items) => items.iter_mut().for_each(precise),
        _ => {}
    }
}

fn is_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
        _ => false,
    }
}

/// The values of today of a text to which others may be added. Its description names them, for people, so that it is read here: an
/// `enum` would make clients fail on a new one.
fn open_set(schema: &mut Value) {
    let Some(description) = schema.get("description").and_then(Value::as_str) else {
        return;
    };
    let Some((named, _)) = description.split_once("ay be added") else {
        return;
    };
    let is_list = is_type(schema, "array");
    if schema.get("x-extensible-enum").is_some() || !is_list && !is_type(schema, "string") {
        return;
    }
    let quoted: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
    let of = |is_letter: fn(&char) -> bool| -> Vec<&str> {
        let is_value = |text: &&str| text.chars().all(|letter| letter == '_' || is_letter(&letter));
        quoted.iter().copied().filter(is_value).collect()
    };
    let capitals = of(|letter| letter.is_ascii_uppercase());
    let values = if capitals.is_empty() { of(|letter| letter.is_ascii_lowercase()) } else { capitals };
    if values.is_empty() {
        return;
    }
    let values = json!(values);
    match schema.get_mut("items").filter(|_| is_list) {
        Some(items) => insert(items, "x-extensible-enum", values),
        None => insert(schema, "x-extensible-enum", values),
    }
}

/// Names for values that generators cannot tell apart once they have made constants of them: `title` and `-title`.
fn named_values(schema: &mut Value) {
    let Some(values) = schema.get("enum").and_then(Value::as_array) else {
        return;
    };
    let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    if texts.iter().any(|text| text.starts_with('-')) {
        let names: Vec<String> = texts.iter().map(|text| name_of(text)).collect();
        insert(schema, "x-enum-varnames", json!(names));
    }
}

fn name_of(value: &str) -> String {
    let (value, order) = value.strip_prefix('-').map_or((value, ""), |value| (value, "Descending"));
    let mut letters = value.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(order.chars()).collect()
}

/// Every whole number is below 2^53.
fn sized(schema: &mut Value) {
    if is_type(schema, "integer") && schema.get("format").is_none() {
        insert(schema, "format", json!("int64"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::precise;

    fn made_precise(mut schema: Value) -> Value {
        precise(&mut schema);
        schema
    }

    #[test]
    fn a_set_that_may_grow_says_its_values_of_today() {
        let values = |text: &str| {
            let schema = json!({ "type": ["string", "null"], "description": text });
            made_precise(schema)["x-extensible-enum"].clone()
        };
        assert_eq!(values("`OPEN` (see `isActive`) or `LOST`; more may be added."), json!(["OPEN", "LOST"]));
        assert_eq!(
            values("`staff` or `free_preview`. More may be added. `x`"),
            json!(["staff", "free_preview"])
        );
        assert_eq!(values("`OPEN` or `LOST`."), Value::Null);
    }

    #[test]
    fn values_of_both_directions_have_names_of_their_own() {
        let order = json!({ "type": "string", "enum": ["-publishedAt", "publishedAt"] });
        assert_eq!(made_precise(order)["x-enum-varnames"], json!(["PublishedAtDescending", "PublishedAt"]));
        assert_eq!(made_precise(json!({ "enum": ["A", "B"] })).get("x-enum-varnames"), None);
    }

    #[test]
    fn every_integer_has_a_size() {
        let nested = made_precise(json!({ "properties": { "a": { "type": "integer" } } }));
        assert_eq!(nested["properties"]["a"]["format"], "int64");
        assert_eq!(made_precise(json!({ "type": "integer", "format": "int32" }))["format"], "int32");
    }
}
