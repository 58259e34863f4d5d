//! Animated GIFs, which stay animated: frame by frame in the narrow widths, and as they are, without comments and metadata, where
//! they are narrow enough already.

use std::{io::Cursor, time::Duration};

use bytes::Bytes;
use gif::{Encoder, Frame, Repeat};
use image::{AnimationDecoder, codecs::gif::GifDecoder};

use super::{
    model::{IMAGE_WIDTHS, Refusal},
    reduce::{Pixels, height_of, reduced},
};

/// The most pixels of all frames.
const MAX_PIXELS: u64 = 150_000_000;
/// How thoroughly the colours of a frame are chosen, from 1, the best, to 30.
const SPEED: i32 = 10;

/// The parts of a GIF that are served: all but comments, texts and what programs wrote for themselves.
struct Blocks {
    plain: Vec<u8>,
    frames: u64,
    repeat: Repeat,
}

/// How many frames a GIF has; `None` where it ends early.
pub(super) fn frames(bytes: &[u8]) -> Option<u64> {
    blocks(bytes).map(|blocks| blocks.frames)
}

/// The GIF in each width, narrowest first.
pub(super) fn variants(bytes: &[u8]) -> Result<Vec<(u32, Bytes)>, Refusal> {
    let blocks = blocks(bytes).ok_or_else(|| Refusal::unreadable("it ends early"))?;
    let decoder = GifDecoder::new(Cursor::new(blocks.plain.as_slice())).map_err(Refusal::unreadable)?;
    let full = image::ImageDecoder::dimensions(&decoder);
    let pixels = u64::from(full.0) * u64::from(full.1) * blocks.frames;
    if pixels > MAX_PIXELS {
        let detail = format!(
            "The animation has {} frames of {} × {} pixels, {pixels} in all; at most {MAX_PIXELS}.",
            blocks.frames, full.0, full.1
        );
        return Err(Refusal { code: "image_too_large", detail });
    }
    let mut made = Vec::new();
    for width in IMAGE_WIDTHS.into_iter().filter(|width| *width < full.0) {
        let size = (width, height_of(width, full));
        made.push((width, Narrower::new(size, blocks.repeat).map_err(Refusal::unreadable)?));
    }
    // All frames are decoded, also where none is narrowed: what is damaged is not served.
    for frame in decoder.into_frames() {
        let frame = frame.map_err(Refusal::unreadable)?;
        let delay = Duration::from(frame.delay());
        let mut pixels =
            Pixels { width: full.0, height: full.1, channels: 4, data: frame.into_buffer().into_raw() };
        for (width, narrower) in made.iter_mut().rev() {
            pixels = reduced(pixels, *width);
            narrower.add(&pixels, delay).map_err(Refusal::unreadable)?;
        }
    }
    let mut all = Vec::new();
    let plain = Bytes::from(blocks.plain);
    for width in IMAGE_WIDTHS {
        let narrowed = made.iter().position(|(made, _)| *made == width).map(|at| made.swap_remove(at));
        let bytes = match narrowed {
            Some((_, narrower)) => narrower.0.into_inner().map_err(Refusal::unreadable)?.into(),
            None => plain.clone(),
        };
        all.push((width, bytes));
    }
    Ok(all)
}

/// Writes the frames of one width.
struct Narrower(Encoder<Vec<u8>>);

impl Narrower {
    fn new((width, height): (u32, u32), repeat: Repeat) -> Result<Self, gif::EncodingError> {
        let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
        let mut encoder = Encoder::new(Vec::new(), side(width), side(height), &[])?;
        encoder.set_repeat(repeat)?;
        Ok(Self(encoder))
    }

    fn add(&mut self, pixels: &Pixels, delay: Duration) -> Result<(), gif::EncodingError> {
        let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
        let mut data = pixels.data.clone();
        for pixel in data.chunks_exact_mut(4) {
            if let [.., alpha] = pixel {
                // A pixel of a GIF is there or not.
                *alpha = if *alpha < 128 { 0 } else { u8::MAX };
            }
        }
        let mut frame = Frame::from_rgba_speed(side(pixels.width), side(pixels.height), &mut data, SPEED);
        frame.delay = u16::try_from(delay.as_millis() / 10).unwrap_or(u16::MAX);
        // Each frame is whole: nothing of the one before shines through.
        frame.dispose = gif::DisposalMethod::Background;
        self.0.write_frame(&frame)
    }
}

/// Reads the structure of a GIF; `None` where it ends early or is none.
fn blocks(bytes: &[u8]) -> Option<Blocks> {
    let palette = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + palette(*bytes.get(10)?);
    let mut found = Blocks { plain: bytes.get(..at)?.to_vec(), frames: 0, repeat: Repeat::Finite(0) };
    loop {
        let begin = at;
        // Some programs leave out the last byte.
        let mark = bytes.get(at).copied().or((found.frames > 0).then_some(0x3b));
        let is_kept = match mark? {
            0x3b => {
                found.plain.push(0x3b);
                return Some(found);
            }
            0x2c => {
                found.frames += 1;
                // A frame lies within the screen, by which the memory was reckoned.
                let side = |at: usize| {
                    let bytes = bytes.get(at..at + 2)?;
                    Some(u32::from(u16::from_le_bytes(bytes.try_into().ok()?)))
                };
                if side(at + 1)? + side(at + 5)? > side(6)? || side(at + 3)? + side(at + 7)? > side(8)? {
                    return None;
                }
                at += 10 + palette(*bytes.get(at + 9)?) + 1;
                true
            }
            0x21 => {
                let label = *bytes.get(at + 1)?;
                let is_loop = bytes.get(at + 2..at + 14) == Some(b"\x0bNETSCAPE2.0");
                if let (true, Some([low, high])) = (is_loop, bytes.get(at + 16..at + 18)) {
                    let times = u16::from_le_bytes([*low, *high]);
                    found.repeat = if times == 0 { Repeat::Infinite } else { Repeat::Finite(times) };
                }
                at += 2;
                label == 0xf9 || is_loop
            }
            _ => return None,
        };
        // The sub-blocks, up to an empty one.
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        let block = bytes.get(begin..at)?;
        if is_kept {
            found.plain.extend_from_slice(block);
        }
    }
}
