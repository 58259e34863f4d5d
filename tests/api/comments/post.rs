//! `POST …/comments`: replies, locks, mentions, counts.

use std::collections::BTreeSet;

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App,
    community::{collect_pages, course_with_learner, create_comment, create_post, submit_comment},
};

#[both_databases]
async fn replies_nest_six_levels_within_their_thread(app: App) {
    let lena = app.learner().await;
    let (post, other) = (
        format!("/posts/{}", create_post(&app, &lena, json!({})).await),
        format!("/posts/{}", create_post(&app, &lena, json!({})).await),
    );
    let mut last = create_comment(&app, &lena, &post, "1", None).await;
    let first = last.clone();
    for depth in 2..=6 {
        let made = submit_comment(&app, &lena, &post, &depth.to_string(), Some(&last)).await.expect(201);
        assert_eq!((made.at("/depth"), made.at("/parentId")), (json!(depth), json!(last)));
        last = made.text_at("/id");
    }
    submit_comment(&app, &lena, &post, "7", Some(&last)).await.expect_problem(409, "thread_too_deep");
    // A parent of another thread, of none, itself: there is no such comment here.
    for parent in [first.as_str(), "0198c0de-0000-7000-8000-000000000001"] {
        let refused = submit_comment(&app, &lena, &other, "Lost", Some(parent))
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/parentId unknown_comment"]);
    }
    // Nothing moves a comment, so that there are no circles.
    app.patch_as(&lena, &format!("/comments/{first}"), "*", json!({ "parentId": last }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(app.get_as(&lena, &other).await.expect(200).at("/commentCount"), 0);
    for text in ["<p></p>", "\u{200b}\u{2060}", "<script>x()</script>"] {
        submit_comment(&app, &lena, &post, text, None).await.expect_problem(422, "validation_failed");
    }
    submit_comment(&app, &lena, &post, &"x".repeat(5001), None)
        .await
        .expect_problem(422, "validation_failed");
    submit_comment(&app, &lena, &post, &"x".repeat(1_000_000), None)
        .await
        .expect_problem(413, "payload_too_large");
}

#[both_databases]
async fn a_locked_thread_refuses_comments_and_edits(app: App) {
    let (admin, lena) = (app.admin().await, app.learner().await);
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let comment = create_comment(&app, &lena, &post, "First", None).await;
    app.post_empty_as(&lena, &format!("{post}/lock")).await.expect_problem(403, "forbidden");
    assert_eq!(app.post_empty_as(&admin, &format!("{post}/lock")).await.expect(200).at("/isLocked"), true);
    for who in [&lena, &admin] {
        submit_comment(&app, who, &post, "Second", None).await.expect_problem(409, "thread_locked");
        submit_comment(&app, who, &post, "Second", Some(&comment)).await.expect_problem(409, "thread_locked");
    }
    app.patch_as(&lena, &format!("/comments/{comment}"), "*", json!({ "content": "Other" }))
        .await
        .expect_problem(409, "thread_locked");
    app.patch_as(&lena, &post, "*", json!({ "content": "Other" })).await.expect_problem(409, "thread_locked");
    assert_eq!(
        collect_pages(&app, &lena, &format!("{post}/comments"), 20, "/content").await,
        [json!("First")]
    );
    app.post_empty_as(&admin, &format!("{post}/unlock")).await.expect(200);
    create_comment(&app, &lena, &post, "Second", None).await;
    app.post_empty_as(&admin, &format!("{post}/lock")).await.expect(200);
    app.delete_as(&lena, &format!("/comments/{comment}")).await.expect(204);
}

#[both_databases]
async fn of_64_concurrent_comments_each_is_counted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let top = create_comment(&app, &lena, &on, "Top", None).await;
    let texts: Vec<String> = (0..64).map(|n| n.to_string()).collect();
    let made = join_all(texts.iter().map(|text| submit_comment(&app, &lena, &on, text, Some(&top)))).await;
    let ids: BTreeSet<String> = made.into_iter().map(|reply| reply.expect(201).text_at("/id")).collect();
    assert_eq!(ids.len(), 64);
    let replies = format!("/comments/{top}/replies");
    for sort in ["new", "old", "top", "tree"] {
        let paged: BTreeSet<String> =
            collect_pages(&app, &lena, &format!("{replies}?sort={sort}"), 10, "/id")
                .await
                .iter()
                .map(|id| id.as_str().unwrap().to_owned())
                .collect();
        assert_eq!(paged, ids, "{sort}");
    }
    assert_eq!(app.get_as(&lena, &format!("/comments/{top}")).await.expect(200).at("/replyCount"), 64);
    assert_eq!(app.count("SELECT comment_count FROM thread_counters").await, 65);
    let gone = join_all(ids.iter().map(|id| {
        let app = &app;
        let lena = &lena;
        async move { app.delete_as(lena, &format!("/comments/{id}")).await }
    }))
    .await;
    assert!(gone.iter().all(|reply| reply.status == 204));
    assert_eq!(app.get_as(&lena, &format!("/comments/{top}")).await.expect(200).at("/replyCount"), 0);
    assert_eq!(app.count("SELECT comment_count FROM thread_counters").await, 1);
    // The same key makes one.
    let body = json!({ "content": "Once" });
    for replayed in ["", "true"] {
        let request = app
            .request("POST", &format!("{on}/comments"))
            .bearer_auth(&lena.token)
            .header("idempotency-key", "once")
            .json(&body);
        assert_eq!(app.send(request).await.expect(201).header("idempotent-replayed"), replayed);
    }
    assert_eq!(app.count("SELECT comment_count FROM thread_counters").await, 2);
}

#[both_databases]
async fn mentions_are_sent_to_the_outbox_as_ids(app: App) {
    let (lena, tom, aisha) = (app.learner().await, app.learner().await, app.learner().await);
    for (who, name) in [(&lena, "lena"), (&tom, "tom"), (&aisha, "aisha")] {
        app.patch_as(who, "/me", "*", json!({ "username": name })).await.expect(200);
    }
    let post = create_post(
        &app,
        &lena,
        json!({ "content": "<p>@tom, @TOM and @lena; not x@aisha, nor @nobody</p>" }),
    )
    .await;
    let path = format!("/posts/{post}");
    let comment = create_comment(&app, &tom, &path, "Bring <b>@aisha</b>", None).await;
    create_comment(&app, &aisha, &path, "I come", Some(&comment)).await;
    let outbox_messages = |kind: &str| {
        let sql =
            format!("SELECT CAST(payload AS text) AS payload FROM outbox WHERE kind = '{kind}' ORDER BY id");
        let db = app.db.clone();
        async move {
            let work = move |tx: database::Tx| async move {
                use sea_orm::ConnectionTrait;
                let rows = tx.query_all_raw(tx.named(&sql, [])).await.unwrap();
                Ok(rows
                    .iter()
                    .map(|row| {
                        serde_json::from_str::<Value>(&row.try_get::<String>("", "payload").unwrap()).unwrap()
                    })
                    .collect::<Vec<_>>())
            };
            db.read_in(database::Pool::Worker, kernel::Actor::System, work).await.unwrap()
        }
    };
    let posts = outbox_messages("post.published").await;
    assert_eq!(
        posts,
        [json!({ "postId": post, "courseId": null, "authorId": lena.id, "mentionIds": [tom.id] })]
    );
    let comments = outbox_messages("comment.created").await;
    assert_eq!(comments[0]["mentionIds"], json!([aisha.id]));
    assert_eq!(
        (&comments[0]["postAuthorId"], &comments[0]["parentAuthorId"]),
        (&json!(lena.id), &json!(null))
    );
    assert_eq!(
        (&comments[1]["parentId"], &comments[1]["parentAuthorId"], &comments[1]["mentionIds"]),
        (&json!(comment), &json!(tom.id), &json!([]))
    );
    // An edit tells nobody, and is noted.
    app.patch_as(&lena, &path, "*", json!({ "content": "@aisha" })).await.expect(200);
    assert_eq!(outbox_messages("post.published").await.len(), 1);
    assert_eq!(app.count("SELECT count(*) FROM mentions WHERE post_id IS NOT NULL").await, 1);
    let flood: String = (0..11).map(|n| format!("@name_{n} ")).collect();
    submit_comment(&app, &lena, &path, &flood, None).await.expect_problem(422, "too_many_mentions");
    submit_comment(&app, &lena, &path, &"@tom ".repeat(500), None).await.expect(201);
    app.clock.advance(Duration::seconds(1));
}
