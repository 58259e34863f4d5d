//! What bytes are, whatever they are called.

use crate::FilePurpose;

/// How many bytes of the beginning tell the type.
pub(crate) const HEAD: usize = 64 * 1024;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// The types that may be sent for a purpose. Nothing among them is run or shown as a page by a browser.
#[must_use]
pub fn allowed_types(purpose: FilePurpose) -> &'static [&'static str] {
    match purpose {
        FilePurpose::Image => &["image/png", "image/jpeg", "image/webp", "image/gif"],
        FilePurpose::Attachment => &[
            "application/pdf",
            "application/zip",
            "image/png",
            "image/jpeg",
            "image/webp",
            "image/gif",
            "video/mp4",
            "audio/mpeg",
            "text/plain",
            "text/csv",
            DOCX,
            XLSX,
            PPTX,
        ],
        FilePurpose::Video => &["video/mp4", "video/webm", "video/quicktime"],
        FilePurpose::Captions => &["text/vtt"],
    }
}

/// Why a file that begins like this is not what was announced, if it is not.
pub(crate) fn problem(purpose: FilePurpose, announced: &str, head: &[u8]) -> Option<&'static str> {
    let is = kind(head);
    let fits = match is {
        Some(kind) => kind == announced,
        // Text has no mark of its own: whatever reads as text may be called so.
        None => announced.starts_with("text/") && is_text(head),
    };
    if fits {
        return None;
    }
    let allowed = is.is_some_and(|kind| allowed_types(purpose).contains(&kind));
    Some(if allowed {
        "type_mismatch"
    } else {
        "type_not_allowed"
    })
}

fn kind(head: &[u8]) -> Option<&'static str> {
    if head.get(4..8) == Some(b"ftyp") {
        return Some(match head.get(8..12) {
            Some(b"qt  ") => "video/quicktime",
            Some(b"M4A " | b"M4B ") => "audio/mp4",
            Some(b"heic" | b"heix" | b"heif" | b"mif1" | b"avif" | b"avis") => "image/heif",
            _ => "video/mp4",
        });
    }
    infer::get(head).map(|kind| kind.mime_type())
}

/// UTF-8 without control characters; the last character may be cut by the end of the head.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let (whole, _) = head.split_at(error.valid_up_to());
            std::str::from_utf8(whole).unwrap_or("\0")
        }
        Err(_) => return false,
    };
    text.chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        let zip = b"PK\x03\x04\x14\0\0\0\0\0";
        let mp4 = b"\0\0\0\x18ftypisom\0\0\0\0";
        let cases: [(FilePurpose, &str, &[u8], Option<&str>); 9] = [
            (FilePurpose::Image, "image/png", png, None),
            (FilePurpose::Image, "image/jpeg", png, Some("type_mismatch")),
            (FilePurpose::Image, "image/png", zip, Some("type_not_allowed")),
            (FilePurpose::Attachment, "application/zip", zip, None),
            (
                FilePurpose::Attachment,
                "application/pdf",
                zip,
                Some("type_mismatch"),
            ),
            (FilePurpose::Video, "video/mp4", mp4, None),
            (FilePurpose::Attachment, "text/csv", "a,b\nÜ,1\n".as_bytes(), None),
            (
                FilePurpose::Attachment,
                "text/plain",
                b"a\0b",
                Some("type_not_allowed"),
            ),
            (
                FilePurpose::Attachment,
                "text/plain",
                b"<html><script>",
                Some("type_not_allowed"),
            ),
        ];
        for (purpose, announced, bytes, expected) in cases {
            assert_eq!(problem(purpose, announced, bytes), expected, "{announced}");
        }
    }
}
