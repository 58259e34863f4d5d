//! What is in a zip archive: the parts that say which document it is, wherever in the archive they are. Written by hand, because the
//! crates for archives want a file that can be read without waiting, and only a few bytes of it are needed.

use std::io::Read;

use flate2::read::DeflateDecoder;
use kernel::Result;

use super::kinds::{Content, Family, Kind};
use crate::{storage::Reader, text};

/// The longest comment at the end of an archive, and the record before it.
const TAIL: u64 = 65_535 + 22 + 20;
/// The most entries that are looked at.
const MAX_ENTRIES: u64 = 50_000;
/// The most bytes of an entry that is read.
const MAX_ENTRY: usize = 4 * 1024 * 1024;

/// The main parts of Office documents, and what a document with such a part is.
const MAIN_PARTS: &[(&str, &str)] = &[
    ("wordprocessingml.document.main+xml", "wordprocessingml.document"),
    ("wordprocessingml.template.main+xml", "wordprocessingml.template"),
    ("spreadsheetml.sheet.main+xml", "spreadsheetml.sheet"),
    ("spreadsheetml.template.main+xml", "spreadsheetml.template"),
    ("presentationml.presentation.main+xml", "presentationml.presentation"),
    ("presentationml.slideshow.main+xml", "presentationml.slideshow"),
    ("presentationml.template.main+xml", "presentationml.template"),
];
const MACRO_PARTS: &[(&str, &str)] = &[
    ("ms-word.document.macroenabled.main+xml", "application/vnd.ms-word.document.macroenabled.12"),
    ("ms-excel.sheet.macroenabled.main+xml", "application/vnd.ms-excel.sheet.macroenabled.12"),
    ("ms-excel.sheet.binary.macroenabled.main", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    (
        "ms-powerpoint.presentation.macroenabled.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    ),
];

/// An entry of the directory at the end of an archive.
struct Entry {
    method: u64,
    length: u64,
    /// Where its own header is.
    header: u64,
}

/// What an archive holds: a document that says so, or anything.
pub(super) async fn detect(reader: &mut Reader<'_>) -> Result<Content> {
    let Some((directory, shift)) = directory(reader).await? else {
        return Ok(Content::Broken);
    };
    let Some(telling) = telling_entries(reader, directory, shift).await? else {
        return Ok(Content::Broken);
    };
    for (name, entry) in telling {
        let Some(bytes) = content(reader, &entry, shift).await? else {
            return Ok(Content::Broken);
        };
        let text = text::decode(&bytes).to_ascii_lowercase();
        if let Some(kind) = document(&name, &text) {
            return Ok(Content::Known(kind));
        }
    }
    Ok(Content::Of(Family::Zip))
}

/// The document that an entry is about.
fn document(name: &str, text: &str) -> Option<&'static Kind> {
    match name {
        "[content_types].xml" => {
            let main = MAIN_PARTS.iter().find(|(part, _)| text.contains(part));
            let office =
                |name: &str| Kind::by_name(&format!("application/vnd.openxmlformats-officedocument.{name}"));
            main.and_then(|(_, name)| office(name)).or_else(|| {
                let main = MACRO_PARTS.iter().find(|(part, _)| text.contains(part));
                main.and_then(|(_, name)| Kind::by_name(name))
            })
        }
        "mimetype" => Kind::by_name(text.trim()).filter(|kind| kind.family == Family::Zip),
        "meta-inf/container.xml" => text
            .contains("application/oebps-package+xml")
            .then(|| Kind::by_name("application/epub+zip"))
            .flatten(),
        // The entry for the document itself has the path "/".
        "meta-inf/manifest.xml" => {
            let entry = text.split("<manifest:file-entry").find(|entry| entry.contains("full-path=\"/\""))?;
            let (_, kind) = entry.split_once("media-type=\"")?;
            Kind::by_name(kind.split('"').next()?).filter(|kind| kind.family == Family::Zip)
        }
        _ => None,
    }
}

/// Where the directory begins and how many entries it has; and how far everything is shifted by what stands before the archive.
async fn directory(reader: &mut Reader<'_>) -> Result<Option<((u64, u64), u64)>> {
    let from = reader.size().saturating_sub(TAIL);
    let tail = reader.read(from, TAIL as usize).await?.to_vec();
    let Some(end) = tail.windows(4).rposition(|part| part == b"PK\x05\x06") else {
        return Ok(None);
    };
    let (_, record) = tail.split_at(end);
    let mut place = (le(record, 10, 2), le(record, 12, 4), le(record, 16, 4));
    let mut ends_at = from + end as u64;
    if place.0 == Some(0xffff) || place.1 == Some(0xffff_ffff) || place.2 == Some(0xffff_ffff) {
        let locator =
            end.checked_sub(20).and_then(|at| tail.get(at..end)).filter(|at| at.starts_with(b"PK\x06\x07"));
        let Some(at) = locator.and_then(|locator| le(locator, 8, 8)) else {
            return Ok(None);
        };
        let record = reader.read(at, 56).await?;
        place = (le(record, 32, 8), le(record, 40, 8), le(record, 48, 8));
        ends_at = at;
    }
    let (Some(entries), Some(length), Some(offset)) = place else {
        return Ok(None);
    };
    let begins = ends_at.checked_sub(length);
    Ok(begins.and_then(|begins| Some(((begins, entries), begins.checked_sub(offset)?))))
}

/// The entries that say what a document is, the most reliable first; `None` where the directory cannot be read.
async fn telling_entries(
    reader: &mut Reader<'_>,
    (mut at, entries): (u64, u64),
    _shift: u64,
) -> Result<Option<Vec<(String, Entry)>>> {
    const TELLING: [&str; 4] =
        ["[content_types].xml", "mimetype", "meta-inf/container.xml", "meta-inf/manifest.xml"];
    let mut found = Vec::new();
    for _ in 0..entries.min(MAX_ENTRIES) {
        let head = reader.read(at, 46).await?.to_vec();
        let sizes = (le(&head, 28, 2), le(&head, 30, 2), le(&head, 32, 2));
        let (true, (Some(name), Some(extra), Some(comment))) = (head.starts_with(b"PK\x01\x02"), sizes)
        else {
            return Ok(None);
        };
        if name <= 32 {
            let bytes = reader.read(at + 46, name as usize).await?;
            let name = String::from_utf8_lossy(bytes).to_ascii_lowercase().replace('\\', "/");
            if let (true, Some(method), Some(length), Some(header)) =
                (TELLING.contains(&name.as_str()), le(&head, 10, 2), le(&head, 20, 4), le(&head, 42, 4))
            {
                found.push((name, Entry { method, length, header }));
            }
        }
        at += 46 + name + extra + comment;
    }
    found.sort_by_key(|(name, _)| TELLING.iter().position(|telling| telling == name));
    // Of entries with one name the first counts; otherwise one that stands there thousands of times would be read as often.
    found.dedup_by(|(one, _), (other, _)| one == other);
    Ok(Some(found))
}

/// The bytes of an entry; `None` where they are not there or cannot be read.
async fn content(reader: &mut Reader<'_>, entry: &Entry, shift: u64) -> Result<Option<Vec<u8>>> {
    let at = entry.header + shift;
    let head = reader.read(at, 30).await?;
    let (true, Some(name), Some(extra)) = (head.starts_with(b"PK\x03\x04"), le(head, 26, 2), le(head, 28, 2))
    else {
        return Ok(None);
    };
    let length = usize::try_from(entry.length).unwrap_or(usize::MAX).min(MAX_ENTRY);
    let packed = reader.read(at + 30 + name + extra, length).await?;
    if packed.len() < length {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    match entry.method {
        0 => bytes.extend_from_slice(packed),
        8 => {
            let mut unpacked = DeflateDecoder::new(packed).take(MAX_ENTRY as u64);
            if unpacked.read_to_end(&mut bytes).is_err() {
                return Ok(None);
            }
        }
        // Encrypted, or packed in a way that no Office program uses.
        _ => {}
    }
    Ok(Some(bytes))
}

fn le(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}
