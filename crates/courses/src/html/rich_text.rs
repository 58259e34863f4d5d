//! The sanitiser of rich text, and how long a text may be.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use kernel::{Error, FieldError, Result};

use super::html_limits;

/// The only sanitiser of HTML. It keeps text, lists, links and pictures, and removes scripts, styles, svg and math.
static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    let tags = [
        "p",
        "br",
        "hr",
        "h2",
        "h3",
        "h4",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "s",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "img",
        "figure",
        "figcaption",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ];
    builder
        .tags(HashSet::from(tags))
        .clean_content_tags(HashSet::from([
            "script", "style", "svg", "math", "iframe", "template", "noscript",
        ]))
        .add_tag_attributes("a", ["href", "title"])
        .add_tag_attributes("img", ["src", "alt", "width", "height"])
        .url_schemes(HashSet::from(["https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// The part of `html` that may be shown to anybody; `None` where nothing is left. A text that exceeds the limits on elements
/// (`html_limits`) is not meant as HTML: it is escaped, and shown as it was typed.
#[must_use]
pub fn sanitise(html: Option<String>) -> Option<String> {
    html.map(|html| {
        let html = if html_limits::exceeds_html_limits(&html) {
            html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        } else {
            html
        };
        SANITISER.clean(&html).to_string()
    })
    .filter(|clean| !clean.trim().is_empty())
}

/// The most characters in a text of a course, after sanitising. Sanitising makes links and escaped characters longer, and what a
/// client received has to be acceptable when it is sent back.
pub(crate) const MAX_CONTENT_LENGTH: usize = 60_000;

/// Sanitises the text of a course, a chapter or a lesson, which stands at `/content` of the request.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] where the result is too long.
pub(crate) fn sanitise_content(html: Option<String>) -> Result<Option<String>> {
    let clean = sanitise(html);
    check_length(clean.as_deref().unwrap_or_default(), MAX_CONTENT_LENGTH, "/content")?;
    Ok(clean)
}

/// Refuses a sanitised text of more than `most` characters.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub fn check_length(clean: &str, most: usize, pointer: &str) -> Result<()> {
    if clean.chars().nth(most).is_none() {
        return Ok(());
    }
    let detail = format!("At most {most} characters, also when it is cleaned.");
    Err(Error::invalid(vec![FieldError::new(pointer, "too_long", detail)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_content_is_removed() {
        let clean = |html: &str| sanitise(Some(html.to_owned()));
        assert_eq!(clean("<p>Hi<script>alert(1)</script></p>").as_deref(), Some("<p>Hi</p>"));
        assert_eq!(
            clean("<a href=\"javascript:alert(1)\">x</a>").as_deref(),
            Some("<a rel=\"noopener noreferrer nofollow\">x</a>")
        );
        assert_eq!(clean("<p onclick=\"x()\" style=\"color:red\">ok</p>").as_deref(), Some("<p>ok</p>"));
        assert_eq!(clean("<svg><a href=\"https://x\">y</a></svg>"), None);
        assert_eq!(clean("  "), None);
        let typed = Some("&lt;b&gt;".repeat(300));
        assert_eq!(clean(&"<b>".repeat(300)), typed);
        assert_eq!(sanitise(typed.clone()), typed);
    }
}
