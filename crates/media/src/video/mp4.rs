//! The duration of a video, from the header of an MPEG-4 or QuickTime file. Written by hand: nothing is decoded, and only a few
//! bytes are read from the storage.

use futures_util::TryStreamExt;
use kernel::{FileId, Result};

use crate::storage::{Key, Storage};

/// How many boxes are read in search of one.
const MAX_BOXES: usize = 64;

/// A box: its name, and the offsets at which its content begins and ends.
struct Mp4Box {
    name: [u8; 4],
    content: u64,
    end: u64,
}

/// The duration of a file in seconds; `None` where it does not say.
pub(crate) async fn duration(storage: &Storage, file_id: FileId) -> Result<Option<f64>> {
    let Some(object) = storage.get(Key::File(file_id), Some(0..1)).await? else {
        return Ok(None);
    };
    let Some(movie) = find(storage, file_id, *b"moov", 0, object.size).await? else {
        return Ok(None);
    };
    let Some(head) = find(storage, file_id, *b"mvhd", movie.content, movie.end).await? else {
        return Ok(None);
    };
    let bytes = read(storage, file_id, head.content, head.end.min(head.content + 32)).await?;
    Ok(seconds(&bytes))
}

/// The first box of this name between two offsets.
async fn find(storage: &Storage, id: FileId, name: [u8; 4], from: u64, end: u64) -> Result<Option<Mp4Box>> {
    let mut at = from;
    for _ in 0..MAX_BOXES {
        if at >= end {
            return Ok(None);
        }
        let head = read(storage, id, at, end.min(at + 16)).await?;
        let Some(found) = parse_box(&head, at, end) else {
            return Ok(None);
        };
        if found.name == name {
            return Ok(Some(found));
        }
        at = found.end;
    }
    Ok(None)
}

async fn read(storage: &Storage, id: FileId, from: u64, to: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if from >= to {
        return Ok(bytes);
    }
    if let Some(mut object) = storage.get(Key::File(id), Some(from..to)).await? {
        while let Some(block) = object.stream.try_next().await? {
            bytes.extend_from_slice(&block);
        }
    }
    Ok(bytes)
}

/// The box that begins at `at`, inside a parent that ends at `end`; `None` where that cannot be.
fn parse_box(head: &[u8], at: u64, end: u64) -> Option<Mp4Box> {
    let name = head.get(4..8)?.try_into().ok()?;
    let (length, header) = match number(head, 0, 4)? {
        0 => (end - at, 8),
        1 => (number(head, 8, 8)?, 16),
        length => (length, 8),
    };
    let parsed = Mp4Box { name, content: at + header, end: at.checked_add(length)? };
    (length >= header && parsed.end <= end).then_some(parsed)
}

/// The duration in a movie header (ISO/IEC 14496-12, 8.2.2).
fn seconds(header: &[u8]) -> Option<f64> {
    let (scale, length, unknown) = match header.first()? {
        0 => (number(header, 12, 4)?, number(header, 16, 4)?, u64::from(u32::MAX)),
        1 => (number(header, 20, 4)?, number(header, 24, 8)?, u64::MAX),
        _ => return None,
    };
    // A fragmented file says 0; more than a year is a broken header.
    if scale == 0 || length == 0 || length == unknown || length / scale > 31_536_000 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Some(length as f64 / scale as f64)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_duration_is_read_from_a_header() {
        let old = [&[0; 12][..], &600_u32.to_be_bytes(), &36_900_u32.to_be_bytes()].concat();
        assert_eq!(seconds(&old), Some(61.5));
        let long = [&[1][..], &[0; 19], &1000_u32.to_be_bytes(), &61_500_u64.to_be_bytes()].concat();
        assert_eq!(seconds(&long), Some(61.5));
        let unknown = [&[0; 12][..], &600_u32.to_be_bytes(), &u32::MAX.to_be_bytes()].concat();
        let nothing = [&[0; 16][..], &36_900_u32.to_be_bytes()].concat();
        for odd in [&old[..19], &[], &[2; 40], &unknown, &nothing] {
            assert_eq!(seconds(odd), None);
        }
    }

    #[test]
    fn a_box_lies_inside_its_parent() {
        let head =
            |length: u32, more: u64| [&length.to_be_bytes()[..], b"moov", &more.to_be_bytes()].concat();
        let found =
            |length, more| parse_box(&head(length, more), 100, 1000).map(|found| (found.content, found.end));
        assert_eq!(found(50, 0), Some((108, 150)));
        assert_eq!(found(0, 0), Some((108, 1000)));
        assert_eq!(found(1, 500), Some((116, 600)));
        for (length, more) in [(7, 0), (901, 0), (1, 15), (1, 901), (1, u64::MAX)] {
            assert_eq!(found(length, more), None, "{length} {more}");
        }
        assert!(parse_box(&head(50, 0)[..7], 100, 1000).is_none());
    }
}
