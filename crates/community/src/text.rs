//! What somebody writes, as it is kept.

use kernel::{Error, FieldError, Result, legible};

/// A line, such as a title: without what nobody sees, and not blank.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub(crate) fn line(text: &str, pointer: &str) -> Result<String> {
    let one: Vec<&str> = text.split_whitespace().collect();
    seen(&one.join(" "), pointer)
}

/// A text: without what nobody sees, and not blank.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub(crate) fn seen(text: &str, pointer: &str) -> Result<String> {
    let seen = legible(text);
    let seen = seen.trim();
    if seen.is_empty() {
        let reason = FieldError::new(pointer, "blank", "There is nothing to be seen in this.");
        return Err(Error::invalid(vec![reason]));
    }
    Ok(seen.to_owned())
}
