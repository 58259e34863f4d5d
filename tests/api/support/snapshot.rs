//! Bodies as snapshots: what differs from run to run is checked and replaced.

use std::collections::HashMap;

use chrono::DateTime;
use kernel::Uuid;
use serde_json::{Map, Value, json};

use super::Reply;

/// The lengths of a UUID as text: with and without hyphens.
const UUID_LENGTHS: [usize; 2] = [36, 32];

/// The numbers given so far.
#[derive(Default)]
struct Redactions {
    uuids: HashMap<Uuid, usize>,
}

impl Reply {
    /// The whole body for a snapshot.
    ///
    /// Each UUID becomes `[uuid 1]`, `[uuid 2]` … in the order of appearance, so that equal ids stay equal; each instant in UTC
    /// becomes `[time]`, each cursor `[cursor]`, and each address of a test's account `[email]`. Text of any other form stays,
    /// and so fails the snapshot where one of these is expected.
    #[track_caller]
    pub fn document(&self) -> Value {
        Redactions::default().value("", &self.json())
    }
}

impl Redactions {
    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let redact = |(name, value): (&String, &Value)| (name.clone(), self.value(name, value));
                Value::Object(members.iter().map(redact).collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::String(text) => json!(self.text(name, text)),
            other => other.clone(),
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        let is_cursor = name.ends_with("Cursor") && text.len() >= 22;
        if is_cursor && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            return "[cursor]".to_owned();
        }
        if text.ends_with('Z') && DateTime::parse_from_rfc3339(text).is_ok() {
            return "[time]".to_owned();
        }
        if text.ends_with("@example.com") {
            return "[email]".to_owned();
        }
        self.uuids(text)
    }

    /// Replaces the UUIDs of version 7 inside a text, such as a URL, with and without hyphens.
    fn uuids(&mut self, text: &str) -> String {
        let (mut redacted, mut rest) = (String::new(), text);
        while let Some(first) = rest.chars().next() {
            let found = UUID_LENGTHS.into_iter().find_map(|length| {
                let uuid: Uuid = rest.get(..length)?.parse().ok()?;
                (uuid.get_version_num() == 7).then_some((uuid, length))
            });
            let length = if let Some((uuid, length)) = found {
                let next = self.uuids.len() + 1;
                let number = *self.uuids.entry(uuid).or_insert(next);
                redacted.push_str(&format!("[uuid {number}]"));
                length
            } else {
                redacted.push(first);
                first.len_utf8()
            };
            rest = &rest[length..];
        }
        redacted
    }
}
