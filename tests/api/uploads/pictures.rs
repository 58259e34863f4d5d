//! `/uploads` for pictures: whole ones of any size that cameras make, and what is private in them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person,
    media::{announcement, path_of, upload},
};

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x: u32, y: u32| Rgb([(x % 256) as u8, (y % 256) as u8, (x * y % 251) as u8]);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// EXIF with a place: a directory that refers to another, which has a latitude of three fractions.
fn exif(is_big: bool) -> Vec<u8> {
    let u16 = |n: u16| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
    let u32 = |n: u32| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
    let entry = |tag, kind, count, value| [&u16(tag)[..], &u16(kind), &u32(count), &u32(value)].concat();
    let mut tiff = if is_big { b"MM\0\x2a".to_vec() } else { b"II\x2a\0".to_vec() };
    tiff.extend(u32(8));
    tiff.extend([&u16(1)[..], &entry(0x8825, 4, 1, 26), &u32(0)].concat());
    tiff.extend([&u16(1)[..], &entry(2, 5, 3, 44), &u32(0)].concat());
    tiff.extend(PLACE);
    tiff
}

const PLACE: &[u8; 24] = b"fifty-two-degrees-north!";

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[both_databases]
async fn a_picture_that_is_not_whole_is_refused(app: App) {
    let lena = app.learner().await;
    for (format, kind) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let whole = encoded(300, 200, format);
        let half = &whole[..whole.len() / 2];
        let done = upload(&app, &lena, announcement("IMAGE", "a", kind, half), half).await;
        assert_eq!(
            (done.at("/status"), done.at("/problem")),
            (json!("REJECTED"), json!("image_unreadable")),
            "{kind}"
        );
        assert!(done.text_at("/detail").starts_with("The picture is damaged or not whole"));
    }
}

#[both_databases]
async fn a_photo_of_48_million_pixels_is_taken(app: App) {
    let lena = app.learner().await;
    let file = app.folder.join("photo.jpg");
    DynamicImage::new_rgb8(8064, 6048).save(&file).unwrap();
    let photo = std::fs::read(&file).unwrap();
    let done = upload(&app, &lena, announcement("IMAGE", "a.jpg", "image/jpeg", &photo), &photo).await;
    assert_eq!(done.at("/status"), "READY", "{}", done.text);
    let path = format!("/images/{}/1280", done.text_at("/id"));
    let shown = app.request("GET", &path).send().await.unwrap().bytes().await.unwrap();
    let shown = image::load_from_memory(&shown).unwrap();
    assert_eq!((shown.width(), shown.height()), (1280, 960));
}

#[both_databases]
async fn a_picture_that_takes_too_much_memory_is_refused_with_the_limit(app: App) {
    let lena = app.learner().await;
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x21\0\0\x4e\x20\x08\x06\0\0\0".to_vec();
    bomb.extend([0; 16]);
    let done = upload(&app, &lena, announcement("IMAGE", "a.png", "image/png", &bomb), &bomb).await;
    assert_eq!(done.at("/problem"), "image_too_large");
    assert_eq!(done.at("/detail"), "The picture has 20001 × 20000 pixels; a side has at most 20000.");
}

#[both_databases]
async fn an_animated_gif_stays_animated_in_every_width(app: App) {
    use image::{AnimationDecoder, Delay, Frame, RgbaImage, codecs::gif};
    let lena = app.learner().await;
    let mut bytes = Vec::new();
    let mut encoder = gif::GifEncoder::new(&mut bytes);
    for red in [10, 100, 200] {
        let pixels = RgbaImage::from_pixel(500, 300, image::Rgba([red, 0, 0, 255]));
        encoder.encode_frame(Frame::from_parts(pixels, 0, 0, Delay::from_numer_denom_ms(200, 1))).unwrap();
    }
    drop(encoder);
    let done = upload(&app, &lena, announcement("IMAGE", "a.gif", "image/gif", &bytes), &bytes).await;
    assert_eq!(done.at("/status"), "READY");
    for (width, shown) in [(320, 320), (640, 500), (1280, 500)] {
        let path = format!("/images/{}/{width}", done.text_at("/id"));
        let reply = app.request("GET", &path).send().await.unwrap();
        assert_eq!(reply.headers()["content-type"], "image/gif");
        let frames = gif::GifDecoder::new(Cursor::new(reply.bytes().await.unwrap())).unwrap().into_frames();
        let frames = frames.collect_frames().unwrap();
        assert_eq!((frames.len(), frames[0].buffer().width()), (3, shown));
    }
}

/// What a learner gets of an attachment.
async fn attached(app: &App, elena: &Person, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let course = app.draft(elena, json!({})).await;
    let done = upload(app, elena, announcement("ATTACHMENT", "a", kind, bytes), bytes).await;
    assert_eq!(done.at("/status"), "READY", "{kind} {}", done.text);
    let body = json!({ "name": "Photo", "fileId": done.text_at("/id") });
    let path = format!("/courses/{course}/attachments");
    let attachment = app.post_as(elena, &path, body).await.expect(201).text_at("/id");
    let link = app.post_empty_as(elena, &format!("/attachments/{attachment}/download")).await.expect(200);
    let reply = app.request("GET", &path_of(&link.text_at("/url"))).send().await.unwrap();
    reply.bytes().await.unwrap().to_vec()
}

#[both_databases]
async fn the_place_of_an_attached_photo_reaches_nobody(app: App) {
    let elena = app.trainer().await;
    let sum = |bytes: &[u8]| -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(*byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
            )
        })
    };
    let jpeg = encoded(30, 20, ImageFormat::Jpeg);
    let part = |content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], b"\xff\xe1", &length, content, &jpeg[2..]].concat()
    };
    let png = encoded(30, 20, ImageFormat::Png);
    let chunk = |name: &[u8], content: &[u8]| {
        let named = [name, content].concat();
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&png[..33], &length, &named, &sum(&named).to_be_bytes(), &png[33..]].concat()
    };
    let webp = encoded(30, 20, ImageFormat::WebP);
    let riff = |name: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let body = [&webp[8..], name, &length, content].concat();
        [b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes()[..], &body].concat()
    };
    let heic = [
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x60mdat\0\0\0\x06Exif\0\0".as_slice(),
        &exif(true),
        &[0; 30],
    ]
    .concat();
    let (big, little) = (exif(true), exif(false));
    let bare =
        [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x60mdat\0\0\0\0".as_slice(), &little, &[0; 30]].concat();
    // Behind the first block that is searched, and across its end.
    let far = [&jpeg, &vec![7; 5 << 20][..], &part(&[b"Exif\0\0", big.as_slice()].concat())].concat();
    let xmp = [b"<x:xmpmeta", vec![b' '; 5 << 20].as_slice(), PLACE, b"</x:xmpmeta>", &[7; 30]].concat();
    for (what, kind, bytes) in [
        ("a second picture behind the first", "image/jpeg", far),
        ("long XMP behind a picture", "image/jpeg", [&jpeg, xmp.as_slice()].concat()),
        ("HEIC without an offset", "image/heic", bare),
        ("EXIF", "image/jpeg", part(&[b"Exif\0\0", big.as_slice()].concat())),
        ("EXIF in the other order", "image/jpeg", part(&[b"Exif\0\0", little.as_slice()].concat())),
        ("XMP", "image/jpeg", part(&[b"http://ns.adobe.com/xap/1.0/\0<x>", PLACE.as_slice()].concat())),
        ("PNG with EXIF", "image/png", chunk(b"eXIf", &big)),
        (
            "PNG with XMP",
            "image/png",
            chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", PLACE.as_slice()].concat()),
        ),
        ("WebP with EXIF", "image/webp", riff(b"EXIF", &little)),
        ("WebP with XMP", "image/webp", riff(b"XMP ", PLACE)),
        ("HEIC", "image/heic", heic),
    ] {
        assert!(holds(&bytes, PLACE), "{what}");
        let got = attached(&app, &elena, kind, &bytes).await;
        assert_eq!(got.len(), bytes.len(), "{what}");
        assert!(!holds(&got, PLACE), "{what}");
        if kind != "image/heic" {
            let shown = image::load_from_memory(&got).unwrap();
            assert_eq!((shown.width(), shown.height()), (30, 20), "{what}");
        }
    }
}
