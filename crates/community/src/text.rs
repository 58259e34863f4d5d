//! The texts that people write: they are sanitised once, when they are written, and read as plain text where words count.

use kernel::{Error, FieldError, Result};

/// The most usernames that a text may mention.
pub(crate) const MAX_MENTIONS: usize = 10;

/// Elements that may stand inside a word; every other element ends a word.
const INLINE: [&str; 8] = ["strong", "b", "em", "i", "u", "s", "code", "a"];

/// Sanitised HTML without invisible characters; empty where nothing is left. It has at most `max` characters, so that a client can
/// send it back.
///
/// An invisible character may hide something from the sanitiser (an address `java\u{200b}script:…`), and the sanitiser decodes
/// references to invisible characters (`&#x200b;`). So both are repeated until nothing changes.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer` where it is too long.
pub(crate) fn rich(html: String, max: usize, pointer: &str) -> Result<String> {
    let clean = clean(html);
    courses::check_length(&clean, max, pointer)?;
    Ok(clean)
}

/// The same for a text that may not be blank.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer` where it is too long, or shows neither text nor a picture.
pub(crate) fn required_rich(html: String, max: usize, pointer: &str) -> Result<String> {
    let clean = rich(html, max, pointer)?;
    if is_blank(&clean) { Err(blank(pointer)) } else { Ok(clean) }
}

fn clean(html: String) -> String {
    let mut legible = kernel::legible(&html);
    loop {
        let clean = courses::sanitise(Some(legible)).unwrap_or_default();
        legible = kernel::legible(&clean);
        if legible == clean {
            return clean;
        }
    }
}

/// Whether the HTML shows neither text nor a picture.
pub(crate) fn is_blank(html: &str) -> bool {
    !html.contains("<img") && plain(html).trim().is_empty()
}

/// A title in one line, without invisible characters.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] where no visible character is left.
pub(crate) fn title(given: &str) -> Result<String> {
    let shown = kernel::one_line(given);
    if shown.is_empty() {
        return Err(blank("/title"));
    }
    Ok(shown)
}

/// A text without markup and without invisible characters.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer` where no visible character is left.
pub(crate) fn visible(given: &str, pointer: &str) -> Result<String> {
    let shown = kernel::legible(given);
    let shown = shown.trim();
    if shown.is_empty() {
        return Err(blank(pointer));
    }
    Ok(shown.to_owned())
}

/// The refusal of a text without content.
pub(crate) fn blank(pointer: &str) -> Error {
    let detail = "There is nothing to be read in this.";
    Error::invalid(vec![FieldError::new(pointer, "blank", detail)])
}

/// The text of sanitised HTML, without its markup.
#[must_use]
pub fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name = inside.trim_start_matches('/').split([' ', '/']).next();
        if !name.is_some_and(|name| INLINE.contains(&name)) {
            text.push(' ');
        }
        rest = after;
    }
    text.push_str(rest);
    // The sanitiser writes no other references. The ampersand comes last, so that nothing is decoded twice.
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Whether the HTML has a link, an image, or a text that looks like an address.
pub(crate) fn has_link(html: &str) -> bool {
    let html = html.to_ascii_lowercase();
    ["href=", "src=", "http://", "https://", "www."].iter().any(|sign| html.contains(sign))
}

/// The usernames in the text, each once: what follows an `@` that does not stand in a word. Stops when there are more than a text may
/// mention.
pub(crate) fn mentioned(html: &str) -> Vec<String> {
    let text = plain(html);
    let mut names: Vec<String> = Vec::new();
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        if c == '@' && !before.is_alphanumeric() {
            let rest = text.get(index + 1..).unwrap_or_default();
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .map(|c| c.to_ascii_lowercase())
                .collect();
            if (3..=30).contains(&name.len()) && !names.contains(&name) {
                names.push(name);
                if names.len() > MAX_MENTIONS {
                    break;
                }
            }
        }
        before = c;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_no_text() {
        for (html, text) in [
            ("sp<b>am</b>", "spam"),
            ("<p>one</p><p>two</p>", " one  two "),
            ("a &lt; b &amp;lt;", "a < b &lt;"),
            ("<img src=\"https://x\">", " "),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
        assert!(is_blank("<p> &nbsp;</p>") && !is_blank("<img src=\"https://x\">"));
        assert_eq!(clean("<p>a\u{202e}&#8238;b</p>".to_owned()), "<p>ab</p>");
    }

    #[test]
    fn nothing_hides_from_the_sanitiser() {
        for hidden in [
            "\u{200b}",
            "\u{200d}",
            "\u{202e}",
            "\u{ad}",
            "\u{feff}",
            "\u{1}",
            "\u{e0041}",
            "&#x200b;",
            "&#8203;&shy;",
        ] {
            let html = format!(
                "<a href=\"java{hidden}script:alert(1)\">x</a><img src=\"da{hidden}ta:text/html,x\">"
            );
            let shown = clean(html);
            assert!(!shown.contains("script:") && !shown.contains("data:"), "{hidden:?} {shown}");
        }
        // Text that only looks like a reference stays as it was typed.
        assert_eq!(clean("&amp;#x200b;".to_owned()), "&amp;#x200b;");
    }

    #[test]
    fn names_are_found_where_they_are_called() {
        for (html, names) in [
            ("<p>@lena and @Tom_2, @lena</p>", vec!["lena", "tom_2"]),
            ("mail lena@example.com", vec![]),
            ("<a href=\"https://x/@lena\">x</a>", vec![]),
            ("@me @<b>lena</b> (@aisha)", vec!["lena", "aisha"]),
        ] {
            assert_eq!(mentioned(html), names, "{html}");
        }
        let flood: String = (0..100).map(|n| format!("@name{n} ")).collect();
        assert_eq!(mentioned(&flood).len(), MAX_MENTIONS + 1);
    }

    #[test]
    fn links_are_seen() {
        assert!(has_link("see WWW.example.com") && has_link("<a href=\"mailto:x\">x</a>"));
        assert!(!has_link("<p>Hips back.</p>"));
    }
}
