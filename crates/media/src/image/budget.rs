//! The memory for pictures that are being decoded: how much each needs, and how much all together may have.

use std::sync::Arc;

use kernel::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::model::{Refusal, WIDEST};

/// The most bytes of all pictures that are being decoded, files included. What needs more by itself is refused.
const BUDGET: u64 = 200 * 1024 * 1024;
/// The longest side in pixels.
const MAX_SIDE: u32 = 20_000;
/// The most pixels: what the largest cameras make is a few times this, those of phones are less.
const MAX_PIXELS: u64 = 120_000_000;
/// What the encoding needs beside the pictures.
const WORK: u64 = 8 * 1024 * 1024;
/// A place is counted in units of this many bytes.
const UNIT: u64 = 64 * 1024;

/// The memory that pictures share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(units(BUDGET) as usize)))
    }

    /// Waits for a place of this size; whoever came first gets theirs first.
    pub(crate) async fn place(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        self.0.clone().acquire_many_owned(units(bytes.min(BUDGET))).await.map_err(Error::internal)
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes / UNIT).unwrap_or(u32::MAX)
}

/// What the beginning of a picture says about the whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The bytes that decoding takes.
    decoding: u64,
}

impl Header {
    /// The memory that the picture needs, with its file of so many bytes.
    ///
    /// # Errors
    /// Where that is more than a picture may have.
    pub(crate) fn memory(&self, file: u64) -> std::result::Result<u64, Refusal> {
        let (width, height) = (self.width, self.height);
        let refuse = |limit: String| {
            let detail = format!("The picture has {width} × {height} pixels; {limit}.");
            Err(Refusal { code: "image_too_large", detail })
        };
        if width.max(height) > MAX_SIDE {
            return refuse(format!("a side has at most {MAX_SIDE}"));
        }
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return refuse(format!("at most {MAX_PIXELS} in all"));
        }
        // At its largest width, upright or turned.
        let (wide, high) = (u64::from(width), u64::from(height));
        let reduced = |side: u64, other: u64| {
            let kept = side.min(WIDEST.into());
            kept * (other * kept / side.max(1)).max(1)
        };
        let reduced = reduced(wide, high).max(reduced(high, wide)) * 4;
        // First what decoding takes; then the decoded picture and the reduced one; then that twice, while its colours change.
        let most = self.decoding.max(self.decoding / 2 + reduced).max(reduced * 2);
        let memory = most + file + WORK;
        if memory > BUDGET {
            let (needed, most) = (memory >> 20, BUDGET >> 20);
            return refuse(format!("it takes {needed} MiB to decode, and at most {most} MiB are there"));
        }
        Ok(memory)
    }
}

/// Reads what a picture needs from its first bytes; `None` where they do not say it.
pub(crate) fn header(head: &[u8]) -> Option<Header> {
    match head {
        [0x89, b'P', b'N', b'G', ..] => png(head),
        [0xff, 0xd8, ..] => jpeg(head),
        [b'G', b'I', b'F', b'8', ..] => gif(head),
        [b'R', b'I', b'F', b'F', ..] => webp(head),
        _ => None,
    }
}

fn png(head: &[u8]) -> Option<Header> {
    let (width, height) = (be(head, 16, 4)?, be(head, 20, 4)?);
    let is_interlaced = *head.get(28)? == 1;
    // Its rows are reduced as they come, unless they come interlaced.
    let decoding =
        if is_interlaced { u64::from(width) * u64::from(height) * 4 } else { u64::from(width) * 64 };
    Some(Header { width, height, decoding })
}

fn gif(head: &[u8]) -> Option<Header> {
    let (width, height) = (le(head, 6, 2)?, le(head, 8, 2)?);
    // The canvas, what it was before, and the frame that is drawn on it.
    Some(Header { width, height, decoding: u64::from(width) * u64::from(height) * 13 })
}

fn webp(head: &[u8]) -> Option<Header> {
    let (width, height, bytes) = match head.get(12..16)? {
        // Planes of brightness and colour, and the picture that is made of them.
        b"VP8 " => (le(head, 26, 2)? & 0x3fff, le(head, 28, 2)? & 0x3fff, 5),
        b"VP8L" => {
            let bits = le(head, 21, 4)?;
            ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, 6)
        }
        b"VP8X" => {
            let canvas = (le(head, 24, 3)? + 1, le(head, 27, 3)? + 1);
            if !fills(head, canvas)? {
                return None;
            }
            (canvas.0, canvas.1, 8)
        }
        _ => return None,
    };
    Some(Header { width, height, decoding: u64::from(width) * u64::from(height) * bytes })
}

/// Whether the picture of a WebP with a canvas is as large as that: decoders take memory for the picture first. One that moves is refused
/// before it is decoded. `None` where it lies behind these bytes.
fn fills(head: &[u8], canvas: (u32, u32)) -> Option<bool> {
    let mut at = 30;
    loop {
        let (name, length) = (head.get(at..at + 4)?, le(head, at + 4, 4)? as usize);
        let content = at + 8;
        match name {
            b"VP8 " => {
                let size = (le(head, content + 6, 2)? & 0x3fff, le(head, content + 8, 2)? & 0x3fff);
                return Some(size == canvas);
            }
            b"VP8L" => {
                let bits = le(head, content + 1, 4)?;
                return Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1) == canvas);
            }
            b"ANMF" => return Some(true),
            _ => at = content.checked_add(length)?.checked_add(length % 2)?,
        }
    }
}

/// The frame header of a JPEG says its size, and whether all coefficients have to be in memory at once.
fn jpeg(head: &[u8]) -> Option<Header> {
    let mut at = 2;
    loop {
        let (fill, marker) = (*head.get(at)?, *head.get(at + 1)?);
        match (fill, marker) {
            (0xff, 0xff) => at += 1,
            // No marker, which decoders pass over in their own ways; and the lossless kinds, of which nothing is scaled.
            (0xff, 0x00 | 0xc3 | 0xc7 | 0xcb | 0xcf) => return None,
            (0xff, 0xc0..=0xc2 | 0xc5 | 0xc6 | 0xc9 | 0xca | 0xcd | 0xce) => break,
            (0xff, 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, _) => at += 2 + be(head, at + 2, 2)? as usize,
            _ => return None,
        }
    }
    let is_progressive = *head.get(at + 1)? & 3 == 2;
    let (height, width, parts) = (be(head, at + 5, 2)?, be(head, at + 7, 2)?, be(head, at + 9, 1)?);
    let (mut samples, mut most) = (0, 1);
    for part in 0..parts as usize {
        let sampling = u64::from(*head.get(at + 11 + part * 3)?);
        let area = (sampling >> 4) * (sampling & 15);
        samples += area;
        most = most.max(area);
    }
    let pixels = u64::from(width) * u64::from(height);
    let coefficients = if is_progressive { pixels * samples / most * 2 } else { 0 };
    let scale = u64::from(scale_of(width.min(height)));
    // Its planes and the picture that is made of them, at the size at which they are decoded.
    let decoded = pixels * u64::from(parts) * 2 * scale * scale / 64;
    Some(Header { width, height, decoding: coefficients + decoded })
}

/// The eighths to which a JPEG may be scaled while it is decoded, so that this side does not become shorter than is needed.
fn scale_of(side: u32) -> u32 {
    [1, 2, 4].into_iter().find(|eighths| side * eighths / 8 >= WIDEST).unwrap_or(8)
}

fn be(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

fn le(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}
