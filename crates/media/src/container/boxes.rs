//! The boxes of which MPEG-4 and QuickTime files are made (ISO/IEC 14496-12).

use kernel::Result;

use crate::storage::{Reader, patch::Patch};

/// How many boxes are read inside one that has but a few.
const MAX_CHILDREN: usize = 10_000;

/// A box: its name, and the offsets at which it, its content and what follows begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mp4Box {
    pub(super) name: [u8; 4],
    pub(super) start: u64,
    pub(super) content: u64,
    pub(super) end: u64,
}

impl Mp4Box {
    pub(super) fn is(&self, name: &[u8; 4]) -> bool {
        self.name == *name
    }

    /// Makes it an empty space of the same length. First its content goes: where that is interrupted, it is still found by its name.
    pub(super) fn erase(&self, patches: &mut Vec<Patch>) {
        patches.push(Patch::zeros(self.content, self.end - self.content));
        patches.push(Patch::bytes(self.start + 4, b"free".to_vec()));
    }
}

/// The box that begins at `at`; its end may lie beyond that of its parent, where a file was cut short. `None` where there is none.
pub(super) async fn box_at(reader: &mut Reader<'_>, at: u64, end: u64) -> Result<Option<Mp4Box>> {
    let head = reader.read(at, 16).await?;
    Ok(parse(head, at, end))
}

pub(super) fn parse(head: &[u8], at: u64, end: u64) -> Option<Mp4Box> {
    let name = head.get(4..8)?.try_into().ok()?;
    let (length, header) = match number(head, 0, 4)? {
        0 => (end.checked_sub(at)?, 8),
        1 => (number(head, 8, 8)?, 16),
        length => (length, 8),
    };
    let parsed = Mp4Box { name, start: at, content: at + header, end: at.checked_add(length)? };
    (length >= header).then_some(parsed)
}

/// The boxes inside another, as far as they can be read and lie within it.
pub(super) async fn children(reader: &mut Reader<'_>, from: u64, end: u64) -> Result<Vec<Mp4Box>> {
    let mut found = Vec::new();
    let mut at = from;
    while at + 8 <= end && found.len() < MAX_CHILDREN {
        match box_at(reader, at, end).await? {
            Some(child) if child.end <= end => {
                at = child.end;
                found.push(child);
            }
            _ => break,
        }
    }
    Ok(found)
}

/// The first box of each name in turn, each inside the one before.
pub(super) async fn descend(
    reader: &mut Reader<'_>,
    parent: &Mp4Box,
    path: &[&[u8; 4]],
) -> Result<Option<Mp4Box>> {
    let mut inner = *parent;
    for name in path {
        let found = children(reader, inner.content, inner.end).await?;
        match found.into_iter().find(|child| child.is(name)) {
            Some(child) => inner = child,
            None => return Ok(None),
        }
    }
    Ok(Some(inner))
}

pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let part = bytes.get(at..at.checked_add(length)?)?;
    Some(part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}
