//! What the content of a file is, whatever was said about it.

use kernel::Result;

use super::{
    kinds::{Content, Family, Kind},
    zip,
};
use crate::{storage::Reader, text};

/// What the content says. `head` are the first bytes, at most [`super::HEAD`].
pub(crate) async fn detect(head: &[u8], reader: &mut Reader<'_>) -> Result<Content> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x07\x08PK")
    {
        return zip::detect(reader).await;
    }
    Ok(by_head(head))
}

pub(super) fn by_head(head: &[u8]) -> Content {
    if let Some(name) = by_signature(head) {
        return Kind::by_name(name).map_or(Content::Unknown, Content::Known);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Content::Of(Family::Compound);
    }
    if !text::is_text(head) {
        return Content::Unknown;
    }
    let text = text::decode(head);
    match root_element(&text) {
        Some("gpx") => Kind::by_name("application/gpx+xml").map_or(Content::Unknown, Content::Known),
        Some("TrainingCenterDatabase") => {
            Kind::by_name("application/vnd.garmin.tcx+xml").map_or(Content::Unknown, Content::Known)
        }
        Some("kml") => {
            Kind::by_name("application/vnd.google-earth.kml+xml").map_or(Content::Unknown, Content::Known)
        }
        Some(_) if text.trim_start().starts_with("<?xml") => Content::Of(Family::Xml),
        // Text that begins like a page is text: it is sent as what it was announced, to be saved.
        _ => Content::Of(Family::Text),
    }
}

fn by_signature(head: &[u8]) -> Option<&'static str> {
    if head.get(4..8) == Some(b"ftyp") {
        return base_media(head);
    }
    let early = head.split_at(head.len().min(1024)).0;
    let begin = early.strip_prefix(b"\xef\xbb\xbf").unwrap_or(early).trim_ascii_start();
    match head {
        // Readers look for it in the first kilobyte.
        _ if begin.starts_with(b"%PDF-")
            || early.windows(5).any(|part| part == b"%PDF-")
                && !early.starts_with(b"\x89PNG")
                && !text::is_text(early) =>
        {
            Some("application/pdf")
        }
        [b'{', b'\\', b'r', b't', b'f', ..] => Some("application/rtf"),
        [12 | 14, _, _, _, _, _, _, _, b'.', b'F', b'I', b'T', ..] => Some("application/vnd.ant.fit"),
        [b'R', b'I' | b'F', b'F' | b'6', b'F' | b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
            Some("audio/wav")
        }
        // QuickTime of the time before brands: a length, which begins with no letter, and the name of the first box.
        [..0x20, _, _, _, b'm', b'o', b'o', b'v', ..]
        | [..0x20, _, _, _, b'm', b'd', b'a', b't', ..]
        | [..0x20, _, _, _, b'w', b'i', b'd', b'e', ..] => Some("video/quicktime"),
        // A frame of layer 3, in MPEG 1, 2 or 2.5.
        [0xff, second, third, ..]
            if second & 0xe6 == 0xe2
                && second & 0x18 != 0x08
                && third & 0xf0 != 0xf0
                && third & 0x0c != 0x0c =>
        {
            Some("audio/mpeg")
        }
        [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, ..] => Some("audio/aac"),
        // The kind of document is named in the header, whose sizes may be written in several lengths.
        [0x1a, 0x45, 0xdf, 0xa3, ..] => {
            let is_webm = early.split_at(early.len().min(64)).0.windows(4).any(|part| part == b"webm");
            Some(if is_webm { "video/webm" } else { "video/x-matroska" })
        }
        _ => {
            let name = infer::get(head)?.mime_type();
            // Text says by itself what it is. The others are known above: words stand at the places of their names too.
            let is_otherwise_known = matches!(
                name,
                "text/html"
                    | "text/xml"
                    | "text/x-shellscript"
                    | "text/x-shell"
                    | "video/quicktime"
                    | "application/pdf"
            );
            (!is_otherwise_known).then_some(name)
        }
    }
}

fn base_media(head: &[u8]) -> Option<&'static str> {
    let length =
        head.get(..4).map_or(0, |length| length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    // The brand, and those with which the file is compatible.
    let brands = head.get(8..length.min(head.len())).unwrap_or_default();
    let has = |names: &[&[u8]]| {
        brands.chunks_exact(4).enumerate().any(|(at, brand)| at != 1 && names.contains(&brand))
    };
    Some(match brands.get(..4)? {
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " | b"M4P " => "audio/mp4",
        _ if has(&[b"avif", b"avis"]) => "image/avif",
        _ if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) => "image/heic",
        _ => "video/mp4",
    })
}

/// The name of the root element, without its prefix; `None` for what does not begin like XML.
fn root_element(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', '\0']);
    loop {
        let after = |mark: &str| rest.split_once(mark).map(|(_, after)| after.trim_start());
        rest = if rest.starts_with("<!--") {
            after("-->")?
        } else if rest.starts_with("<?") {
            after("?>")?
        } else if rest.starts_with("<!DOCTYPE") {
            after(">")?
        } else {
            break;
        };
    }
    let name = rest.strip_prefix('<')?;
    let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    let (name, _) = name.split_at(end);
    let name = name.rsplit(':').next()?;
    name.starts_with(|c: char| c.is_alphabetic()).then_some(name)
}
