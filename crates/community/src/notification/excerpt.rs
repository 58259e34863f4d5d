//! The beginning of a text, for a line in a list or a mail.

use super::model::Notification;
use crate::text;

/// The longest excerpt, in characters.
const MAX_LENGTH: usize = 200;

/// The notification with an excerpt without markup, at most [`MAX_LENGTH`] characters long.
pub(super) fn shortened(mut row: Notification) -> Notification {
    row.excerpt = row.excerpt.map(|html| beginning(&html, MAX_LENGTH)).filter(|text| !text.is_empty());
    row
}

/// Sanitised HTML as text in one line, at most `max` characters long.
fn beginning(html: &str, max: usize) -> String {
    let text = text::plain(html);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= max {
        return text;
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_text() {
        assert_eq!(beginning("<p>Hips &amp; <b>knees</b></p><p>back</p>", 200), "Hips & knees back");
        assert_eq!(beginning("<p>Hips <a href=\"https://exa", 200), "Hips");
        assert_eq!(beginning("<p>&lt;script&gt;</p>", 200), "<script>");
        assert_eq!(beginning(&"é".repeat(300), 10), format!("{}…", "é".repeat(9)));
    }
}
