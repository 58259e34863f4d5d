//! The texts of courses, chapters and lessons: HTML that is cleaned when it is written, or the JSON of an editor, kept as it was sent.

use database::Tx;
use entity::enums::ContentFormat;
use kernel::{Error, FieldError, Result, Warning};
use rich_text::Rules;

/// The most characters of HTML, once it is cleaned. Cleaning makes links and escaped characters longer, and what a client received
/// has to be acceptable when it is sent back.
const MAX_HTML_LENGTH: usize = 60_000;

/// The most characters of JSON, in which a text takes up several times its length.
const MAX_JSON_LENGTH: usize = 150_000;

/// Where a request has its text.
pub(crate) const POINTER: &str = "/content";

/// A text to be stored, and what is different from what was sent.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) text: Option<String>,
    pub(crate) format: ContentFormat,
    pub(crate) warnings: Vec<Warning>,
}

/// A text as it will be stored; `pointer` is where it stands in the request, and `players` are the hosts whose players are shown. HTML
/// in which nothing can be seen is no text.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] for a text that is too long, or no JSON where it should be.
pub(crate) fn checked(
    text: Option<String>,
    format: ContentFormat,
    players: &[String],
    pointer: &str,
) -> Result<Content> {
    let Some(text) = text else {
        return Ok(Content { format, ..Content::default() });
    };
    if format == ContentFormat::Json {
        if text.chars().nth(MAX_JSON_LENGTH).is_some() {
            let detail = format!("At most {MAX_JSON_LENGTH} characters of JSON.");
            return Err(Error::invalid(vec![FieldError::new(pointer, "too_long", detail)]));
        }
        rich_text::check_json(&text, pointer)?;
        return Ok(Content { text: Some(text), format, warnings: Vec::new() });
    }
    let cleaned = rich_text::clean(&text, Rules { players, only_legible: false });
    rich_text::within(&cleaned.html, MAX_HTML_LENGTH, pointer)?;
    let warnings = cleaned.warnings(pointer);
    Ok(Content { text: Some(cleaned.html).filter(|html| !html.is_empty()), format, warnings })
}

/// A stored text with a change applied to it: a new text, another format for the text that is there, or both.
///
/// # Errors
/// See [`checked`].
pub(crate) fn changed(
    tx: &Tx,
    (text, format): (Option<String>, ContentFormat),
    new_text: Option<Option<String>>,
    new_format: Option<ContentFormat>,
) -> Result<Content> {
    let is_same_format = new_format.is_none_or(|new| new == format);
    if new_text.is_none() && is_same_format {
        return Ok(Content { text, format, warnings: Vec::new() });
    }
    checked(new_text.unwrap_or(text), new_format.unwrap_or(format), tx.players(), POINTER)
}

/// Whether a stored text shows nothing.
pub(crate) fn is_blank(text: Option<&str>, format: ContentFormat) -> bool {
    text.is_none_or(|text| match format {
        ContentFormat::Html => rich_text::is_blank(text),
        ContentFormat::Json => rich_text::json_is_blank(text),
    })
}
