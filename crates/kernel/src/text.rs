//! Cleaning text of characters that nobody sees.

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

/// The same in one line, for names and titles.
#[must_use]
pub fn one_line(text: &str) -> String {
    legible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Written with joiners: nothing below the first of the scripts that have them.
fn joinable(c: char) -> bool {
    c >= '\u{600}'
}

fn is_unseen(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    control
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::legible;

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
        }
    }
}
