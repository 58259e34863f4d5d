//! The documents of editors, as JSON: kept as they were sent.

use kernel::{Error, FieldError, Result};
use serde_json::Value;

use crate::said::is_blank;

/// Members that say how something is shown or kept, and not what.
const STRUCTURE: [&str; 22] = [
    "type",
    "id",
    "key",
    "uid",
    "version",
    "time",
    "format",
    "mode",
    "style",
    "direction",
    "dir",
    "indent",
    "textFormat",
    "textStyle",
    "class",
    "className",
    "tag",
    "align",
    "textAlign",
    "alignment",
    "listType",
    "marks",
];

/// Refuses a text that is no JSON object or array.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub fn check_json(text: &str, pointer: &str) -> Result<()> {
    let is_document = matches!(serde_json::from_str(text), Ok(Value::Object(_) | Value::Array(_)));
    if is_document {
        return Ok(());
    }
    let detail = "This is no JSON object or array, as contentFormat says.";
    Err(Error::invalid(vec![FieldError::new(pointer, "not_json", detail)]))
}

/// Whether the document of an editor shows nothing: it has no text, and names no picture or video.
#[must_use]
pub fn json_is_blank(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|document: Value| shows_nothing(&document))
}

fn shows_nothing(value: &Value) -> bool {
    match value {
        Value::String(text) => kernel::is_blank(text) || rich_text_is_blank(text),
        Value::Array(values) => values.iter().all(shows_nothing),
        Value::Object(members) => {
            members.iter().all(|(name, value)| STRUCTURE.contains(&name.as_str()) || shows_nothing(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Some editors keep HTML in their documents.
fn rich_text_is_blank(text: &str) -> bool {
    text.starts_with('<') && is_blank(text)
}

#[cfg(test)]
mod tests {
    use super::{check_json, json_is_blank};

    #[test]
    fn empty_documents_of_editors_are_blank() {
        for blank in [
            r#"{"type":"doc","content":[{"type":"paragraph","attrs":{"textAlign":"left"}}]}"#,
            r#"{"ops":[{"insert":"\n"}]}"#,
            r#"{"time":1,"blocks":[],"version":"2.28.2"}"#,
            r#"{"root":{"children":[{"children":[],"direction":null,"format":"","indent":0,"type":"paragraph","version":1}]}}"#,
            r#"[{"type":"paragraph","children":[{"text":""}]}]"#,
            "{}",
            "[]",
        ] {
            assert!(json_is_blank(blank), "{blank}");
        }
        for shown in [
            r#"{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}"#,
            r#"{"ops":[{"insert":{"video":"https://a.example"}}]}"#,
            r#"{"type":"image","attrs":{"src":"https://a.example/b.png"}}"#,
        ] {
            assert!(!json_is_blank(shown), "{shown}");
        }
    }

    #[test]
    fn only_documents_are_taken() {
        assert!(check_json("{\"a\": 1}", "/content").is_ok() && check_json("[]", "/content").is_ok());
        for text in ["", "<p>a</p>", "\"a\"", "1", "null", "{", "{\"a\":1} x"] {
            assert!(check_json(text, "/content").is_err(), "{text}");
        }
    }
}
