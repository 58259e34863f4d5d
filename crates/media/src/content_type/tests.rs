//! Tests of types, as far as the first bytes and what was announced decide.

use super::{detect::by_head, *};

fn allowed() -> AllowedTypes {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all: Vec<String> = kinds::KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    let attachment: Vec<String> =
        all.into_iter().filter(|name| name != "application/xml" && name != "image/tiff").collect();
    AllowedTypes::new(
        &names(&["image/png", "image/jpeg", "image/webp", "image/gif"]),
        &attachment,
        &names(&["video/mp4", "video/webm", "video/quicktime"]),
    )
    .unwrap()
}

fn decided(
    purpose: FilePurpose,
    announced: &str,
    name: &str,
    head: &[u8],
) -> Result<&'static str, &'static str> {
    let (allowed, claim) = (allowed(), Claim::new(announced, name));
    if !allowed.may_be(purpose, &claim) {
        return Err("refused when it is announced");
    }
    decide(purpose, &allowed, &claim, by_head(head)).map(|kind| kind.name)
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01";
const PDF: &[u8] = b"%PDF-1.7\n";

#[test]
fn a_picture_is_a_picture_whatever_it_is_called() {
    for (announced, name) in [
        ("image/png", "a.png"),
        ("image/jpeg", "a.jpg"),
        ("image/pjpeg", "a.jfif"),
        ("IMAGE/JPG", "A.JPG"),
        ("image/heic", "IMG_1.HEIC"),
        ("application/octet-stream", "a"),
        ("", "a.webp"),
    ] {
        assert_eq!(
            decided(FilePurpose::Image, announced, name, JPEG),
            Ok("image/jpeg"),
            "{announced} {name}"
        );
        assert_eq!(decided(FilePurpose::Image, announced, name, PNG), Ok("image/png"), "{announced} {name}");
        assert_eq!(decided(FilePurpose::Image, announced, name, PDF), Err("type_not_allowed"));
    }
    for announced in ["image/svg+xml", "application/pdf", "text/html"] {
        assert_eq!(
            decided(FilePurpose::Image, announced, "a", PNG),
            Err("refused when it is announced"),
            "{announced}"
        );
    }
}

#[test]
fn what_browsers_on_windows_announce_is_understood() {
    let csv = "Übung;Sätze\r\n".as_bytes();
    let old_csv = b"\xdcbung;S\xe4tze\r\n";
    for (announced, name, head, expected) in [
        ("application/vnd.ms-excel", "plan.csv", csv, "text/csv"),
        ("application/vnd.ms-excel", "plan", csv, "text/csv"),
        ("text/csv", "plan.csv", old_csv, "text/csv"),
        ("", "notes.md", csv, "text/markdown"),
        ("application/octet-stream", "notes.md", csv, "text/markdown"),
        ("", "plan.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar"),
        ("text/plain; charset=windows-1252", "a.txt", old_csv, "text/plain"),
        ("text/plain", "a.txt", b"<html> is a tag; notes", "text/plain"),
        ("text/plain", "a.txt", b"<!DOCTYPE html><p>", "text/plain"),
        ("", "a.fit", b"\x0e\x20\x5c\x08\x10\0\0\0.FIT\0\0", "application/vnd.ant.fit"),
        ("audio/x-m4a", "a.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        ("audio/mp4", "a.m4a", b"\0\0\0\x18ftypmp42\0\0\0\0", "audio/mp4"),
        ("audio/wav", "a.wav", b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        ("audio/mpeg", "a.mp3", b"\xff\xf3\x44\xc4\0\0\0\0", "audio/mpeg"),
        ("audio/mpeg", "a.mp3", b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        ("", "IMG_1.HEIC", b"\0\0\0\x24ftypmif1\0\0\0\0heic", "image/heic"),
        ("image/png", "a.png", JPEG, "image/jpeg"),
        ("application/x-pdf", "a.pdf", b"\xef\xbb\xbf\r\n%PDF-1.4\n", "application/pdf"),
        ("application/msword", "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
        ("video/quicktime", "a.mov", b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        ("application/rtf", "a.rtf", b"{\\rtf1\\ansi}", "application/rtf"),
    ] {
        assert_eq!(
            decided(FilePurpose::Attachment, announced, name, head),
            Ok(expected),
            "{announced} {name}"
        );
    }
}

#[test]
fn the_root_of_a_document_says_what_it_is() {
    let gpx = "<gpx version=\"1.1\"></gpx>";
    for head in [
        gpx.to_owned(),
        format!("\u{feff}<?xml version=\"1.0\"?>\n{gpx}"),
        format!("<?xml version=\"1.0\"?>\n<!-- made by hand --><!-- <tcx> -->\n{gpx}"),
        "<?xml version='1.0'?><g:gpx xmlns:g='http://www.topografix.com/GPX/1/1'/>".to_owned(),
    ] {
        for (announced, name) in [
            ("application/gpx+xml", "a.gpx"),
            ("application/octet-stream", "a.gpx"),
            ("", "a.gpx"),
            ("text/xml", "a.gpx"),
            ("application/xml", "a"),
            ("text/plain", "a.txt"),
        ] {
            let found = decided(FilePurpose::Attachment, announced, name, head.as_bytes());
            assert_eq!(found, Ok("application/gpx+xml"), "{announced} {name} {head}");
        }
    }
    let units: Vec<u8> =
        format!("\u{feff}<?xml version=\"1.0\"?>{gpx}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(decided(FilePurpose::Attachment, "", "a.gpx", &units), Ok("application/gpx+xml"));
    let tcx = b"<?xml version=\"1.0\"?><TrainingCenterDatabase/>";
    assert_eq!(decided(FilePurpose::Attachment, "", "a.tcx", tcx), Ok("application/vnd.garmin.tcx+xml"));
    let other = b"<?xml version=\"1.0\"?><svg onload='x'/>";
    assert_eq!(decided(FilePurpose::Attachment, "application/gpx+xml", "a.gpx", other), Err("type_mismatch"));
}

#[test]
fn what_is_not_what_it_says_is_rejected() {
    for (announced, name, head, problem) in [
        ("application/pdf", "a.pdf", PNG, "type_mismatch"),
        ("application/zip", "a.zip", PDF, "type_mismatch"),
        ("text/plain", "a.txt", b"a\0b".as_slice(), "type_not_allowed"),
        ("text/plain", "a.txt", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "type_not_allowed"),
        ("text/plain", "a.txt", b"MZ\x90\0\x03\0\0\0", "type_not_allowed"),
        ("application/pdf", "a.pdf", b"notes", "type_mismatch"),
        ("", "a.bin", b"\x01\x02\x03\x04", "type_not_allowed"),
        ("", "a.tif", b"II*\0\x08\0\0\0", "refused when it is announced"),
        ("text/html", "a.html", b"<html>", "refused when it is announced"),
        ("application/x-msdownload", "a.exe", b"MZ", "refused when it is announced"),
    ] {
        assert_eq!(
            decided(FilePurpose::Attachment, announced, name, head),
            Err(problem),
            "{announced} {name}"
        );
    }
}

#[test]
fn a_film_is_taken_under_any_name_of_films() {
    let (mov, mp4) = (b"\0\0\0\x14ftypqt  \0\0\0\0", b"\0\0\0\x18ftypisom\0\0\0\0");
    for announced in
        ["video/mp4", "video/quicktime", "video/x-m4v", "application/octet-stream", "", "VIDEO/MP4"]
    {
        assert_eq!(
            decided(FilePurpose::Video, announced, "a.mov", mov),
            Ok("video/quicktime"),
            "{announced}"
        );
        assert_eq!(decided(FilePurpose::Video, announced, "a", mp4), Ok("video/mp4"), "{announced}");
    }
    assert_eq!(
        decided(FilePurpose::Video, "video/mp4", "a.mp4", b"\0\0\0\x18ftypM4A \0\0\0\0"),
        Err("type_not_allowed")
    );
    assert_eq!(decided(FilePurpose::Video, "image/png", "a.png", mp4), Err("refused when it is announced"));
}

#[test]
fn settings_name_known_types() {
    let none = Vec::new();
    let refused = AllowedTypes::new(&none, &["text/html".to_owned()], &none).unwrap_err();
    assert!(refused.contains("PALESTRA_UPLOAD_ATTACHMENT_TYPES has «text/html»"), "{refused}");
    assert!(AllowedTypes::new(&["image/tiff".to_owned()], &none, &none).unwrap_err().contains("IMAGE_TYPES"));
    let some = AllowedTypes::new(&none, &["Application/PDF".to_owned()], &none).unwrap();
    assert_eq!(some.names(FilePurpose::Attachment), ["application/pdf"]);
}

#[test]
fn words_at_a_place_where_films_have_their_names_make_no_film() {
    for (text, name) in [
        (&b"The wide-grip pull"[..], "a.txt"),
        (b"Why moov is where it is", "a.md"),
        (b"How to read %PDF-1.7", "a.txt"),
    ] {
        let found = decided(FilePurpose::Attachment, "text/plain", name, text);
        assert!(found.is_ok_and(|kind| kind.starts_with("text/")), "{name}: {found:?}");
    }
}
