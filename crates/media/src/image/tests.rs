//! Tests of the pictures.

use std::io::Cursor;

use image::{
    DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder,
};
use moxcms::ColorProfile;

use super::*;

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn plain(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([200, 20, 20])))
}

/// A picture that is different everywhere.
fn busy(width: u32, height: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| Rgb([(x % 256) as u8, (y % 256) as u8, (x * y % 251) as u8]);
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

fn size(bytes: &[u8]) -> (u32, u32) {
    image::load_from_memory(bytes).unwrap().dimensions()
}

fn sizes(bytes: &[u8]) -> Vec<(u32, (u32, u32))> {
    variants(bytes).unwrap().iter().map(|(width, bytes)| (*width, size(bytes))).collect()
}

#[test]
fn three_widths_and_none_enlarged() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let bytes = written(&plain(1000, 500), format);
        assert_eq!(sizes(&bytes), [(320, (320, 160)), (640, (640, 320)), (1280, (1000, 500))], "{format:?}");
        assert!(variants(&bytes).unwrap().iter().all(|(_, bytes)| image_kind(bytes) == "image/jpeg"));
        let large = written(&plain(5200, 1300), format);
        assert_eq!(sizes(&large), [(320, (320, 80)), (640, (640, 160)), (1280, (1280, 320))], "{format:?}");
    }
}

#[test]
fn a_smaller_picture_looks_the_same() {
    let half =
        RgbImage::from_fn(2600, 400, |x, _| if x < 1300 { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) });
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        for (width, bytes) in variants(&written(&DynamicImage::ImageRgb8(half.clone()), format)).unwrap() {
            let made = image::load_from_memory(&bytes).unwrap().into_rgb8();
            for (x, wanted) in [(width / 4, [250, 10, 10]), (width * 3 / 4, [10, 10, 250])] {
                let found = made.get_pixel(x, made.height() / 2).0;
                let is_near =
                    found.iter().zip(wanted).all(|(found, wanted): (&u8, u8)| found.abs_diff(wanted) < 6);
                assert!(is_near, "{found:?} for {wanted:?} at {x} of {width}");
            }
        }
    }
}

#[test]
fn transparency_is_kept() {
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 100])));
    let made = variants(&written(&clear, ImageFormat::WebP)).unwrap();
    assert!(made.iter().all(|(_, bytes)| image_kind(bytes) == "image/png" && size(bytes) == (10, 10)));
    let opaque = DynamicImage::ImageRgba8(RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 255])));
    let made = variants(&written(&opaque, ImageFormat::Png)).unwrap();
    assert!(made.iter().all(|(_, bytes)| image_kind(bytes) == "image/jpeg"));
    // What is invisible lends no colour to its neighbours.
    let edge =
        RgbaImage::from_fn(
            800,
            100,
            |x, _| if x % 2 == 0 { Rgba([0, 255, 0, 0]) } else { Rgba([255, 0, 0, 255]) },
        );
    let made = variants(&written(&DynamicImage::ImageRgba8(edge), ImageFormat::Png)).unwrap();
    let narrow = image::load_from_memory(&made[0].1).unwrap().into_rgba8();
    assert!(
        narrow.pixels().all(|pixel| pixel.0[0] == 255 && pixel.0[1] == 0),
        "{:?}",
        narrow.get_pixel(5, 5)
    );
}

/// EXIF with orientation 6 (turn to the right), as a part of a JPEG.
const SIDEWAYS: &[u8] =
    b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

#[test]
fn a_picture_is_turned_upright_and_loses_its_metadata() {
    for (full, upright) in [((40, 20), (20, 40)), ((4000, 3000), (1280, 1706))] {
        let jpeg = written(&plain(full.0, full.1), ImageFormat::Jpeg);
        let (start, rest) = jpeg.split_at(2);
        let made = variants(&[start, SIDEWAYS, rest].concat()).unwrap();
        assert_eq!(size(&made[2].1), upright);
        assert!(!made[0].1.windows(4).any(|part| part == b"Exif"));
    }
}

#[test]
fn colours_are_brought_to_srgb() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let pixels = RgbImage::from_pixel(64, 64, Rgb([200, 100, 50]));
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(profile.clone()).unwrap();
    encoder.write_image(&pixels, 64, 64, ExtendedColorType::Rgb8).unwrap();
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.set_icc_profile(profile).unwrap();
    encoder.write_image(&pixels, 64, 64, ExtendedColorType::Rgb8).unwrap();
    for bytes in [png, jpeg] {
        let made = variants(&bytes).unwrap();
        let [red, green, blue] = image::load_from_memory(&made[0].1).unwrap().into_rgb8().get_pixel(30, 30).0;
        assert!(red > 206 && green < 100 && blue < 44, "{red} {green} {blue}");
        assert!(!made[0].1.windows(4).any(|part| part == b"acsp"), "the profile is gone");
    }
}

fn animated(width: u32, height: u32, frames: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    for frame in 0..frames {
        let pixels = RgbaImage::from_pixel(width, height, Rgba([frame * 60, 20, 20, 255]));
        let delay = image::Delay::from_numer_denom_ms(100, 1);
        encoder.encode_frame(image::Frame::from_parts(pixels, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn an_animated_gif_stays_animated() {
    use image::AnimationDecoder;
    let original = animated(500, 200, 3);
    // Behind the palette.
    let (head, rest) = original.split_at(13 + (3 << ((original[10] & 7) + 1)));
    assert_eq!(original[10] & 0x80, 0x80, "with a palette");
    let comment = [head, b"\x21\xfe\x05where\0", rest].concat();
    let made = variants(&comment).unwrap();
    let wanted = [(320, (320, 128)), (640, (500, 200)), (1280, (500, 200))];
    for ((width, bytes), wanted) in made.iter().zip(wanted) {
        assert_eq!((*width, size(bytes), image_kind(bytes)), (wanted.0, wanted.1, "image/gif"));
        assert!(!bytes.windows(5).any(|part| part == b"where"));
        let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(bytes)).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        let reds: Vec<u8> = frames.iter().map(|frame| frame.buffer().get_pixel(100, 100).0[0]).collect();
        assert_eq!(reds, [0, 60, 120]);
        assert_eq!(frames[1].delay().numer_denom_ms(), (100, 1));
    }
    assert!(variants(&original[..original.len() - 1]).is_ok(), "some programs leave out the last byte");
    let cut = variants(&original[..original.len() - 40]).map(|made| made.len());
    assert_eq!(cut.unwrap_err().code, "image_unreadable");
}

#[test]
fn other_animations_are_refused_as_such() {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0; 48]).unwrap();
    writer.write_image_data(&[9; 48]).unwrap();
    writer.finish().unwrap();
    assert_eq!(variants(&bytes).unwrap_err().code, "image_animated");
}

#[test]
fn what_is_not_whole_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let whole = written(&busy(300, 200), format);
        for left in [whole.len() / 2, whole.len() * 9 / 10, 40] {
            let refused = variants(&whole[..left]).map(|made| made.len());
            assert_eq!(refused.unwrap_err().code, "image_unreadable", "{format:?} {left} of {}", whole.len());
        }
    }
    assert_eq!(variants(b"\x89PNG\r\n\x1a\n nonsense").unwrap_err().code, "image_unreadable");
}

#[test]
fn what_needs_too_much_memory_is_known_from_its_header() {
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x21\0\0\x4e\x20\x08\x06\0\0\0".to_vec();
    let refusal = header(&bomb).unwrap().memory(1000).unwrap_err();
    assert_eq!(refusal.code, "image_too_large");
    assert!(
        refusal.detail.contains("20001 × 20000 pixels") && refusal.detail.contains("at most 20000"),
        "{refusal:?}"
    );
    // Interlaced, it has to be held as a whole.
    bomb[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    assert!(header(&bomb).unwrap().memory(1000).is_ok());
    bomb[28] = 1;
    assert!(header(&bomb).unwrap().memory(1000).unwrap_err().detail.contains("MiB to decode"));
    for (format, bytes) in [
        (ImageFormat::Png, written(&plain(70, 30), ImageFormat::Png)),
        (ImageFormat::Jpeg, written(&plain(70, 30), ImageFormat::Jpeg)),
        (ImageFormat::WebP, written(&plain(70, 30), ImageFormat::WebP)),
        (ImageFormat::Gif, written(&plain(70, 30), ImageFormat::Gif)),
    ] {
        let found = header(&bytes).unwrap();
        assert_eq!((found.width, found.height), (70, 30), "{format:?}");
    }
    // The frame header of a photo of 48 million pixels, as phones write it, and a progressive one.
    let jpeg = |marker: u8| {
        let frame = b"\0\x11\x08\x17\xa0\x1f\x80\x03\x01\x22\0\x02\x11\x01\x03\x11\x01";
        [b"\xff\xd8\xff", [marker].as_slice(), frame].concat()
    };
    let photo = header(&jpeg(0xc0)).unwrap();
    assert_eq!((photo.width, photo.height), (8064, 6048));
    assert!(photo.memory(25 << 20).unwrap() < 80 << 20);
    assert!(header(&jpeg(0xc2)).unwrap().memory(8 << 20).is_ok());
}

#[test]
fn a_picture_whose_header_can_be_read_in_two_ways_is_refused() {
    let jpeg = written(&plain(64, 64), ImageFormat::Jpeg);
    // Some decoders pass over this, others take it for a part with a length.
    let fake = [
        0xff, 0x00, 0x00, 0x13, 0xff, 0xc0, 0x00, 0x11, 8, 0, 1, 0, 1, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
    ];
    let bytes = [&jpeg[..2], &fake[..], &jpeg[2..]].concat();
    assert!(variants(&bytes).is_err());
}

#[test]
fn a_frame_of_a_gif_lies_within_its_screen() {
    let mut gif = written(&plain(40, 40), ImageFormat::Gif);
    assert!(variants(&gif).is_ok());
    gif[6..10].copy_from_slice(&[1, 0, 1, 0]);
    assert!(variants(&gif).is_err());
}
