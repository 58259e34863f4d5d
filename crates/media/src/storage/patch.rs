//! Overwrites parts of an object by others of the same length, so that everything else stays where it is.

use std::{
    collections::VecDeque,
    io::{Seek, SeekFrom, Write},
};

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use kernel::{Code, Error, Result};

use super::{Key, Storage};

/// What is written in the place of what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) at: u64,
    pub(crate) bytes: Fill,
}

/// The new bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// These.
    Bytes(Vec<u8>),
    /// So many of one kind.
    Of(u8, u64),
}

impl Patch {
    pub(crate) fn zeros(at: u64, length: u64) -> Self {
        Self { at, bytes: Fill::Of(0, length) }
    }

    pub(crate) fn blanks(at: u64, length: u64) -> Self {
        Self { at, bytes: Fill::Of(b' ', length) }
    }

    pub(crate) fn bytes(at: u64, bytes: Vec<u8>) -> Self {
        Self { at, bytes: Fill::Bytes(bytes) }
    }

    fn end(&self) -> u64 {
        self.at.saturating_add(self.length())
    }

    fn length(&self) -> u64 {
        match &self.bytes {
            Fill::Bytes(bytes) => bytes.len() as u64,
            Fill::Of(_, length) => *length,
        }
    }

    /// Writes what lies in a block that begins at `from`.
    fn apply(&self, from: u64, block: &mut [u8]) {
        let (start, end) = (self.at.max(from), self.end().min(from + block.len() as u64));
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let Some(part) = block.get_mut(index(start.saturating_sub(from))..index(end.saturating_sub(from)))
        else {
            return;
        };
        match &self.bytes {
            Fill::Of(byte, _) => part.fill(*byte),
            Fill::Bytes(bytes) => {
                let source = bytes.iter().skip(index(start.saturating_sub(self.at)));
                part.iter_mut().zip(source).for_each(|(old, new)| *old = *new);
            }
        }
    }
}

impl Storage {
    /// Overwrites parts of an object, in the order of the patches: in place on this machine; in a bucket by writing the object anew as it
    /// is read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub(crate) async fn patch(&self, key: Key, patches: Vec<Patch>) -> Result<()> {
        match self.folder.clone() {
            Some(folder) => {
                let path = folder.join(key.to_string());
                let work = move || in_place(&path, patches);
                let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
                done.map_err(|error| Error::new(Code::Unavailable).caused_by(error))
            }
            None => self.rewrite(key, patches).await,
        }
    }

    async fn rewrite(&self, key: Key, mut patches: Vec<Patch>) -> Result<()> {
        let object = self.get(key, None).await?.ok_or(Code::NotFound)?;
        // A film may have a hundred thousand patches: a block looks only at those that reach into it.
        patches.sort_by_key(|patch| patch.at);
        let (mut patches, mut at) = (VecDeque::from(patches), 0);
        let patched = object.stream.map_ok(move |block| {
            let mut block = BytesMut::from(block);
            let end = at + block.len() as u64;
            while patches.front().is_some_and(|patch| patch.end() <= at) {
                patches.pop_front();
            }
            for patch in patches.iter().take_while(|patch| patch.at < end) {
                patch.apply(at, &mut block);
            }
            at = end;
            Bytes::from(block)
        });
        self.put_stream(key, object.size, patched).await
    }
}

fn in_place(path: &std::path::Path, patches: Vec<Patch>) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    let size = file.metadata()?.len();
    // Nothing grows, whatever a file says of its parts.
    for patch in patches.into_iter().filter(|patch| patch.end() <= size) {
        file.seek(SeekFrom::Start(patch.at))?;
        match &patch.bytes {
            Fill::Bytes(bytes) => file.write_all(bytes)?,
            Fill::Of(byte, length) => {
                let block = vec![*byte; usize::try_from(*length).unwrap_or(usize::MAX).min(64 * 1024)];
                let mut left = *length;
                while left > 0 {
                    let part = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
                    file.write_all(block.get(..part).unwrap_or_default())?;
                    left -= part as u64;
                }
            }
        }
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_applied_across_blocks() {
        let whole: Vec<u8> = (0..20).collect();
        let patches = [Patch::zeros(3, 9), Patch::bytes(15, vec![100, 101, 102]), Patch::blanks(19, 1)];
        let mut expected = whole.clone();
        expected[3..12].fill(0);
        expected[15..18].copy_from_slice(&[100, 101, 102]);
        expected[19] = b' ';
        for size in 1..=20 {
            let mut result = Vec::new();
            for block in whole.chunks(size) {
                let (from, mut block) = (result.len() as u64, block.to_vec());
                patches.iter().for_each(|patch| patch.apply(from, &mut block));
                result.extend(block);
            }
            assert_eq!(result, expected, "in blocks of {size}");
        }
    }
}
