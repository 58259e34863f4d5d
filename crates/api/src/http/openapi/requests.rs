//! Requests that can be sent as they stand: each is a whole, true object of the demo school. `requests.json` says for each operation who
//! sends it and, where it is refused there, why; a check of the contract sends them all.

use std::collections::BTreeMap;

use kernel::numbered_id;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::schema::insert;

#[derive(Deserialize)]
pub(super) struct Requests {
    /// Examples of parameters in paths, by their names.
    parameters: BTreeMap<String, Value>,
    /// By the operations' ids.
    operations: BTreeMap<String, Request>,
}

/// An example of a request.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Request {
    /// The demo account that sends it; nobody where it is missing.
    account: Option<String>,
    /// Parameters in the path that are not those of all operations.
    parameters: BTreeMap<String, Value>,
    /// The body; one that is made of the members' own examples where it is missing.
    body: Option<Value>,
    /// Why it is refused, where it has to be.
    refused: Option<Value>,
}

impl Requests {
    /// As they are written beside this file, with the ids of the demo school.
    pub(super) fn read() -> Self {
        let mut written: Value = serde_json::from_str(include_str!("requests.json")).unwrap_or_default();
        named(&mut written);
        serde_json::from_value(written)
            .unwrap_or_else(|_| Self { parameters: BTreeMap::new(), operations: BTreeMap::new() })
    }

    /// Writes the examples of an operation into it.
    pub(super) fn exemplify(&self, id: &str, operation: &mut Value) {
        let request = self.operations.get(id);
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            let own = request.and_then(|request| request.parameters.get(name));
            let example = own.or_else(|| self.parameters.get(name)).cloned();
            if let (true, Some(example)) = (parameter.get("in").is_some_and(|place| place == "path"), example)
            {
                insert(parameter, "example", example);
            }
        }
        let Some(request) = request else {
            return;
        };
        let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
        for media in content.into_iter().flat_map(Map::values_mut) {
            if let Some(body) = &request.body {
                insert(media, "example", body.clone());
            }
        }
        if let Some(account) = &request.account {
            insert(operation, "x-example-account", json!(account));
        }
        if let Some(refused) = &request.refused {
            insert(operation, "x-example-refused", refused.clone());
        }
    }
}

/// Puts ids for their names: `<CourseId 3>` is the third course of the demo school.
fn named(value: &mut Value) {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
            let parts = name.and_then(|name| name.split_once(' '));
            if let Some((kind, number)) = parts.and_then(|(kind, number)| Some((kind, number.parse().ok()?)))
            {
                *text = numbered_id(kind, number).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(named),
        Value::Object(members) => members.values_mut().for_each(named),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_and_names_ids() {
        let requests = Requests::read();
        assert!(requests.operations.len() > 60 && requests.parameters.len() > 10);
        let course = numbered_id("CourseId", 1).to_string();
        assert_eq!(requests.parameters["course_id"], course.as_str());
        let mut value = json!(["<CourseId 1>", "<p>Text</p>", { "a": "<b>" }]);
        named(&mut value);
        assert_eq!(value, json!([course, "<p>Text</p>", { "a": "<b>" }]));
    }
}
