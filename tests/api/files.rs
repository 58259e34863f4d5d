//! `GET /files/{link}`: signed links, ranges, expiry.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    media::{PDF, announcement, path_of, upload_file},
};

#[both_databases]
async fn a_link_opens_one_file_until_it_expires(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let mut paths = Vec::new();
    for _ in 0..2 {
        let body = json!({ "name": "Plan", "fileId": upload_file(&app, &elena).await });
        let made = app
            .post_as(&elena, &format!("/courses/{course}/attachments"), body)
            .await
            .expect(201)
            .text_at("/id");
        let url = app
            .post_empty_as(&elena, &format!("/attachments/{made}/download"))
            .await
            .expect(200)
            .text_at("/url");
        paths.push(path_of(&url));
    }
    let path = paths[0].clone();
    // The head of one link and the tail of another, one altered anywhere, one cut short.
    let half = path.len() / 2;
    let mut bad = vec![
        format!("{}{}", &path[..half], &paths[1][half..]),
        path[..path.len() - 4].to_owned(),
        "/files/AAAA".to_owned(),
    ];
    for at in ["/files/".len(), half, path.len() - 3] {
        let mut bytes = path.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        bad.push(String::from_utf8(bytes).unwrap());
    }
    // The URL of an upload opens no file.
    let upload = app
        .post_as(
            &elena,
            "/uploads",
            announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF),
        )
        .await
        .expect(201);
    bad.push(format!(
        "/files/{}",
        upload.text_at("/target/url").split_once("ticket=").unwrap().1
    ));
    for bad in bad {
        app.get(&bad).await.expect_problem(403, "signed_url_invalid");
    }
    let whole = app.get(&path).await.expect(200);
    assert_eq!(
        (
            whole.header("accept-ranges"),
            whole.header("content-length"),
            whole.header("x-content-type-options")
        ),
        ("bytes", PDF.len().to_string().as_str(), "nosniff")
    );
    let etag = whole.header("etag").to_owned();
    let part = |range: &'static str| app.send(app.request("GET", &path).header("range", range));
    let five = part("bytes=0-4").await.expect(206);
    assert_eq!(
        (five.text.as_str(), five.header("content-range")),
        ("%PDF-", format!("bytes 0-4/{}", PDF.len()).as_str())
    );
    assert_eq!(
        part("bytes=-3").await.expect(206).text.as_bytes(),
        &PDF[PDF.len() - 3..]
    );
    assert_eq!(part("bytes=5-").await.expect(206).text.as_bytes(), &PDF[5..]);
    let beyond = part("bytes=5000-")
        .await
        .expect_problem(416, "range_not_satisfiable");
    assert_eq!(beyond.header("content-range"), format!("bytes */{}", PDF.len()));
    assert_eq!(part("bytes=0-1,4-5").await.expect(200).text.as_bytes(), PDF);
    let if_range = |tag: String| {
        app.send(
            app.request("GET", &path)
                .header("range", "bytes=0-4")
                .header("if-range", tag),
        )
    };
    assert_eq!(if_range(etag).await.expect(206).text, "%PDF-");
    assert_eq!(
        if_range("\"other\"".to_owned()).await.expect(200).text.as_bytes(),
        PDF
    );
    let head = app.send(app.request("HEAD", &path)).await.expect(200);
    assert_eq!(
        (head.text.as_str(), head.header("content-length")),
        ("", PDF.len().to_string().as_str())
    );
    app.clock.advance(Duration::minutes(16));
    app.get(&path).await.expect_problem(403, "signed_url_invalid");
}
