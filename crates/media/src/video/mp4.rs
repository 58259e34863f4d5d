//! How long a film plays, from the head of an MPEG-4 or QuickTime file. Nothing is decoded, and hardly anything is read.

use futures_util::TryStreamExt;
use kernel::{FileId, Result};

use crate::{Key, Storage};

/// More boxes than this on the way to the one that is looked for, and the file is not worth the reading.
const BOXES: usize = 64;

/// A box: its name, and where its content begins and ends.
struct Place {
    name: [u8; 4],
    content: u64,
    end: u64,
}

/// How long a file plays, in seconds; `None` where it does not say.
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

/// The first box of this name between two places.
async fn find(storage: &Storage, id: FileId, name: [u8; 4], from: u64, end: u64) -> Result<Option<Place>> {
    let mut at = from;
    for _ in 0..BOXES {
        if at >= end {
            return Ok(None);
        }
        let head = read(storage, id, at, end.min(at + 16)).await?;
        let Some(found) = place(&head, at, end) else {
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
fn place(head: &[u8], at: u64, end: u64) -> Option<Place> {
    let name = head.get(4..8)?.try_into().ok()?;
    let (length, header) = match number(head, 0, 4)? {
        0 => (end - at, 8),
        1 => (number(head, 8, 8)?, 16),
        length => (length, 8),
    };
    let place = Place {
        name,
        content: at + header,
        end: at.checked_add(length)?,
    };
    (length >= header && place.end <= end).then_some(place)
}

/// The duration in a movie header (ISO/IEC 14496-12, 8.2.2).
fn seconds(header: &[u8]) -> Option<f64> {
    let (scale, length, unknown) = match header.first()? {
        0 => (
            number(header, 12, 4)?,
            number(header, 16, 4)?,
            u64::from(u32::MAX),
        ),
        1 => (number(header, 20, 4)?, number(header, 24, 8)?, u64::MAX),
        _ => return None,
    };
    // Nobody films for a year; a file in pieces says 0.
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
    fn a_header_says_how_long() {
        let old = [&[0; 12][..], &600_u32.to_be_bytes(), &36_900_u32.to_be_bytes()].concat();
        assert_eq!(seconds(&old), Some(61.5));
        let long = [
            &[1][..],
            &[0; 19],
            &1000_u32.to_be_bytes(),
            &61_500_u64.to_be_bytes(),
        ]
        .concat();
        assert_eq!(seconds(&long), Some(61.5));
        let unknown = [&[0; 12][..], &600_u32.to_be_bytes(), &u32::MAX.to_be_bytes()].concat();
        let nothing = [&[0; 16][..], &36_900_u32.to_be_bytes()].concat();
        for odd in [&old[..19], &[], &[2; 40], &unknown, &nothing] {
            assert_eq!(seconds(odd), None);
        }
    }

    #[test]
    fn a_box_lies_inside_its_parent_and_goes_on() {
        let head =
            |length: u32, more: u64| [&length.to_be_bytes()[..], b"moov", &more.to_be_bytes()].concat();
        let found =
            |length, more| place(&head(length, more), 100, 1000).map(|place| (place.content, place.end));
        assert_eq!(found(50, 0), Some((108, 150)));
        assert_eq!(found(0, 0), Some((108, 1000)));
        assert_eq!(found(1, 500), Some((116, 600)));
        for (length, more) in [(7, 0), (901, 0), (1, 15), (1, 901), (1, u64::MAX)] {
            assert_eq!(found(length, more), None, "{length} {more}");
        }
        assert!(place(&head(50, 0)[..7], 100, 1000).is_none());
    }
}
