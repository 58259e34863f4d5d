//! From a file to pixels: no wider than is needed, in sRGB, upright. Each format is decoded in the way that takes least memory.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, RgbImage, RgbaImage,
    codecs::{gif::GifDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use jpeg_decoder::PixelFormat;

use super::{
    color::{Space, to_srgb},
    model::{Refusal, WIDEST},
    reduce::{Pixels, Reducer, height_of},
};

/// A picture as its file has it, but no larger than is needed.
struct Decoded {
    pixels: Pixels,
    space: Space,
    is_cmyk: bool,
    orientation: Orientation,
}

/// The picture, at most [`WIDEST`] pixels wide.
pub(super) fn upright(bytes: &[u8]) -> Result<Pixels, Refusal> {
    let decoded = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(bytes)?,
        [0xff, 0xd8, ..] => jpeg(bytes)?,
        [b'G', b'I', b'F', ..] => {
            with_image(GifDecoder::new(Cursor::new(bytes)).map_err(Refusal::unreadable)?)?
        }
        _ => {
            let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(Refusal::unreadable)?;
            if decoder.has_animation() {
                return Err(Refusal::animated("WebP"));
            }
            with_image(decoder)?
        }
    };
    let pixels = to_srgb(decoded.pixels, &decoded.space, decoded.is_cmyk);
    Ok(turned(pixels, decoded.orientation))
}

/// JPEG: a large one is scaled by a whole fraction while it is decoded.
fn jpeg(bytes: &[u8]) -> Result<Decoded, Refusal> {
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(bytes));
    decoder.read_info().map_err(Refusal::unreadable)?;
    // What it takes was reckoned by our reading of the header: the decoder has to have read the same.
    let read = decoder.info().map(|info| (u32::from(info.width), u32::from(info.height)));
    if read.is_none() || read != super::budget::header(bytes).map(|header| (header.width, header.height)) {
        return Err(Refusal::unreadable("its header can be read in several ways"));
    }
    let exif = decoder.exif_data().map(<[u8]>::to_vec);
    let orientation = orientation(exif.as_deref());
    let need = u16::try_from(WIDEST).unwrap_or(u16::MAX);
    // The side that is not asked about never stops the scaling.
    let (width, height) = if is_sideways(orientation) { (u16::MAX, need) } else { (need, u16::MAX) };
    let (width, height) = decoder.scale(width, height).map_err(Refusal::unreadable)?;
    let data = decoder.decode().map_err(Refusal::unreadable)?;
    let format = decoder.info().map_or(PixelFormat::RGB24, |info| info.pixel_format);
    let (channels, data) = match format {
        PixelFormat::L8 => (3, data.iter().flat_map(|light| [*light; 3]).collect()),
        PixelFormat::L16 => (
            3,
            data.chunks_exact(2).flat_map(|light| [light.last().copied().unwrap_or_default(); 3]).collect(),
        ),
        PixelFormat::RGB24 => (3, data),
        PixelFormat::CMYK32 => (4, data),
    };
    let is_cmyk = format == PixelFormat::CMYK32;
    let space = decoder.icc_profile().map_or(Space::Unsaid, Space::Icc);
    let full = (u32::from(width), u32::from(height));
    let mut reducer = narrowing(full, orientation, channels, !is_cmyk);
    for row in data.chunks_exact(full.0 as usize * channels) {
        reducer.push(row);
    }
    Ok(Decoded { pixels: reducer.finish(), space, is_cmyk, orientation })
}

/// PNG: its rows are reduced as they come.
fn png(bytes: &[u8]) -> Result<Decoded, Refusal> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(Refusal::unreadable)?;
    let info = reader.info();
    if info.animation_control().is_some_and(|control| control.num_frames > 1) {
        return Err(Refusal::animated("PNG"));
    }
    let space = match (&info.icc_profile, info.coding_independent_code_points) {
        (_, Some(codes)) => Space::CodePoints(codes.color_primaries, codes.transfer_function),
        (Some(profile), None) => Space::Icc(profile.to_vec()),
        (None, None) => Space::Unsaid,
    };
    let orientation = orientation(info.exif_metadata.as_deref());
    let (full, is_interlaced) = (info.size(), info.interlaced);
    let color = reader.output_color_type().0;
    let has_alpha = matches!(color, png::ColorType::GrayscaleAlpha | png::ColorType::Rgba);
    let mut reducer = narrowing(full, orientation, if has_alpha { 4 } else { 3 }, true);
    if is_interlaced {
        let mut whole = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let line = reader.next_frame(&mut whole).map_err(Refusal::unreadable)?.line_size;
        for row in whole.chunks_exact(line.max(1)) {
            reducer.push(&colored(row, color));
        }
    } else {
        while let Some(row) = reader.next_row().map_err(Refusal::unreadable)? {
            reducer.push(&colored(row.data(), color));
        }
    }
    Ok(Decoded { pixels: reducer.finish(), space, is_cmyk: false, orientation })
}

/// A row in RGB or RGBA.
fn colored(row: &[u8], color: png::ColorType) -> std::borrow::Cow<'_, [u8]> {
    match color {
        png::ColorType::Grayscale | png::ColorType::Indexed => {
            row.iter().flat_map(|light| [*light; 3]).collect::<Vec<u8>>().into()
        }
        png::ColorType::GrayscaleAlpha => {
            let pixels = row.chunks_exact(2).flat_map(|pixel| match pixel {
                [light, alpha] => [*light, *light, *light, *alpha],
                _ => [0; 4],
            });
            pixels.collect::<Vec<u8>>().into()
        }
        png::ColorType::Rgb | png::ColorType::Rgba => row.into(),
    }
}

/// The formats that are decoded as a whole.
fn with_image(mut decoder: impl ImageDecoder) -> Result<Decoded, Refusal> {
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let space = decoder.icc_profile().ok().flatten().map_or(Space::Unsaid, Space::Icc);
    let full = decoder.dimensions();
    let channels = if decoder.color_type().has_alpha() { 4 } else { 3 };
    let whole = DynamicImage::from_decoder(decoder).map_err(Refusal::unreadable)?;
    let data = if channels == 4 { whole.into_rgba8().into_raw() } else { whole.into_rgb8().into_raw() };
    let mut reducer = narrowing(full, orientation, channels, true);
    for row in data.chunks_exact(full.0.max(1) as usize * channels) {
        reducer.push(row);
    }
    Ok(Decoded { pixels: reducer.finish(), space, is_cmyk: false, orientation })
}

/// Reduces to [`WIDEST`], as the picture will stand once it is upright.
fn narrowing(full: (u32, u32), orientation: Orientation, channels: usize, has_alpha: bool) -> Reducer {
    let size = if is_sideways(orientation) {
        let height = full.1.min(WIDEST);
        (height_of(height, (full.1, full.0)), height)
    } else {
        let width = full.0.min(WIDEST);
        (width, height_of(width, full))
    };
    Reducer::new(full, size, channels, has_alpha)
}

fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

fn is_sideways(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn turned(pixels: Pixels, orientation: Orientation) -> Pixels {
    let Pixels { width, height, channels, data } = pixels;
    if orientation == Orientation::NoTransforms {
        return Pixels { width, height, channels, data };
    }
    let mut picture = match channels {
        4 => RgbaImage::from_raw(width, height, data).map(DynamicImage::ImageRgba8),
        _ => RgbImage::from_raw(width, height, data).map(DynamicImage::ImageRgb8),
    }
    .unwrap_or_default();
    picture.apply_orientation(orientation);
    Pixels { width: picture.width(), height: picture.height(), channels, data: picture.into_bytes() }
}
