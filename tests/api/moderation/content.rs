//! Removing and restoring content, and who still sees it.

use community::content;
use database::Tx;
use kernel::{Code, Role};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person,
    community::{
        actor, collect_pages, course_with_learner, create_comment, create_post, submit_comment, uuid,
    },
};

#[both_databases]
async fn removed_content_is_restored_unchanged(app: App) {
    let (elena, other, lena, tom) =
        (app.trainer().await, app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
    let post = create_post(
        &app,
        &lena,
        json!({ "courseId": course, "title": "Rude title", "content": "Rude words" }),
    )
    .await;
    let path = format!("/posts/{post}");
    let comment = create_comment(&app, &lena, &path, "Rude answer", None).await;
    let subjects =
        [content::Subject::Post(uuid(&post).into()), content::Subject::Comment(uuid(&comment).into())];
    let paths = [path.clone(), format!("/comments/{comment}")];
    for (subject, path) in subjects.into_iter().zip(&paths) {
        let seen = move |tx: Tx| async move { content::snapshot(&tx, subject).await };
        let remove = move |tx: Tx| async move { content::remove(&tx, subject).await };
        let restore = move |tx: Tx| async move { content::restore(&tx, subject).await };
        assert_eq!(app.db.run(actor(&tom, Role::User), remove).await.unwrap_err().code(), Code::Forbidden);
        assert_eq!(app.db.run(actor(&lena, Role::User), remove).await.unwrap_err().code(), Code::Forbidden);
        assert_eq!(
            app.db.run(actor(&other, Role::Trainer), remove).await.unwrap_err().code(),
            Code::NotFound
        );
        assert_eq!(app.db.read(actor(&other, Role::Trainer), seen).await.unwrap_err().code(), Code::NotFound);
        let before = app.get_as(&tom, path).await.expect(200);
        for _ in 0..2 {
            app.db.run(actor(&elena, Role::Trainer), remove).await.unwrap();
        }
        for who in [&tom, &lena, &elena] {
            let shown = app.get_as(who, path).await.expect(200);
            assert_eq!(
                (shown.at("/status"), shown.at("/content"), shown.at("/author")),
                (json!("REMOVED"), json!(null), json!(null))
            );
            assert!(!shown.text.contains("Rude"));
        }
        let snapshot_for = |role: Role, who: &Person| app.db.read(actor(who, role), seen);
        assert!(snapshot_for(Role::Trainer, &elena).await.unwrap().content.contains("Rude"));
        assert!(snapshot_for(Role::User, &lena).await.unwrap().content.contains("Rude"));
        assert_eq!(snapshot_for(Role::User, &tom).await.unwrap().content, "");
        app.patch_as(&lena, path, "*", json!({ "content": "New" }))
            .await
            .expect_problem(409, "content_deleted");
        for _ in 0..2 {
            app.db.run(actor(&elena, Role::Trainer), restore).await.unwrap();
        }
        let after = app.get_as(&tom, path).await.expect(200);
        assert_eq!((after.at("/content"), after.at("/status")), (before.at("/content"), json!("PUBLISHED")));
    }
    assert!(collect_pages(&app, &tom, "/posts", 20, "/id").await.contains(&json!(post)));
    // Its author deletes what was taken away, and then nobody has it any more.
    let subject = subjects[0];
    app.db
        .run(actor(&elena, Role::Trainer), move |tx: Tx| async move { content::remove(&tx, subject).await })
        .await
        .unwrap();
    assert!(collect_pages(&app, &tom, "/posts", 20, "/id").await.is_empty());
    submit_comment(&app, &tom, &path, "What was it?", None).await.expect_problem(409, "content_deleted");
    app.delete_as(&lena, &path).await.expect(204);
    assert_eq!(app.count("SELECT count(*) FROM removed_contents").await, 0);
    let restore = move |tx: Tx| async move { content::restore(&tx, subject).await };
    assert_eq!(
        app.db.run(actor(&elena, Role::Trainer), restore).await.unwrap_err().code(),
        Code::ContentDeleted
    );
}
