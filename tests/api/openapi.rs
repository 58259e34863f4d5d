//! `GET /openapi.json` and the documentation page.

use crate::support::{App, DatabaseKind};

/// The document is compressed for clients that accept it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_compressed_when_accepted() {
    let app = App::start(DatabaseKind::Sqlite).await;
    let ask =
        |accepted: &'static str| app.request("GET", "/openapi.json").header("accept-encoding", accepted);
    for (accepted, packed) in
        [("gzip", true), ("br, gzip;q=0.5", true), ("identity", false), ("gzip;q=0", false), ("br", false)]
    {
        let answer = ask(accepted).send().await.unwrap();
        let encoding = answer.headers().get("content-encoding").cloned();
        assert_eq!(encoding.is_some_and(|encoding| encoding == "gzip"), packed, "{accepted}");
        assert!(answer.headers()["vary"].to_str().unwrap().contains("accept-encoding"));
        let bytes = answer.bytes().await.unwrap();
        let begins: &[u8] = if packed { &[0x1f, 0x8b] } else { b"{" };
        assert!(bytes.starts_with(begins), "{accepted}");
    }
    let plain = app.send(app.request("GET", "/openapi.json")).await.expect(200);
    assert_eq!(plain.text, api::http::openapi::published::text().unwrap());
}
