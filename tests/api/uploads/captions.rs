//! `/uploads` for captions: what people have becomes what browsers show.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person, Reply,
    media::{announcement, upload},
    videos::{announce_video, local_url},
};

async fn send(app: &App, who: &Person, kind: &str, bytes: &[u8]) -> Reply {
    upload(app, who, announcement("CAPTIONS", "en.vtt", kind, bytes), bytes).await
}

/// The captions as a player loads them.
async fn shown(app: &App, who: &Person, file: &str) -> String {
    use crate::support::{films::mp4_film, videos::upload_film};
    let video = upload_film(app, who, "video/mp4", mp4_film(1000)).await.text_at("/id");
    let body = json!({ "label": "English", "fileId": file });
    let path = format!("/video-assets/{video}/captions/en");
    app.send(app.request("PUT", &path).bearer_auth(&who.token).json(&body)).await.expect(200);
    let playback = app.post_empty_as(who, &format!("/video-assets/{video}/playback")).await.expect(200);
    let response = reqwest::get(local_url(app, &playback.text_at("/captions/0/url"))).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/vtt; charset=utf-8");
    response.text().await.unwrap()
}

#[both_databases]
async fn one_odd_cue_refuses_no_file(app: App) {
    let elena = app.trainer().await;
    let file =
        "WEBVTT\n\n00:01.000-->00:02.000align:start\nsquat --> stand\n\n00:xx.000 --> 00:03.000\nlost\n";
    let done = send(&app, &elena, "text/vtt", file.as_bytes()).await;
    assert_eq!((done.at("/status"), done.at("/problem")), (json!("READY"), Value::Null));
    assert_eq!(done.at("/detail"), "Times that cannot be read: line 6. These cues are left out.");
    let shown = shown(&app, &elena, &done.text_at("/id")).await;
    assert_eq!(shown, "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 align:start\nsquat --&gt; stand\n");
    assert_eq!(done.at("/sizeBytes"), shown.len(), "the size is that of what is kept");
}

#[both_databases]
async fn a_file_that_browsers_understand_stays_as_it_is(app: App) {
    let elena = app.trainer().await;
    let file = "\u{feff}WEBVTT\r\nKind: captions\r\nStyle:\r\n::cue(c.a) { color: red; }\r\n##\r\n\r\n\r\n00:01.000 --> 00:02.000 position:0%\r\n<c.a>Hips</c> back\r\n00:02.000 --> 00:03.000\r\nAt once\r\n";
    let done = send(&app, &elena, "text/vtt", file.as_bytes()).await;
    assert_eq!(
        (done.at("/status"), done.at("/detail"), done.at("/sizeBytes")),
        (json!("READY"), Value::Null, json!(file.len()))
    );
    assert_eq!(
        shown(&app, &elena, &done.text_at("/id")).await.trim_start_matches('\u{feff}'),
        file.trim_start_matches('\u{feff}')
    );
}

#[both_databases]
async fn other_formats_and_encodings_become_web_vtt(app: App) {
    let elena = app.trainer().await;
    let srt = "1\r\n00:00:01,500 --> 00:00:04,000\r\nR\u{fc}cken lang\r\n";
    let latin: Vec<u8> = srt.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16: Vec<u8> = format!("\u{feff}{srt}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (kind, bytes) in [
        ("application/x-subrip", srt.as_bytes().to_vec()),
        ("text/plain", latin),
        ("", utf16),
        ("text/vtt", srt.into()),
    ] {
        let done = send(&app, &elena, kind, &bytes).await;
        assert_eq!(
            (done.at("/status"), done.at("/contentType")),
            (json!("READY"), json!("text/vtt")),
            "{kind}"
        );
        let shown = shown(&app, &elena, &done.text_at("/id")).await;
        assert_eq!(shown, "WEBVTT\n\n00:00:01.500 --> 00:00:04.000\nRücken lang\n", "{kind}");
    }
}

#[both_databases]
async fn what_holds_no_captions_is_refused_with_its_lines(app: App) {
    let elena = app.trainer().await;
    announce_video(&app, &elena).await;
    for (file, words) in [
        ("WEBVTT\n\nHello\n", "There are no captions in the file."),
        ("WEBVTT\n\n1:xx --> 2:yy\nHello\n", "Times that cannot be read: line 3."),
    ] {
        let done = send(&app, &elena, "text/vtt", file.as_bytes()).await;
        assert_eq!(
            (done.at("/status"), done.at("/problem")),
            (json!("REJECTED"), json!("captions_unreadable"))
        );
        assert!(done.text_at("/detail").contains(words), "{}", done.text);
    }
}
