//! `GET /me/video-assets`.

use test_macros::both_databases;

use crate::support::{App, Reply, videos::announce_video};

#[both_databases]
async fn own_videos_are_listed_in_pages(app: App) {
    let elena = app.trainer().await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.insert(0, announce_video(&app, &elena).await.0);
    }
    let first = app.get_as(&elena, "/me/video-assets?limit=2").await.expect(200);
    let cursor = first.text_at("/nextCursor");
    let second = app.get_as(&elena, &format!("/me/video-assets?limit=2&cursor={cursor}")).await.expect(200);
    let ids = |page: &Reply| {
        page.at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!([ids(&first), ids(&second)].concat(), made);
    assert_eq!(second.at("/hasMore"), false);
}
