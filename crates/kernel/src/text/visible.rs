//! What can be seen of a text. One rule of *blank* holds for titles, names, messages and bodies alike.

use crate::{Error, FieldError, Result};

/// What people write, without what nobody sees: control characters other than tabs and line breaks, marks that turn the
/// direction of text, and characters without a shape, by which two different names can look the same.
///
/// A joiner stays between two characters of a script or a picture that is made with it (Persian, emoji); between Latin,
/// Greek or Cyrillic letters it only hides something.
#[must_use]
pub fn legible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let keeps = if matches!(c, '\u{200c}' | '\u{200d}') {
            kept.chars().next_back().is_some_and(joinable) && rest.peek().copied().is_some_and(joinable)
        } else {
            !is_unseen(c)
        };
        if keeps {
            kept.push(c);
        }
    }
    kept
}

/// The same in one line, for names and titles; empty where nothing can be seen.
#[must_use]
pub fn one_line(text: &str) -> String {
    trimmed(&legible(text)).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether nothing can be seen of a text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(shows_nothing)
}

/// A text without what cannot be seen before and behind it: blanks, but also the marks that come along from a phone's keyboard or the
/// clipboard.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    let text = text.trim_start_matches(shows_nothing);
    // A variation selector belongs to the picture before it.
    text.trim_end_matches(|c| shows_nothing(c) && !matches!(c, '\u{fe0e}' | '\u{fe0f}'))
}

/// A name or a title as everybody sees it: in one line, without invisible characters.
///
/// # Errors
/// [`crate::Code::ValidationFailed`] at `pointer` where nothing can be seen.
pub fn visible_line(given: &str, pointer: &str) -> Result<String> {
    let shown = one_line(given);
    if shown.is_empty() { Err(blank(pointer)) } else { Ok(shown) }
}

/// A text of several lines as everybody sees it.
///
/// # Errors
/// [`crate::Code::ValidationFailed`] at `pointer` where nothing can be seen.
pub fn visible_text(given: &str, pointer: &str) -> Result<String> {
    let shown = legible(given);
    let shown = trimmed(&shown);
    if shown.is_empty() { Err(blank(pointer)) } else { Ok(shown.to_owned()) }
}

fn blank(pointer: &str) -> Error {
    Error::invalid(vec![FieldError::new(pointer, "blank", "There is nothing to be seen in this.")])
}

/// Written with joiners: nothing below the first of the scripts that have them.
fn joinable(c: char) -> bool {
    c >= '\u{600}'
}

/// Leaves no mark on the page, alone or in a row of its like.
fn shows_nothing(c: char) -> bool {
    c.is_whitespace()
        || is_unseen(c)
        // Joiners, variation selectors, the braille blank, objects that did not come along, and hieroglyphs, a note and a filler that
        // are drawn as nothing.
        || matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{2800}' | '\u{fffc}'
            | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}')
}

fn is_unseen(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    control
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_goes() {
        for (given, seen) in [
            ("Lena", "Lena"),
            ("Le\u{200b}na\u{200d}", "Lena"),
            ("Le\u{200c}na", "Lena"),
            ("\u{202e}aneL", "aneL"),
            ("admin\u{2066}\u{feff}", "admin"),
            ("\u{3164}", ""),
            ("one\ntwo\u{0}\u{7}", "one\ntwo"),
        ] {
            assert_eq!(legible(given), seen, "{given:?}");
        }
    }

    #[test]
    fn what_is_made_with_joiners_stays_whole() {
        for text in [
            "\u{1f469}\u{200d}\u{1f3eb}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "Zoë, Übung, 漢字",
        ] {
            assert_eq!(legible(text), text);
            assert!(!is_blank(text));
        }
        assert_eq!(one_line("Love \u{2764}\u{fe0f} "), "Love \u{2764}\u{fe0f}");
    }

    #[test]
    fn blank_is_whatever_shows_nothing() {
        for blank in [
            "",
            " \t\r\n",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}",
            "\u{200d}",
            "\u{ad}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{115f}",
            "\u{2800}",
            "\u{fe0f}",
            "\u{202e}\u{2066}",
            "\u{feff}",
            "\u{180e}",
            "\u{e0100}",
            "\u{e0020}",
            "\u{fffc}",
            "\u{1d159}",
            " \u{2800} \u{200b} ",
        ] {
            assert!(is_blank(blank), "{blank:?}");
            assert!(visible_line(blank, "/title").is_err() && visible_text(blank, "/title").is_err());
        }
        for seen in [".", "。", "0", "\u{2801}", "\u{1f3cb}"] {
            assert!(!is_blank(seen), "{seen:?}");
        }
        assert_eq!(trimmed("\u{feff} lena@example.com\u{200b}\u{a0}"), "lena@example.com");
    }
}
