//! The texts that people write: they are sanitised once, when they are written, and read as plain text where words count.

use database::Tx;
use kernel::{Error, FieldError, Result, Written};
use rich_text::Rules;

pub(crate) use rich_text::is_blank;
pub use rich_text::plain;

/// The most usernames that a text may mention.
pub(crate) const MAX_MENTIONS: usize = 10;

/// The lengths of a username.
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 3..=30;

/// Sanitised HTML without invisible characters; empty where nothing is left. It has at most `max` characters, so that a client can
/// send it back.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer` where it is too long.
pub(crate) fn rich(tx: &Tx, html: &str, max: usize, pointer: &str) -> Result<Written<String>> {
    let cleaned = rich_text::clean(html, Rules { players: tx.players(), only_legible: true });
    rich_text::within(&cleaned.html, max, pointer)?;
    Ok(Written { warnings: cleaned.warnings(pointer), value: cleaned.html })
}

/// The same for a text that may not be blank.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer` where it is too long, or shows neither text nor a picture.
pub(crate) fn required_rich(tx: &Tx, html: &str, max: usize, pointer: &str) -> Result<Written<String>> {
    let clean = rich(tx, html, max, pointer)?;
    if is_blank(&clean.value) { Err(blank(pointer)) } else { Ok(clean) }
}

/// The refusal of a text without content.
pub(crate) fn blank(pointer: &str) -> Error {
    let detail = "There is nothing to be read in this.";
    Error::invalid(vec![FieldError::new(pointer, "blank", detail)])
}

/// Whether the HTML has a link, an image, or a text that looks like an address.
pub(crate) fn has_link(html: &str) -> bool {
    let html = html.to_ascii_lowercase();
    ["href=", "src=", "http://", "https://", "www."].iter().any(|sign| html.contains(sign))
}

/// The usernames that the author of a text calls, each once: what follows an `@` that is no part of an address, an account elsewhere or
/// a name in a program. What stands in a link, a quotation or a source is not said to anybody here. Stops when there are more than a
/// text may mention.
pub(crate) fn mentioned(html: &str) -> Vec<String> {
    let said = rich_text::said(html);
    let mut names: Vec<String> = Vec::new();
    for word in said.split_whitespace() {
        for name in called(word) {
            if !names.contains(&name) {
                names.push(name);
                if names.len() > MAX_MENTIONS {
                    return names;
                }
            }
        }
    }
    names
}

/// The usernames that are called within one word: `(@lena,@tom)`.
fn called(word: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut before: Option<char> = None;
    for (index, c) in word.char_indices() {
        if is_at(c)
            && before.is_none_or(may_stand_before)
            && !is_address(word.get(..index).unwrap_or_default())
        {
            let behind = word.get(index + c.len_utf8()..).unwrap_or_default();
            let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
            let (name, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
            if NAME_LENGTHS.contains(&name.len()) && may_follow(behind) {
                names.push(name.to_ascii_lowercase());
            }
        }
        before = Some(c);
    }
    names
}

fn is_at(c: char) -> bool {
    matches!(c, '@' | '＠')
}

/// Whether somebody may be called behind this character: not within a word, an address or a path.
fn may_stand_before(c: char) -> bool {
    let ends_word = !c.is_alphanumeric() || is_unspaced(c);
    ends_word && !is_at(c) && !matches!(c, '/' | '\\' | '.' | '_' | '=' | '&' | '#' | '%' | '+' | '~' | '$')
}

/// Whether a name ends before this: `@lena@elsewhere`, `@example.com`, `@scope/package` and `@lena-k` are names of something else.
fn may_follow(behind: &str) -> bool {
    let mut rest = behind.chars();
    match (rest.next(), rest.next()) {
        (Some(c), _) if is_at(c) || matches!(c, '/' | '\\') => false,
        (Some('.' | '-' | ':'), Some(next)) => !next.is_alphanumeric(),
        (Some(c), _) => !c.is_alphanumeric() || is_unspaced(c),
        (None, _) => true,
    }
}

/// A letter of a script that puts no blanks between words, so that a name may stand right beside it.
fn is_unspaced(c: char) -> bool {
    kernel::pieces(c.encode_utf8(&mut [0; 4])).iter().any(|piece| matches!(piece, kernel::Piece::Run(_)))
}

/// Whether a word begins like an address of the web or of mail.
fn is_address(begin: &str) -> bool {
    let begin = begin.to_ascii_lowercase();
    begin.contains("://") || begin.contains("www.") || begin.contains("mailto:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_called() {
        for (html, names) in [
            ("<p>@lena and @Tom_2, @lena</p>", vec!["lena", "tom_2"]),
            ("@me @<b>lena</b> (@aisha)", vec!["lena", "aisha"]),
            ("Thanks @lena! \"@tom_2\": see you, @aisha.", vec!["lena", "tom_2", "aisha"]),
            ("(@lena,@tom_2)", vec!["lena", "tom_2"]),
            ("<p>Hi,<br>@lena's plan</p>", vec!["lena"]),
            ("お疲れ様@lenaさん ＠tom_2", vec!["lena", "tom_2"]),
            ("<ul><li>@lena</li><li>@tom_2</li></ul>", vec!["lena", "tom_2"]),
        ] {
            assert_eq!(mentioned(html), names, "{html}");
        }
        let flood: String = (0..100).map(|n| format!("@name{n} ")).collect();
        assert_eq!(mentioned(&flood).len(), MAX_MENTIONS + 1);
    }

    #[test]
    fn parts_of_something_else_call_nobody() {
        for html in [
            "mail lena@example.com",
            "lena.k+@lena",
            "<a href=\"https://x/@lena\">x</a>",
            "<a href=\"https://instagram.com/lena\">@lena</a>",
            "https://www.youtube.com/@lena",
            "youtube.com/@lena",
            "https://www.tiktok.com/@lena/video/1",
            "https://example.com/?with=@lena",
            "https://example.com/a,@lena",
            "@lena@mastodon.example",
            "@@lena",
            "@lena.example",
            "@lena/package",
            "@lena-k",
            "@lenaé",
            "<code>@lena</code>",
            "<pre>@lena</pre>",
            "<blockquote><p>@lena said</p></blockquote>",
            "a_@lena",
            "@le",
        ] {
            assert_eq!(mentioned(html), [""; 0], "{html}");
        }
    }

    #[test]
    fn links_are_seen() {
        assert!(has_link("see WWW.example.com") && has_link("<a href=\"mailto:x\">x</a>"));
        assert!(!has_link("<p>Hips back.</p>"));
    }
}
