//! `GET /files/{link}`: signed links, ranges, expiry.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person,
    media::{PDF, announcement, path_of, upload_file},
};

/// The path of a link to a new file.
async fn download_link(app: &App, trainer: &Person) -> String {
    let course = app.draft(trainer, json!({})).await;
    let body = json!({ "name": "Plan", "fileId": upload_file(app, trainer).await });
    let attachment = app
        .post_as(trainer, &format!("/courses/{course}/attachments"), body)
        .await
        .expect(201)
        .text_at("/id");
    let link = app.post_empty_as(trainer, &format!("/attachments/{attachment}/download")).await;
    path_of(&link.expect(200).text_at("/url"))
}

#[both_databases]
async fn an_altered_link_is_refused(app: App) {
    let elena = app.trainer().await;
    let paths = [download_link(&app, &elena).await, download_link(&app, &elena).await];
    let path = &paths[0];
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
    for bad in bad {
        app.get(&bad).await.expect_problem(403, "signed_url_invalid");
    }
}

#[both_databases]
async fn an_upload_url_opens_no_file(app: App) {
    let elena = app.trainer().await;
    let upload = app
        .post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF))
        .await
        .expect(201);
    let ticket = upload.text_at("/target/url").split_once("ticket=").unwrap().1.to_owned();
    app.get(&format!("/files/{ticket}")).await.expect_problem(403, "signed_url_invalid");
}

#[both_databases]
async fn a_file_is_served_in_ranges(app: App) {
    let path = download_link(&app, &app.trainer().await).await;
    let whole = app.get(&path).await.expect(200);
    assert_eq!(
        (
            whole.header("accept-ranges"),
            whole.header("content-length"),
            whole.header("x-content-type-options")
        ),
        ("bytes", PDF.len().to_string().as_str(), "nosniff")
    );
    let part = |range: &'static str| app.send(app.request("GET", &path).header("range", range));
    let five = part("bytes=0-4").await.expect(206);
    assert_eq!(
        (five.text.as_str(), five.header("content-range")),
        ("%PDF-", format!("bytes 0-4/{}", PDF.len()).as_str())
    );
    assert_eq!(part("bytes=-3").await.expect(206).text.as_bytes(), &PDF[PDF.len() - 3..]);
    assert_eq!(part("bytes=5-").await.expect(206).text.as_bytes(), &PDF[5..]);
    let beyond = part("bytes=5000-").await.expect_problem(416, "range_not_satisfiable");
    assert_eq!(beyond.header("content-range"), format!("bytes */{}", PDF.len()));
    assert_eq!(part("bytes=0-1,4-5").await.expect(200).text.as_bytes(), PDF);
}

#[both_databases]
async fn a_range_is_conditional_on_the_version(app: App) {
    let path = download_link(&app, &app.trainer().await).await;
    let etag = app.get(&path).await.expect(200).header("etag").to_owned();
    let if_range = |tag: String| {
        app.send(app.request("GET", &path).header("range", "bytes=0-4").header("if-range", tag))
    };
    assert_eq!(if_range(etag).await.expect(206).text, "%PDF-");
    assert_eq!(if_range("\"other\"".to_owned()).await.expect(200).text.as_bytes(), PDF);
}

#[both_databases]
async fn head_of_a_file_has_no_body(app: App) {
    let path = download_link(&app, &app.trainer().await).await;
    let head = app.send(app.request("HEAD", &path)).await.expect(200);
    assert_eq!((head.text.as_str(), head.header("content-length")), ("", PDF.len().to_string().as_str()));
}

#[both_databases]
async fn a_link_expires(app: App) {
    let path = download_link(&app, &app.trainer().await).await;
    app.get(&path).await.expect(200);
    app.clock.advance(Duration::minutes(16));
    app.get(&path).await.expect_problem(403, "signed_url_invalid");
}
