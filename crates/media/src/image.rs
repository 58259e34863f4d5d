//! Pictures: checked before they are decoded, turned upright, and encoded anew in three widths, so that nothing of an upload
//! but the picture itself is ever served.

use std::io::Cursor;

use bytes::Bytes;
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    imageops::FilterType, metadata::Orientation,
};
use kernel::FileId;

/// The widths in pixels in which each picture is stored; a smaller one is not enlarged.
pub const IMAGE_WIDTHS: [u32; 3] = [320, 640, 1280];

/// The longest side in pixels.
const MAX_SIDE: u32 = 12_000;
/// The most pixels of a picture.
const MAX_PIXELS: u64 = 40_000_000;
/// The most memory of a decoded picture in bytes: so many pixels of 16 bits in four channels, and what the decoder needs.
const MAX_MEMORY: u64 = MAX_PIXELS * 8 + 16 * 1024 * 1024;
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
    if head.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" }
}

/// The picture in each width, narrowest first, or why it is rejected: a stable code.
pub(crate) fn variants(bytes: &[u8]) -> Result<Vec<(u32, Bytes)>, &'static str> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| "image_unreadable")?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err("image_too_large");
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    picture.apply_orientation(orientation);
    let mut made = Vec::new();
    // Each from the next wider one, which is quicker and looks the same.
    for width in IMAGE_WIDTHS.into_iter().rev() {
        if picture.width() > width {
            let exact = u64::from(picture.height()) * u64::from(width) / u64::from(picture.width());
            let height = u32::try_from(exact).unwrap_or(MAX_SIDE).max(1);
            picture = picture.resize_exact(width, height, FilterType::CatmullRom);
        }
        made.push((width, encode(&picture).map_err(|error| refusal(&error))?));
    }
    made.reverse();
    Ok(made)
}

fn refusal(error: &ImageError) -> &'static str {
    match error {
        ImageError::Limits(_) => "image_too_large",
        _ => "image_unreadable",
    }
}

/// PNG where something is transparent, JPEG otherwise. Neither carries any metadata.
fn encode(picture: &DynamicImage) -> Result<Bytes, ImageError> {
    let mut bytes = Vec::new();
    let is_transparent =
        picture.color().has_alpha() && picture.pixels().any(|(_, _, pixel)| pixel.0.last() < Some(&255));
    if is_transparent {
        let plain = DynamicImage::ImageRgba8(picture.to_rgba8());
        plain.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)?;
    } else {
        JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&picture.to_rgb8())?;
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn written(picture: &DynamicImage, format: image::ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn size(bytes: &[u8]) -> (u32, u32) {
        image::load_from_memory(bytes).unwrap().dimensions()
    }

    #[test]
    fn three_widths_and_none_enlarged() {
        let wide = DynamicImage::ImageRgb8(RgbImage::from_pixel(1000, 500, Rgb([200, 20, 20])));
        let made = variants(&written(&wide, image::ImageFormat::Png)).unwrap();
        let sizes: Vec<_> = made.iter().map(|(width, bytes)| (*width, size(bytes))).collect();
        assert_eq!(sizes, [(320, (320, 160)), (640, (640, 320)), (1280, (1000, 500))]);
        assert!(made.iter().all(|(_, bytes)| image_kind(bytes) == "image/jpeg"));
    }

    #[test]
    fn transparency_is_kept() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 100])));
        let made = variants(&written(&clear, image::ImageFormat::WebP)).unwrap();
        assert!(made.iter().all(|(_, bytes)| image_kind(bytes) == "image/png" && size(bytes) == (10, 10)));
        let opaque = DynamicImage::ImageRgba8(RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 255])));
        let made = variants(&written(&opaque, image::ImageFormat::Png)).unwrap();
        assert!(made.iter().all(|(_, bytes)| image_kind(bytes) == "image/jpeg"));
    }

    #[test]
    fn a_picture_is_turned_upright_and_loses_its_metadata() {
        let wide = DynamicImage::ImageRgb8(RgbImage::from_pixel(40, 20, Rgb([20, 200, 20])));
        let jpeg = written(&wide, image::ImageFormat::Jpeg);
        // EXIF with orientation 6 (turn to the right), after the beginning of the picture.
        let exif =
            b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let (start, rest) = jpeg.split_at(2);
        let made = variants(&[start, exif, rest].concat()).unwrap();
        assert_eq!(size(&made[0].1), (20, 40));
        assert!(!made[0].1.windows(4).any(|part| part == b"Exif"));
    }

    #[test]
    fn bombs_and_nonsense_are_refused() {
        // Nothing but a header: whoever decoded it would ask for 1.6 GB.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x06\0\0\0".to_vec();
        bomb.extend(crc(&bomb[12..29]).to_be_bytes());
        bomb.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        assert_eq!(variants(&bomb).unwrap_err(), "image_too_large");
        assert_eq!(variants(b"\x89PNG\r\n\x1a\n nonsense").unwrap_err(), "image_unreadable");
        assert_eq!(variants(b"GIF89a").unwrap_err(), "image_unreadable");
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        })
    }
}
