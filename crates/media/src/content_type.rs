//! The media type of a file, detected from its first bytes.

use entity::enums::FilePurpose;

/// How many of the first bytes are needed to detect the type.
pub(crate) const HEAD: usize = 64 * 1024;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// The media types that may be uploaded for a purpose. A browser runs none of them and shows none as a page.
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

/// Why a file that begins with these bytes is not what was announced; `None` where it is.
pub(crate) fn problem(purpose: FilePurpose, announced: &str, head: &[u8]) -> Option<&'static str> {
    let detected = detect(head);
    let matches = match detected {
        Some(kind) => kind == announced,
        // Text has no signature: whatever can be read as text may be announced as text.
        None => announced.starts_with("text/") && is_text(head),
    };
    if matches {
        return None;
    }
    let allowed = detected.is_some_and(|kind| allowed_types(purpose).contains(&kind));
    Some(if allowed { "type_mismatch" } else { "type_not_allowed" })
}

fn detect(head: &[u8]) -> Option<&'static str> {
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

/// Whether it is UTF-8 without control characters; the last character may be cut off.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let (whole, _) = head.split_at(error.valid_up_to());
            std::str::from_utf8(whole).unwrap_or("\0")
        }
        Err(_) => return false,
    };
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_detected_from_the_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        let zip = b"PK\x03\x04\x14\0\0\0\0\0";
        let mp4 = b"\0\0\0\x18ftypisom\0\0\0\0";
        let cases: [(FilePurpose, &str, &[u8], Option<&str>); 9] = [
            (FilePurpose::Image, "image/png", png, None),
            (FilePurpose::Image, "image/jpeg", png, Some("type_mismatch")),
            (FilePurpose::Image, "image/png", zip, Some("type_not_allowed")),
            (FilePurpose::Attachment, "application/zip", zip, None),
            (FilePurpose::Attachment, "application/pdf", zip, Some("type_mismatch")),
            (FilePurpose::Video, "video/mp4", mp4, None),
            (FilePurpose::Attachment, "text/csv", "a,b\nÜ,1\n".as_bytes(), None),
            (FilePurpose::Attachment, "text/plain", b"a\0b", Some("type_not_allowed")),
            (FilePurpose::Attachment, "text/plain", b"<html><script>", Some("type_not_allowed")),
        ];
        for (purpose, announced, bytes, expected) in cases {
            assert_eq!(problem(purpose, announced, bytes), expected, "{announced}");
        }
    }
}
