//! What the file of a video in our own storage says: whether it is whole, how long it is, how it is coded, and what it gives away.

use database::values;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App,
    films::{Mp4, WebM, fragmented_mp4, mp4_box, mp4_film, webm_tags},
    videos::{execute_as, open_stream, upload_film, uuid, video_asset},
};

const PLACE: &[u8] = b"+52.5200+013.4050/";

#[both_databases]
async fn a_video_that_cannot_be_played_is_refused_with_its_reason(app: App) {
    let elena = app.trainer().await;
    let whole = mp4_film(10_000);
    let movie = Mp4::default();
    let frames = mp4_box(b"mdat", &[0; 5000]);
    let sound = Mp4 { handler: *b"soun", code: *b"mp4a", ..Mp4::default() };
    let coded = |code: &[u8; 4]| Mp4 { code: *code, ..Mp4::default() }.file();
    let index_first = [movie.ftyp(), movie.moov(), frames.clone()].concat();
    let webm = WebM { has_duration: true, is_live: false, kind: 1, more: Vec::new() }.file();
    for (what, bytes, problem) in [
        ("no index", [movie.ftyp(), frames].concat(), "video_incomplete"),
        ("half", whole[..whole.len() / 2].to_vec(), "video_incomplete"),
        ("half behind the index", index_first[..index_first.len() - 2000].to_vec(), "video_incomplete"),
        ("no frames", Mp4 { samples: 0, ..Mp4::default() }.file(), "video_incomplete"),
        ("no duration", mp4_film(0), "video_incomplete"),
        ("sound alone", sound.file(), "no_video_track"),
        ("ProRes", coded(b"apch"), "codec_unsupported"),
        ("MPEG-4 part 2", coded(b"mp4v"), "codec_unsupported"),
        ("encrypted", coded(b"encv"), "video_encrypted"),
        ("half a WebM", webm[..webm.len() / 2].to_vec(), "video_incomplete"),
        (
            "WebM with sound alone",
            WebM { has_duration: true, is_live: false, kind: 2, more: Vec::new() }.file(),
            "no_video_track",
        ),
    ] {
        let done = upload_film(&app, &elena, "video/mp4", bytes).await;
        assert_eq!((done.at("/status"), done.at("/problem")), (json!("ERRORED"), json!(problem)), "{what}");
        let path = format!("/video-assets/{}/playback", done.text_at("/id"));
        app.post_empty_as(&elena, &path).await.expect_problem(409, "video_not_ready");
    }
}

#[both_databases]
async fn a_video_says_how_it_is_coded_and_who_cannot_watch_it(app: App) {
    let elena = app.trainer().await;
    let coded = |code: &[u8; 4]| Mp4 { code: *code, ..Mp4::default() };
    let ten_bits = Mp4 { described: mp4_box(b"avcC", &[1, 110, 0, 40, 0xff]), ..Mp4::default() };
    let turned = Mp4 { is_turned: true, size: (1920, 1080), ..Mp4::default() };
    let pcm = Mp4 { handler: *b"soun", code: *b"sowt", ..Mp4::default() };
    let with_pcm = Mp4 { in_movie: pcm.track(2, Mp4::MEDIA), ..Mp4::default() };
    for (film, codec, size, warnings) in [
        (coded(b"avc1"), "h264", (1280, 720), json!([])),
        (coded(b"hvc1"), "hevc", (1280, 720), json!(["codec_limited"])),
        (coded(b"hev1"), "hevc", (1280, 720), json!(["codec_limited"])),
        (coded(b"av01"), "av1", (1280, 720), json!(["codec_limited"])),
        (coded(b"abcd"), "abcd", (1280, 720), json!(["codec_unknown"])),
        (ten_bits, "h264", (1280, 720), json!(["codec_limited"])),
        (turned, "h264", (1080, 1920), json!([])),
        (with_pcm, "h264", (1280, 720), json!(["audio_limited"])),
    ] {
        let done = upload_film(&app, &elena, "video/mp4", film.file()).await;
        assert_eq!((done.at("/status"), done.at("/codec")), (json!("READY"), json!(codec)));
        assert_eq!((done.at("/width"), done.at("/height")), (json!(size.0), json!(size.1)), "{codec}");
        assert_eq!(done.at("/warnings"), warnings, "{codec}");
        assert_eq!(video_asset(&app, &elena, &done.text_at("/id")).await["warnings"], warnings);
    }
}

#[both_databases]
async fn the_duration_is_known_of_every_file(app: App) {
    let elena = app.trainer().await;
    let webm = |has_duration, is_live| WebM { has_duration, is_live, kind: 1, more: Vec::new() }.file();
    let mehd = |length: u32| mp4_box(b"mvex", &mp4_box(b"mehd", &[[0; 4], length.to_be_bytes()].concat()));
    let announced = Mp4 { milliseconds: 0, samples: 0, in_movie: mehd(7_500), ..Mp4::default() };
    let mut indexed =
        Mp4 { milliseconds: 0, samples: 0, in_movie: mp4_box(b"mvex", b""), ..Mp4::default() }.file();
    let segment = |length: u32| [&300_u32.to_be_bytes()[..], &length.to_be_bytes(), &[0; 4]].concat();
    let index = [
        &[0; 4][..],
        &[0, 0, 0, 1],
        &1000_u32.to_be_bytes(),
        &[0; 10],
        &[0, 2],
        &segment(3000),
        &segment(1500),
    ];
    indexed.extend(mp4_box(b"sidx", &index.concat()));
    for (what, bytes, kind, duration) in [
        ("a header", mp4_film(61_500), "video/mp4", 61.5),
        ("fragments", fragmented_mp4(6), "video/mp4", 6.0),
        ("an announcement of fragments", announced.file(), "video/mp4", 7.5),
        ("an index of fragments", indexed, "video/mp4", 4.5),
        ("WebM with a duration", webm(true, false), "video/webm", 6.0),
        ("WebM without", webm(false, false), "video/webm", 6.0),
        ("WebM, recorded live", webm(false, true), "video/webm", 6.0),
    ] {
        let done = upload_film(&app, &elena, kind, bytes).await;
        assert_eq!(
            (done.at("/status"), done.at("/durationSeconds")),
            (json!("READY"), json!(duration)),
            "{what}"
        );
    }
}

/// The bytes that a learner would get.
async fn served(app: &App, elena: &crate::support::Person, kind: &str, bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len();
    let done = upload_film(app, elena, kind, bytes).await;
    assert_eq!(done.at("/status"), "READY", "{}", done.text);
    let served = open_stream(app, elena, &done.text_at("/id")).await.bytes().await.unwrap().to_vec();
    assert_eq!(served.len(), length, "everything stays where it is");
    served
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[both_databases]
async fn the_place_where_a_video_was_filmed_reaches_nobody(app: App) {
    let elena = app.trainer().await;
    let text = |name: &[u8]| mp4_box(name, &[&[0, 18, 0x15, 0xc7][..], PLACE].concat());
    let apple = mp4_box(b"meta", &[&b"com.apple.quicktime.location.ISO6709"[..], PLACE].concat());
    let xmp = mp4_box(
        b"uuid",
        &[&b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"[..], PLACE].concat(),
    );
    let in_movie = |more: Vec<u8>| Mp4 { in_movie: more, ..Mp4::default() }.file();
    for (what, bytes) in [
        ("©xyz", in_movie(mp4_box(b"udta", &text(b"\xa9xyz")))),
        ("loci", in_movie(mp4_box(b"udta", &mp4_box(b"loci", PLACE)))),
        ("Apple's key", in_movie(apple.clone())),
        ("Apple's key in udta", in_movie(mp4_box(b"udta", &apple))),
        ("XMP in the movie", in_movie(xmp.clone())),
        ("XMP at the top", [Mp4::default().file(), xmp].concat()),
        ("the track", Mp4 { in_track: mp4_box(b"udta", &text(b"\xa9xyz")), ..Mp4::default() }.file()),
    ] {
        assert!(holds(&bytes, PLACE), "{what}");
        let served = served(&app, &elena, "video/mp4", bytes).await;
        assert!(!holds(&served, PLACE), "{what}");
        assert!(holds(&served, b"mdat") && holds(&served, b"avc1"), "{what}");
    }
    let webm = WebM { has_duration: true, is_live: false, kind: 1, more: webm_tags(PLACE) }.file();
    assert!(holds(&webm, PLACE));
    assert!(!holds(&served(&app, &elena, "video/webm", webm).await, PLACE));
}

#[both_databases]
async fn a_track_of_places_goes_as_a_whole(app: App) {
    let elena = app.trainer().await;
    for (handler, code) in [(b"meta", b"gpmd"), (b"meta", b"mebx"), (b"meta", b"camm")] {
        let telemetry = Mp4 { handler: *handler, code: *code, ..Mp4::default() };
        // Its sample lies among those of the film.
        let media = [&[7; 200][..], PLACE, &[0; 82], &[7; 200]].concat();
        let film = Mp4 { media, in_movie: telemetry.track(2, Mp4::MEDIA + 200), ..Mp4::default() }.file();
        let served = served(&app, &elena, "video/mp4", film).await;
        assert!(!holds(&served, PLACE) && !holds(&served, code), "{code:?}");
        assert!(holds(&served, &[7; 200]), "the film stays");
    }
}

#[both_databases]
async fn an_attached_film_says_no_place_either(app: App) {
    use crate::support::media::{announcement, path_of, upload};
    let elena = app.trainer().await;
    let course = app.draft(&elena, json!({})).await;
    let film = Mp4 { in_movie: mp4_box(b"udta", &mp4_box(b"loci", PLACE)), ..Mp4::default() }.file();
    let done = upload(&app, &elena, announcement("ATTACHMENT", "a.mp4", "video/mp4", &film), &film).await;
    assert_eq!(done.at("/status"), "READY");
    let body = json!({ "name": "Film", "fileId": done.text_at("/id") });
    let path = format!("/courses/{course}/attachments");
    let attachment = app.post_as(&elena, &path, body).await.expect(201).text_at("/id");
    let link = app.post_empty_as(&elena, &format!("/attachments/{attachment}/download")).await.expect(200);
    let bytes =
        app.request("GET", &path_of(&link.text_at("/url"))).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.len(), film.len());
    assert!(!holds(&bytes, PLACE));
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(
        done.at("/sha256"),
        json!(kernel::hex(sum.as_ref())),
        "the checksum is that of the file as it is"
    );
}

#[both_databases]
async fn a_stream_that_is_opened_in_a_tab_plays(app: App) {
    let elena = app.trainer().await;
    let mov = Mp4 { brand: *b"qt  ", ..Mp4::default() }.file();
    let webm = WebM { has_duration: true, is_live: false, kind: 1, more: Vec::new() }.file();
    for (announced, bytes, kind) in [
        ("video/mp4", mp4_film(1000), "video/mp4"),
        // Browsers save QuickTime, though they play the same file.
        ("video/quicktime", mov.clone(), "video/mp4"),
        ("", mov, "video/mp4"),
        ("video/mp4", webm.clone(), "video/webm"),
        ("application/octet-stream", webm, "video/webm"),
    ] {
        let done = upload_film(&app, &elena, announced, bytes).await;
        let stream = open_stream(&app, &elena, &done.text_at("/id")).await;
        let header = |name: &str| stream.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((header("content-type").as_str(), header("accept-ranges").as_str()), (kind, "bytes"));
        assert!(header("content-disposition").starts_with("inline;"));
        assert!(header("content-security-policy").contains("media-src 'self'"));
    }
}

#[both_databases]
async fn an_older_video_is_inspected_by_the_worker(app: App) {
    let elena = app.trainer().await;
    let film = Mp4 { in_movie: mp4_box(b"udta", &mp4_box(b"loci", PLACE)), ..Mp4::default() }.file();
    let video = upload_film(&app, &elena, "video/mp4", film.clone()).await.text_at("/id");
    let before = video_asset(&app, &elena, &video).await;
    // As it was before videos were inspected.
    let forget = "UPDATE video_assets SET codec = NULL, width = NULL, height = NULL, duration_seconds = NULL WHERE id = :id";
    execute_as(&app, &elena, forget, values! { id: uuid(&video) }).await;
    let objects = crate::support::media::stored_objects(&app.folder);
    std::fs::write(&objects[0], &film).unwrap();
    let media = crate::support::media::media_service(&app);
    let videos = media::Videos::new(None, std::time::Duration::from_secs(60));
    assert_eq!(videos.inspect_older(&app.db, &media).await.unwrap(), 1);
    assert_eq!(videos.inspect_older(&app.db, &media).await.unwrap(), 0);
    let mut after = video_asset(&app, &elena, &video).await;
    after["updatedAt"] = before["updatedAt"].clone();
    assert_eq!(after, before);
    assert_ne!(after["durationSeconds"], Value::Null);
    assert!(!holds(&std::fs::read(&objects[0]).unwrap(), PLACE));
}
