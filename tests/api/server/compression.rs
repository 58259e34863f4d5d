//! `Accept-Encoding`: answers are compressed for whoever asks for it, kept ones too.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn answers_are_compressed_for_whoever_accepts_it(app: App) {
    let elena = app.trainer().await;
    for _ in 0..3 {
        app.course(&elena, json!({})).await;
    }
    // The first is read, the second is kept.
    for _ in 0..2 {
        let plain = app.get("/courses").await.expect(200);
        assert_eq!(plain.header("content-encoding"), "");
        let request = app.request("GET", "/courses").header("accept-encoding", "br;q=1, gzip;q=0.8, *;q=0.1");
        let packed = request.send().await.unwrap();
        let header = |name: &str| -> Vec<String> {
            packed.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(header("content-encoding"), ["gzip"]);
        assert_eq!(header("vary").join(", "), "Authorization, Accept-Encoding");
        assert_eq!(header("etag"), [plain.header("etag")], "it is the same answer");
        let bytes = packed.bytes().await.unwrap();
        assert!(bytes.len() * 2 < plain.text.len(), "{} of {}", bytes.len(), plain.text.len());
        let mut text = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain.text);
    }
}

#[both_databases]
async fn nobody_gets_what_they_do_not_accept(app: App) {
    let elena = app.trainer().await;
    for _ in 0..3 {
        app.course(&elena, json!({})).await;
    }
    for accepted in ["", "identity", "gzip;q=0", "br", "nonsense;;;", "identity, gzip;q=0.5"] {
        let reply =
            app.send(app.request("GET", "/courses").header("accept-encoding", accepted)).await.expect(200);
        assert_eq!(reply.header("content-encoding"), "", "{accepted:?}");
        reply.json();
    }
    let small = app.send(app.request("GET", "/categories?limit=1").header("accept-encoding", "gzip")).await;
    assert_eq!(small.expect(200).header("content-encoding"), "", "a small answer is sent as it is");
}
