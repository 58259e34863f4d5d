//! Reads an object here and there, a window at a time, so that the structure of a large file costs little memory and few requests.

use std::ops::Range;

use bytes::Bytes;
use kernel::Result;

use super::{Key, Storage};

/// How many bytes are fetched at once.
const WINDOW: u64 = 64 * 1024;

/// A reader of one object.
pub(crate) struct Reader<'a> {
    storage: &'a Storage,
    key: Key,
    size: u64,
    /// The bytes that were fetched last, and where they begin.
    window: Bytes,
    at: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(storage: &'a Storage, key: Key, size: u64) -> Self {
        Self { storage, key, size, window: Bytes::new(), at: 0 }
    }

    /// The size of the object in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// So many bytes from there on; fewer where the object ends before.
    pub(crate) async fn read(&mut self, at: u64, length: usize) -> Result<&[u8]> {
        let at = at.min(self.size);
        let end = at.saturating_add(length as u64).min(self.size);
        if self.inside(at..end).is_none() {
            // The last window before the end holds the end: a directory there is read with one request.
            let to = end.max((at + WINDOW).min(self.size));
            self.window = self.storage.read_range(self.key, at..to).await?;
            self.at = at;
        }
        Ok(self.inside(at..end).unwrap_or_default())
    }

    /// The same, as a number of bytes with the first one highest; `None` where the object ends before.
    pub(crate) async fn number(&mut self, at: u64, length: usize) -> Result<Option<u64>> {
        let bytes = self.read(at, length).await?;
        Ok((bytes.len() == length).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))))
    }

    fn inside(&self, range: Range<u64>) -> Option<&[u8]> {
        let from = usize::try_from(range.start.checked_sub(self.at)?).ok()?;
        let to = usize::try_from(range.end.checked_sub(self.at)?).ok()?;
        self.window.get(from..to)
    }
}
