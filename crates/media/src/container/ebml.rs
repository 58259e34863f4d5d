//! The elements of which `WebM` files are made (RFC 8794).

use kernel::Result;

use crate::storage::{Reader, patch::Patch};

/// An element: its id, and the offsets at which it, its content and what follows begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) id: u64,
    pub(super) start: u64,
    pub(super) content: u64,
    /// `None` where the size was not known when it was written.
    pub(super) end: Option<u64>,
}

impl Element {
    /// Makes it an empty space of the same length. First its content goes: where that is interrupted, it is still found by its id.
    pub(super) fn erase(&self, patches: &mut Vec<Patch>) {
        let Some(end) = self.end else { return };
        patches.push(Patch::zeros(self.content, end - self.content));
        let length = end - self.start;
        // One byte for the id, and as many for the size as it needs.
        let header = match length {
            2..=9 => vec![0xec, 0x80 | u8::try_from(length - 2).unwrap_or_default()],
            10.. => [&[0xec, 0x01][..], (length - 9).to_be_bytes().get(1..).unwrap_or_default()].concat(),
            _ => return,
        };
        let rest = (self.content - self.start).saturating_sub(header.len() as u64);
        if rest > 0 {
            patches.push(Patch::zeros(self.start + header.len() as u64, rest));
        }
        patches.push(Patch::bytes(self.start, header));
    }
}

/// The element that begins there; `None` where there is none.
pub(super) async fn element_at(reader: &mut Reader<'_>, at: u64) -> Result<Option<Element>> {
    let head = reader.read(at, 12).await?;
    let Some((id, id_length)) = variable(head, 4) else { return Ok(None) };
    let Some((size, size_length)) = head.get(id_length..).and_then(|rest| variable(rest, 8)) else {
        return Ok(None);
    };
    let bits = (1 << (7 * size_length)) - 1;
    let content = at + (id_length + size_length) as u64;
    let end = if size & bits == bits { None } else { content.checked_add(size & bits) };
    Ok(Some(Element { id, start: at, content, end }))
}

/// A number of variable length, with its marker, and how many bytes it has.
pub(super) fn variable(bytes: &[u8], most: usize) -> Option<(u64, usize)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let part = bytes.get(..length).filter(|_| length <= most)?;
    Some((part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), length))
}

/// A number without its marker.
pub(super) fn plain(bytes: &[u8]) -> Option<(u64, usize)> {
    let (number, length) = variable(bytes, 8)?;
    Some((number & ((1 << (7 * length)) - 1), length))
}
