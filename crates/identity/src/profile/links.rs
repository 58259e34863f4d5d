//! The links to social media: any JSON object within bounds, which everybody may read.

use kernel::{Error, FieldError, Result};
use serde_json::{Map, Value};

/// The most characters of all of them, as JSON.
const MAX_LENGTH: usize = 8_000;
/// The deepest nesting.
const MAX_DEPTH: usize = 5;
/// The schemes of addresses that run in the page that shows them.
const ACTIVE: [&str; 3] = ["javascript:", "data:", "vbscript:"];

/// Refuses links beyond the bounds, and whatever could not be stored or would run in a page. The schema of the request bounds the names.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`].
pub(super) fn check(links: &Map<String, Value>) -> Result<()> {
    const POINTER: &str = "/socialMediaLinks";
    let mut reasons = Vec::new();
    let links = Value::Object(links.clone());
    if links.to_string().chars().nth(MAX_LENGTH).is_some() {
        let detail = format!("At most {MAX_LENGTH} characters in all.");
        // What is in them is not looked at: it may be very long.
        return Err(Error::invalid(vec![FieldError::new(POINTER, "too_long", detail)]));
    }
    look_into(&links, POINTER, 1, &mut reasons);
    if reasons.is_empty() { Ok(()) } else { Err(Error::invalid(reasons)) }
}

fn look_into(value: &Value, pointer: &str, depth: usize, reasons: &mut Vec<FieldError>) {
    if depth > MAX_DEPTH + 1 {
        let detail = format!("At most {MAX_DEPTH} levels.");
        reasons.push(FieldError::new(pointer, "too_deep", detail));
        return;
    }
    match value {
        Value::String(text) => check_text(text, pointer, reasons),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                look_into(value, &format!("{pointer}/{index}"), depth + 1, reasons);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                if name.contains('\0') {
                    reasons.push(unkeepable(&pointer));
                }
                look_into(value, &pointer, depth + 1, reasons);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn check_text(text: &str, pointer: &str, reasons: &mut Vec<FieldError>) {
    // As browsers read an address.
    let read: String = text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let read = kernel::legible(&read).to_ascii_lowercase();
    if text.contains('\0') {
        reasons.push(unkeepable(pointer));
    } else if ACTIVE.iter().any(|scheme| read.starts_with(scheme)) {
        reasons.push(FieldError::new(pointer, "bad_format", "This address would run in a page."));
    }
}

fn unkeepable(pointer: &str) -> FieldError {
    FieldError::new(pointer, "bad_character", "The character U+0000 cannot be kept.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_fine(links: &Value) -> bool {
        check(links.as_object().unwrap()).is_ok()
    }

    #[test]
    fn any_object_within_bounds_is_fine() {
        assert!(is_fine(&json!({})));
        assert!(is_fine(
            &json!({ "instagram": { "handle": "@lena", "urls": ["https://a.example", null, 1, true] } })
        ));
        assert!(!is_fine(&json!({ "web": "java\nscript:alert(1)" })));
        assert!(!is_fine(&json!({ "web": [" JavaScript:alert(1)"] })));
        assert!(!is_fine(&json!({ "web": "a\0b" })) && !is_fine(&json!({ "a\0b": 1 })));
        assert!(!is_fine(&json!({ "web": "x".repeat(9_000) })));
        assert!(!is_fine(&json!({ "a": { "a": { "a": { "a": { "a": { "a": 1 } } } } } })));
    }
}
