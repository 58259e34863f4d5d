//! `/uploads`: what a file is, by its content, whatever its name and its announced type say.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person, Reply,
    media::{PDF, announcement, png, upload},
};

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// A zip archive of these entries in this order, none of them packed.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let u16 = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let u32 = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    for (name, content) in entries {
        let offset = file.len();
        let sizes = [[0; 4], u32(content.len()), u32(content.len())].concat();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &u16(name.len()), &[0, 0]].concat();
        file.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), content].concat());
        let more = [&[0; 10][..], &u32(offset)].concat();
        directory.extend([b"PK\x01\x02\x14\0", common.as_slice(), &more, name.as_bytes()].concat());
    }
    let (begin, length, count) = (u32(file.len()), u32(directory.len()), u16(entries.len()));
    file.extend(directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &begin, &[0, 0]].concat());
    file
}

fn types(main: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?><Types><Default Extension=\"xlsx\" ContentType=\"{XLSX}\"/>\
         <Override PartName=\"/main.xml\" ContentType='application/vnd.openxmlformats-officedocument.{main}.main+xml'/></Types>"
    )
    .into_bytes()
}

async fn attach(app: &App, who: &Person, announced: &str, name: &str, bytes: &[u8]) -> Reply {
    upload(app, who, announcement("ATTACHMENT", name, announced, bytes), bytes).await
}

#[both_databases]
async fn a_document_of_any_writer_is_known_by_its_parts(app: App) {
    let elena = app.trainer().await;
    let (word, sheet, slides) = (
        types("wordprocessingml.document"),
        types("spreadsheetml.sheet"),
        types("presentationml.presentation"),
    );
    let many: Vec<(String, Vec<u8>)> =
        (0..300).map(|n| (format!("word/media/{n}.png"), vec![1; 400])).collect();
    let mut last: Vec<(&str, &[u8])> =
        many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    last.push(("[Content_Types].xml", &word));
    let wide = {
        let units = format!("\u{feff}{}", String::from_utf8(word.clone()).unwrap());
        units.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    let epub = b"application/epub+zip".as_slice();
    let odt = b"application/vnd.oasis.opendocument.text".as_slice();
    let manifest = b"<manifest:manifest><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\"/></manifest:manifest>";
    for (announced, name, bytes, kind) in [
        (DOCX, "a.docx", zip(&[("[Content_Types].xml", &word), ("word/document.xml", b"<x/>")]), DOCX),
        (DOCX, "a.docx", zip(&[("docProps/app.xml", b"<x/>"), ("[Content_Types].xml", &word)]), DOCX),
        (DOCX, "a.docx", zip(&last), DOCX),
        (DOCX, "a.docx", zip(&[("[Content_Types].xml", &wide)]), DOCX),
        (XLSX, "a.xlsx", zip(&[("xl/", b""), ("[content_types].xml", &sheet)]), XLSX),
        (PPTX, "a.pptx", zip(&[("[Content_Types].xml", &slides)]), PPTX),
        ("application/octet-stream", "a.docx", zip(&[("[Content_Types].xml", &word)]), DOCX),
        ("application/x-zip-compressed", "a.docx", zip(&[("[Content_Types].xml", &word)]), DOCX),
        ("", "plan", zip(&[("[Content_Types].xml", &word)]), DOCX),
        (
            "application/epub+zip",
            "a.epub",
            zip(&[("mimetype", epub), ("META-INF/container.xml", b"<x/>")]),
            "application/epub+zip",
        ),
        (
            "",
            "a.epub",
            zip(&[("a.html", b"x"), ("mimetype", b"application/epub+zip\n")]),
            "application/epub+zip",
        ),
        ("", "a.odt", zip(&[("mimetype", odt)]), "application/vnd.oasis.opendocument.text"),
        (
            "",
            "a.ods",
            zip(&[("META-INF/manifest.xml", manifest)]),
            "application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("application/x-zip-compressed", "a.zip", zip(&[("a.txt", b"x")]), "application/zip"),
        ("application/zip", "a.zip", zip(&[]), "application/zip"),
        ("", "a.pages", zip(&[("Index/Document.iwa", b"x")]), "application/vnd.apple.pages"),
    ] {
        let done = attach(&app, &elena, announced, name, &bytes).await;
        assert_eq!(
            (done.at("/status"), done.at("/contentType"), done.at("/problem")),
            (json!("READY"), json!(kind), json!(null)),
            "{announced} {name}"
        );
    }
    // After something else, as installers have it.
    let behind = [&b"PK\x03\x04 something else"[..], &zip(&[("[Content_Types].xml", &word)])].concat();
    assert_eq!(attach(&app, &elena, DOCX, "a.docx", &behind).await.at("/contentType"), DOCX);
}

#[both_databases]
async fn an_archive_that_is_not_what_it_says_is_rejected(app: App) {
    let elena = app.trainer().await;
    let word = zip(&[("[Content_Types].xml", &types("wordprocessingml.document"))]);
    let macros =
        b"<Types><Override ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/></Types>";
    let macros = zip(&[("[Content_Types].xml", macros)]);
    for (announced, name, bytes, problem) in [
        (DOCX, "a.docx", zip(&[("a.txt", b"x")]), "type_mismatch"),
        (DOCX, "a.docx", word[..word.len() / 2].to_vec(), "file_unreadable"),
        ("application/zip", "a.zip", word[..word.len() - 30].to_vec(), "file_unreadable"),
        (DOCX, "a.docx", macros, "type_not_allowed"),
        (DOCX, "a.docx", PDF.to_vec(), "type_mismatch"),
    ] {
        let done = attach(&app, &elena, announced, name, &bytes).await;
        assert_eq!((done.at("/status"), done.at("/problem")), (json!("REJECTED"), json!(problem)), "{name}");
        assert!(done.at("/detail").as_str().is_some_and(|detail| !detail.is_empty()));
    }
}

#[both_databases]
async fn what_browsers_announce_of_text_is_understood(app: App) {
    let elena = app.trainer().await;
    let utf16: Vec<u8> = "\u{feff}Übung;Sätze\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (announced, name, bytes, kind) in [
        ("application/vnd.ms-excel", "plan.csv", b"\xdcbung;S\xe4tze\r\n".to_vec(), "text/csv"),
        ("text/csv", "plan.csv", utf16, "text/csv"),
        ("text/plain", "a.txt", b"<html> is a tag; notes\n".to_vec(), "text/plain"),
        ("", "a.md", b"# Plan\n".to_vec(), "text/markdown"),
        ("text/calendar", "a.ics", b"BEGIN:VCALENDAR\r\n".to_vec(), "text/calendar"),
        (
            "application/octet-stream",
            "a.gpx",
            "\u{feff}<?xml version=\"1.0\"?><!-- x --><gpx/>".into(),
            "application/gpx+xml",
        ),
        ("TEXT/PLAIN; charset=utf-8", "a.txt", b"x".to_vec(), "text/plain"),
    ] {
        let done = attach(&app, &elena, announced, name, &bytes).await;
        assert_eq!((done.at("/status"), done.at("/contentType")), (json!("READY"), json!(kind)), "{name}");
    }
    // Nothing was said about the type.
    let body = json!({ "purpose": "ATTACHMENT", "name": "a.txt", "sizeBytes": 1 });
    let announced = app.post_as(&elena, "/uploads", body).await.expect(201);
    assert_eq!(announced.at("/target/headers/content-type"), "application/octet-stream");
}

#[both_databases]
async fn a_picture_by_another_name_is_a_picture(app: App) {
    let lena = app.learner().await;
    let picture = png(10, 10);
    for (announced, name) in
        [("image/jpeg", "a.jpg"), ("image/heic", "a.heic"), ("", "a"), ("application/octet-stream", "a.png")]
    {
        let done = upload(&app, &lena, announcement("IMAGE", name, announced, &picture), &picture).await;
        assert_eq!(
            (done.at("/status"), done.at("/contentType")),
            (json!("READY"), json!("image/png")),
            "{announced}"
        );
    }
}
