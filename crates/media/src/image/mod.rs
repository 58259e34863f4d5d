//! Pictures: decoded within a budget of memory, turned upright, brought to sRGB, and encoded anew in three widths, so that nothing
//! of an upload but the picture itself is ever served.

mod animation;
mod budget;
mod color;
mod decode;
mod model;
mod reduce;

use std::borrow::Cow;

use bytes::Bytes;
use image::{
    ExtendedColorType, ImageEncoder, ImageError,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use kernel::FileId;

pub use self::model::IMAGE_WIDTHS;
use self::reduce::{Pixels, reduced};
pub(crate) use self::{
    budget::{Budget, header},
    model::Refusal,
};

/// The JPEG quality.
const QUALITY: u8 = 82;

/// The public path of a picture in one of [`IMAGE_WIDTHS`], for `Tx::link`.
#[must_use]
pub fn image_path(id: FileId, width: u32) -> String {
    format!("/images/{id}/{width}")
}

/// The media type of a picture that [`variants`] wrote, by its first bytes.
#[must_use]
pub fn image_kind(head: &[u8]) -> &'static str {
    match head {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        _ => "image/jpeg",
    }
}

/// The picture in each width, narrowest first, or why it is rejected. It takes as much memory as its [`header`] says,
/// for which its caller holds a place in the [`Budget`].
pub(crate) fn variants(bytes: &[u8]) -> Result<Vec<(u32, Bytes)>, Refusal> {
    if bytes.starts_with(b"GIF8") {
        match animation::frames(bytes) {
            None => return Err(Refusal::unreadable("it ends early")),
            Some(2..) => return animation::variants(bytes),
            Some(_) => {}
        }
    }
    let mut picture = decode::upright(bytes)?;
    let mut made = Vec::new();
    // Each from the next wider one, which is quicker and looks the same.
    for width in IMAGE_WIDTHS.into_iter().rev() {
        if picture.width > width {
            picture = reduced(picture, width);
        }
        made.push((width, encode(&picture).map_err(Refusal::unreadable)?));
    }
    made.reverse();
    Ok(made)
}

/// PNG where something is transparent, JPEG otherwise. Neither carries any metadata.
fn encode(picture: &Pixels) -> Result<Bytes, ImageError> {
    let mut bytes = Vec::new();
    let (width, height, data) = (picture.width, picture.height, &picture.data);
    let is_transparent =
        picture.channels == 4 && data.chunks_exact(4).any(|pixel| pixel.last() < Some(&u8::MAX));
    if is_transparent {
        PngEncoder::new(&mut bytes).write_image(data, width, height, ExtendedColorType::Rgba8)?;
    } else {
        let colors: Cow<'_, [u8]> = match picture.channels {
            4 => data.chunks_exact(4).flat_map(|pixel| pixel.iter().copied().take(3)).collect(),
            _ => data.into(),
        };
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        encoder.write_image(&colors, width, height, ExtendedColorType::Rgb8)?;
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests;
