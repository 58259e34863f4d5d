//! The place that a camera wrote into a picture which is handed on as a file: what says it is overwritten, and the picture stays as it is.
//! Pictures that are shown are encoded anew, and lose everything.

use flate2::Crc;
use kernel::Result;

use crate::storage::{Reader, patch::Patch};

/// The largest part with metadata that is read.
const MAX_PART: u64 = 4 * 1024 * 1024;
/// How much is searched at a time in a file whose structure is not read.
const SEARCHED: usize = 4 * 1024 * 1024;
/// No EXIF is longer, since a part of a JPEG is not.
const LARGEST_EXIF: usize = 64 * 1024;
const TIFF_HEADER: usize = 4;
/// How EXIF begins, with the header of TIFF at its end: as a part of a JPEG, and as an item of a HEIC file that names no offset.
const EXIF_BEGINS: [&[u8]; 4] = [b"Exif\0\0II*\0", b"Exif\0\0MM\0*", b"\0\0\0\0II*\0", b"\0\0\0\0MM\0*"];
const XMP_BEGINS: &[u8] = b"<x:xmpmeta";
const XMP_ENDS: &[u8] = b"</x:xmpmeta>";
/// The tag that refers to the place, in a directory of EXIF.
const PLACE_TAG: u16 = 0x8825;
/// The bytes of one value of each type of EXIF.
const TYPE_SIZES: [u64; 14] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

/// What has to be overwritten in a picture of this media type.
pub(crate) async fn private(reader: &mut Reader<'_>, content_type: &str) -> Result<Vec<Patch>> {
    match content_type {
        "image/jpeg" => jpeg(reader).await,
        "image/png" => png(reader).await,
        "image/webp" => webp(reader).await,
        "image/heic" | "image/avif" => searched(reader, 0).await,
        _ => Ok(Vec::new()),
    }
}

async fn jpeg(reader: &mut Reader<'_>) -> Result<Vec<Patch>> {
    let (mut patches, mut at) = (Vec::new(), 2);
    while let Some(marker) = reader.number(at, 2).await? {
        if !(0xff00..=0xffff).contains(&marker) || marker == 0xffda {
            // Cameras append further pictures, each with what they know.
            patches.extend(searched(reader, at).await?);
            break;
        }
        if marker == 0xffff {
            at += 1;
            continue;
        }
        let length = reader.number(at + 2, 2).await?.unwrap_or_default();
        let (begin, end) = (at + 4, at + 2 + length);
        if length < 2 || end > reader.size() {
            break;
        }
        let part = reader.read(begin, usize::try_from(end.saturating_sub(begin)).unwrap_or_default()).await?;
        if let (0xffe1, Some(tiff)) = (marker, part.strip_prefix(b"Exif\0\0")) {
            patches.extend(place(tiff, begin + 6));
        } else if marker == 0xffe1 && part.starts_with(b"http://ns.adobe.com/") {
            let name = part.iter().position(|byte| *byte == 0).unwrap_or(part.len()) as u64 + 1;
            patches.push(Patch::blanks(begin + name, (end - begin).saturating_sub(name)));
        } else if marker == 0xffed {
            // Photoshop's block has city and country.
            patches.push(Patch::zeros(begin, end - begin));
        }
        at = end;
    }
    Ok(patches)
}

/// A part with metadata becomes one of a kind that nobody knows, with nothing in it.
async fn png(reader: &mut Reader<'_>) -> Result<Vec<Patch>> {
    let (mut patches, mut at) = (Vec::new(), 8);
    while let Some(length) = reader.number(at, 4).await? {
        let name = reader.read(at + 4, 4).await?.to_vec();
        if name == b"IEND" || at + 12 + length > reader.size() {
            break;
        }
        if matches!(name.as_slice(), b"eXIf" | b"iTXt" | b"tEXt" | b"zTXt") {
            let mut sum = Crc::new();
            sum.update(b"voId");
            let mut left = length;
            while left > 0 {
                let zeros = [0; 4096];
                let part = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
                sum.update(zeros.get(..part).unwrap_or_default());
                left -= part as u64;
            }
            patches.push(Patch::zeros(at + 8, length));
            patches.push(Patch::bytes(at + 8 + length, sum.sum().to_be_bytes().to_vec()));
            patches.push(Patch::bytes(at + 4, b"voId".to_vec()));
        }
        at += 12 + length;
    }
    Ok(patches)
}

async fn webp(reader: &mut Reader<'_>) -> Result<Vec<Patch>> {
    let (mut patches, mut at) = (Vec::new(), 12);
    loop {
        let head = reader.read(at, 8).await?;
        let (Some(name), Some(Ok(length))) = (head.get(..4), head.get(4..8).map(<[u8; 4]>::try_from)) else {
            break;
        };
        let (is_exif, is_xmp) = (name == b"EXIF", name == b"XMP ");
        let length = u64::from(u32::from_le_bytes(length));
        if is_exif {
            let bytes = reader.read(at + 8, length.min(MAX_PART) as usize).await?;
            let skipped = if bytes.starts_with(b"Exif\0\0") { 6 } else { 0 };
            patches.extend(place(bytes.get(skipped..).unwrap_or_default(), at + 8 + skipped as u64));
        } else if is_xmp {
            patches.push(Patch::blanks(at + 8, length.min(reader.size().saturating_sub(at + 8))));
        }
        at += 8 + length + length % 2;
    }
    Ok(patches)
}

/// Metadata from here on, in a file whose parts lie anywhere: it begins in the same way in all of them.
async fn searched(reader: &mut Reader<'_>, from: u64) -> Result<Vec<Patch>> {
    let (mut patches, mut at, mut is_in_xmp) = (Vec::new(), from, false);
    while at < reader.size() {
        let is_last = at + SEARCHED as u64 >= reader.size();
        let block = reader.read(at, SEARCHED).await?;
        // What begins in the rest of the block is whole in the next one.
        let searched = if is_last { block.len() } else { block.len().saturating_sub(LARGEST_EXIF) };
        if searched == 0 {
            break;
        }
        let mut index = 0;
        while index < searched {
            let rest = block.get(index..).unwrap_or_default();
            if is_in_xmp || rest.starts_with(XMP_BEGINS) {
                let end = rest.windows(XMP_ENDS.len()).position(|end| end == XMP_ENDS);
                let length = end.map_or(searched - index, |end| end + XMP_ENDS.len());
                patches.push(Patch::blanks(at + index as u64, length as u64));
                is_in_xmp = end.is_none();
                index += length;
            } else if let Some(header) = EXIF_BEGINS.iter().find(|header| rest.starts_with(header)) {
                let tiff = header.len() - TIFF_HEADER;
                patches.extend(place(rest.get(tiff..).unwrap_or_default(), at + (index + tiff) as u64));
                index += header.len();
            } else {
                index += 1;
            }
        }
        at += index as u64;
    }
    Ok(patches)
}

/// Empties the directory of EXIF that says the place, and what it refers to. `base` is where these bytes are in the file.
fn place(tiff: &[u8], base: u64) -> Vec<Patch> {
    let mut patches = Vec::new();
    let is_big = tiff.starts_with(b"MM");
    let number = |at: u64, length: usize| -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let part = tiff.get(at..at.checked_add(length)?)?;
        let push = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if is_big { part.iter().fold(0, push) } else { part.iter().rev().fold(0, push) })
    };
    let entries = |directory: u64| {
        let count = number(directory, 2).unwrap_or_default().min(1000);
        (0..count).map(move |entry| directory + 2 + entry * 12)
    };
    let Some(first) = number(4, 4) else { return patches };
    // There is one; a file with thousands of them is meant to take long.
    for entry in entries(first).filter(|entry| number(*entry, 2) == Some(PLACE_TAG.into())).take(4) {
        let Some(directory) = number(entry + 8, 4) else { continue };
        for value in entries(directory) {
            let size =
                number(value + 2, 2).and_then(|kind| TYPE_SIZES.get(usize::try_from(kind).ok()?).copied());
            let length = size.unwrap_or_default() * number(value + 4, 4).unwrap_or_default();
            if let (5.., Some(at)) = (length, number(value + 8, 4))
                && at.saturating_add(length) <= tiff.len() as u64
            {
                patches.push(Patch::zeros(base + at, length));
            }
        }
        let count = entries(directory).count() as u64;
        if directory + 2 + count * 12 <= tiff.len() as u64 {
            patches.push(Patch::zeros(base + directory, 2 + count * 12));
        }
    }
    patches
}
