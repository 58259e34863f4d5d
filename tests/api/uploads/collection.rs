//! Garbage collection of files and objects that nobody needs.

use chrono::Duration;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD,
    media::{
        PDF, announcement, media_service, path_of, png, send_bytes, stored_objects, upload, upload_file,
    },
};

#[both_databases]
async fn unused_files_are_collected_after_a_day(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let (used, unused) = (upload_file(&app, &elena).await, upload_file(&app, &elena).await);
    let attach = format!("/courses/{course}/attachments");
    let attachment = app
        .post_as(&elena, &attach, json!({ "name": "Plan", "fileId": used }))
        .await
        .expect(201)
        .text_at("/id");
    let picture = png(10, 10);
    let image = upload(&app, &elena, announcement("IMAGE", "a.png", "image/png", &picture), &picture)
        .await
        .text_at("/id");
    let pending = app
        .post_as(&elena, "/uploads", announcement("ATTACHMENT", "a.pdf", "application/pdf", PDF))
        .await
        .expect(201);
    send_bytes(&app, &pending, PDF).await.expect(204);
    // Belongs to no row, and a fragment of a process that was killed.
    let stray = app.folder.join("objects/files/0198c0de-0000-7000-8000-000000000001");
    let fragment = app.folder.join("objects/uploads/0198c0de-0000-7000-8000-000000000001#1");
    std::fs::write(&stray, "x").unwrap();
    std::fs::write(&fragment, "x").unwrap();
    let media = media_service(&app);
    assert_eq!(media::collect_files(&app.db, &media, media::RETENTION).await.unwrap(), 0);
    assert_eq!(media::collect_objects(&app.db, &media, media::RETENTION).await.unwrap(), 0);
    app.clock.advance(Duration::hours(25));
    // The worker of the server may be quicker with some of it.
    let removed = media::collect_objects(&app.db, &media, media::RETENTION).await.unwrap();
    assert!(removed <= 1 && !stray.exists() && !fragment.exists());
    media::collect_files(&app.db, &media, media::RETENTION).await.unwrap();
    let elena = app.login(&elena.email, PASSWORD).await;
    for gone in [&unused, &image, &pending.text_at("/id")] {
        app.get_as(&elena, &format!("/uploads/{gone}")).await.expect_problem(404, "not_found");
        assert!(stored_objects(&app.folder).iter().all(|object| !object.contains(gone.as_str())));
    }
    app.get_as(&elena, &format!("/uploads/{used}")).await.expect(200);
    let url = app
        .post_empty_as(&elena, &format!("/attachments/{attachment}/download"))
        .await
        .expect(200)
        .text_at("/url");
    app.get(&path_of(&url)).await.expect(200);
    // When the attachment goes, its file follows.
    app.delete_as(&elena, &format!("/attachments/{attachment}")).await.expect(204);
    media::collect_files(&app.db, &media, media::RETENTION).await.unwrap();
    assert_eq!(stored_objects(&app.folder), Vec::<String>::new());
}

#[both_databases]
async fn a_file_attached_during_the_collection_is_kept(app: App) {
    let elena = app.trainer().await;
    let course = app.draft(&elena, json!({})).await;
    let media = media_service(&app);
    for _ in 0..10 {
        let id = upload_file(&app, &elena).await;
        let attach = format!("/courses/{course}/attachments");
        let (attached, collected) = tokio::join!(
            app.post_as(&elena, &attach, json!({ "name": "Plan", "fileId": &id })),
            media::collect_files(&app.db, &media, std::time::Duration::ZERO),
        );
        if collected.unwrap() == 0 {
            let attachment = attached.expect(201).text_at("/id");
            let url = app
                .post_empty_as(&elena, &format!("/attachments/{attachment}/download"))
                .await
                .expect(200)
                .text_at("/url");
            assert_eq!(app.get(&path_of(&url)).await.expect(200).text.as_bytes(), PDF);
        } else {
            attached.expect_problem(422, "validation_failed");
            app.get_as(&elena, &format!("/uploads/{id}")).await.expect_problem(404, "not_found");
        }
    }
}
