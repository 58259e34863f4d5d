//! The names of files, as they stand in headers and on somebody's disk.

use http_client::percent_encode;

use crate::{content_type::Kind, signed_link::Disposition};

/// The longest name of a file in characters.
const MAX_LENGTH: usize = 120;

/// A file's name without what could mean something to a file system, a header or a reader: the last part of a path, without
/// control characters and marks that turn the direction of text, at most 120 characters.
#[must_use]
pub(crate) fn clean_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = kernel::legible(last).chars().filter(|c| !c.is_control()).collect();
    let plain = kernel::trimmed(&plain).trim_matches(|c: char| c.is_whitespace() || c == '.');
    // The end of a long name says what the file is.
    let too_many = plain.chars().count().saturating_sub(MAX_LENGTH);
    let name: String = plain.chars().skip(too_many).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// A name with the ending that belongs to the type, so that a file opens with what it is for.
#[must_use]
pub fn file_name(name: &str, content_type: &str) -> String {
    let endings = Kind::by_name(content_type).map_or(&[][..], |kind| kind.endings);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match endings.first() {
        Some(first) if !endings.iter().any(|known| ending.as_deref() == Some(known)) => {
            format!("{name}.{first}")
        }
        _ => name.to_owned(),
    }
}

/// `Content-Disposition` (RFC 6266), with the name in full (RFC 8187) and in ASCII for those who cannot read that.
#[must_use]
pub fn content_disposition(disposition: Disposition, name: &str) -> String {
    let kind = match disposition {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    };
    let name = clean_name(name);
    let ascii: String = name
        .chars()
        .map(|c| if c == ' ' || c.is_ascii_alphanumeric() || "-_.()".contains(c) { c } else { '_' })
        .collect();
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", percent_encode(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (given, clean) in [
            ("plan.pdf", "plan.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\lena\\Übung 1.pdf", "Übung 1.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
            ("exe\u{202e}fdp.exe", "exefdp.exe"),
            ("..", "file"),
            ("a/", "file"),
        ] {
            assert_eq!(clean_name(given), clean);
        }
        assert_eq!(clean_name(&"x".repeat(300)).len(), MAX_LENGTH);
    }

    #[test]
    fn a_header_holds_any_name() {
        let header = content_disposition(Disposition::Attachment, "Übung \"1\".pdf");
        assert_eq!(
            header,
            "attachment; filename=\"_bung _1_.pdf\"; filename*=UTF-8''%C3%9Cbung%20%221%22.pdf"
        );
    }
}
