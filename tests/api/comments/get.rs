use std::collections::BTreeSet;

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{all, cost, course_with, posted, said, say};
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_tree_is_paged_in_every_order(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = format!("/posts/{}", posted(&app, &lena, json!({})).await);
    let (mut tops, mut tree) = (Vec::new(), Vec::new());
    for top in 0..5 {
        let id = said(&app, &tom, &post, &format!("{top}"), None).await;
        tree.push(json!(id));
        for answer in 0..top {
            let below = said(&app, &lena, &post, &format!("{top}.{answer}"), Some(&id)).await;
            tree.push(json!(below));
            if answer == 1 {
                tree.push(json!(said(&app, &tom, &post, "deep", Some(&below)).await));
            }
        }
        tops.push(json!(id));
    }
    let comments = format!("{post}/comments");
    let mut newest = tops.clone();
    newest.reverse();
    for limit in [1, 2, 100] {
        assert_eq!(all(&app, &lena, &comments, limit, "/id").await, newest);
        assert_eq!(
            all(&app, &lena, &format!("{comments}?sort=old"), limit, "/id").await,
            tops
        );
        assert_eq!(
            all(&app, &lena, &format!("{comments}?sort=tree"), limit, "/id").await,
            tree
        );
    }
    assert_eq!(
        all(&app, &lena, &format!("{comments}?sort=old"), 2, "/replyCount").await,
        [0, 1, 2, 3, 4].map(|n| json!(n))
    );
    let depths = all(&app, &lena, &format!("{comments}?sort=tree"), 3, "/depth").await;
    assert_eq!(depths.iter().filter(|depth| **depth == json!(3)).count(), 3);
    // The most reactions first; the newer where there are as many.
    for (who, index) in [(&lena, 3), (&tom, 3), (&lena, 1)] {
        app.put_as(
            who,
            &format!("/comments/{}/reactions/clap", tops[index].as_str().unwrap()),
            json!(null),
        )
        .await
        .expect(200);
    }
    let best = [3, 1, 4, 2, 0].map(|n: usize| tops[n].clone());
    for limit in [1, 2, 100] {
        assert_eq!(
            all(&app, &lena, &format!("{comments}?sort=top"), limit, "/id").await,
            best
        );
    }
    // Inside a branch.
    let branch = format!("/comments/{}/replies", tops[4].as_str().unwrap());
    for limit in [1, 3, 100] {
        let (old, new) = (
            all(&app, &lena, &format!("{branch}?sort=old"), limit, "/id").await,
            all(&app, &lena, &branch, limit, "/id").await,
        );
        assert_eq!((old.len(), new.into_iter().rev().collect::<Vec<_>>()), (4, old));
        let below = all(&app, &lena, &format!("{branch}?sort=tree"), limit, "/id").await;
        assert_eq!(below, tree[tree.len() - 5..]);
        assert_eq!(
            all(&app, &lena, &format!("{branch}?sort=top"), limit, "/depth").await,
            vec![json!(2); 4]
        );
    }
    for odd in ["_".repeat(32), "A".repeat(32)] {
        for sort in ["new", "old", "top", "tree"] {
            app.get_as(&lena, &format!("{comments}?sort={sort}&cursor={odd}"))
                .await
                .expect(200);
        }
    }
    assert_eq!(
        app.get_as(&lena, &post).await.expect(200).at("/commentCount"),
        json!(tree.len())
    );
}

#[both_databases]
async fn answers_go_six_deep_and_stay_in_their_thread(app: App) {
    let lena = app.learner().await;
    let (post, other) = (
        format!("/posts/{}", posted(&app, &lena, json!({})).await),
        format!("/posts/{}", posted(&app, &lena, json!({})).await),
    );
    let mut last = said(&app, &lena, &post, "1", None).await;
    let first = last.clone();
    for depth in 2..=6 {
        let made = say(&app, &lena, &post, &depth.to_string(), Some(&last))
            .await
            .expect(201);
        assert_eq!(
            (made.at("/depth"), made.at("/parentId")),
            (json!(depth), json!(last))
        );
        last = made.text_at("/id");
    }
    say(&app, &lena, &post, "7", Some(&last))
        .await
        .expect_problem(409, "thread_too_deep");
    // A parent of another thread, of none, itself: there is no such comment here.
    for parent in [first.as_str(), "0198c0de-0000-7000-8000-000000000001"] {
        let refused = say(&app, &lena, &other, "Lost", Some(parent))
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/parentId unknown_comment"]);
    }
    // Nothing moves a comment, so that there are no circles.
    app.patch_as(
        &lena,
        &format!("/comments/{first}"),
        "*",
        json!({ "parentId": last }),
    )
    .await
    .expect_problem(422, "validation_failed");
    assert_eq!(app.get_as(&lena, &other).await.expect(200).at("/commentCount"), 0);
    for text in ["<p></p>", "\u{200b}\u{2060}", "<script>x()</script>"] {
        say(&app, &lena, &post, text, None)
            .await
            .expect_problem(422, "validation_failed");
    }
    say(&app, &lena, &post, &"x".repeat(5001), None)
        .await
        .expect_problem(422, "validation_failed");
    say(&app, &lena, &post, &"x".repeat(1_000_000), None)
        .await
        .expect_problem(413, "payload_too_large");
}

#[both_databases]
async fn a_comment_is_changed_by_its_author_alone(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    let on = format!("/lessons/{lesson}");
    let made = say(
        &app,
        &lena,
        &on,
        "Which <b>kettlebell</b>?<img src=x onerror=y>",
        None,
    )
    .await
    .expect(201);
    assert_eq!(
        (made.at("/lessonId"), made.at("/courseId"), made.at("/postId")),
        (json!(lesson), json!(course), json!(null))
    );
    assert!(!made.text.contains("onerror"));
    let path = format!("/comments/{}", made.text_at("/id"));
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    for who in [&elena, &tom] {
        app.patch_as(who, &path, "*", json!({ "content": "Mine" }))
            .await
            .expect_problem(403, "forbidden");
    }
    app.patch_as(&lena, &path, "\"7\"", json!({ "content": "New" }))
        .await
        .expect_problem(412, "precondition_failed");
    let edited = app
        .patch_as(&lena, &path, made.header("etag"), json!({ "content": "New" }))
        .await
        .expect(200);
    assert!(edited.at("/editedAt").is_string() && edited.at("/content") == "New");
    app.patch_as(&lena, &path, made.header("etag"), json!({ "content": "Newer" }))
        .await
        .expect_problem(412, "precondition_failed");
    app.delete_as(&tom, &path).await.expect_problem(403, "forbidden");
    app.delete_as(&elena, &path).await.expect(204);
    app.get_as(&lena, &path).await.expect_problem(404, "not_found");
    assert_eq!(
        app.count("SELECT count(*) FROM audit_log WHERE action = 'comment.deleted'")
            .await,
        1
    );
    assert_eq!(
        app.count("SELECT count(*) FROM comments WHERE content <> ''")
            .await,
        0
    );
}

#[both_databases]
async fn a_deleted_comment_shows_as_long_as_somebody_has_answered(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = format!("/posts/{}", posted(&app, &lena, json!({})).await);
    let top = said(&app, &lena, &post, "A secret of mine", None).await;
    let middle = said(&app, &lena, &post, "Another secret", Some(&top)).await;
    let leaf = said(&app, &tom, &post, "Ah", Some(&middle)).await;
    app.delete_as(&lena, &format!("/comments/{top}"))
        .await
        .expect(204);
    app.delete_as(&lena, &format!("/comments/{middle}"))
        .await
        .expect(204);
    app.delete_as(&lena, &format!("/comments/{middle}"))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(
        app.count("SELECT count(*) FROM comments WHERE content LIKE '%secret%'")
            .await,
        0
    );
    let shown = app
        .get_as(&tom, &format!("{post}/comments?sort=tree"))
        .await
        .expect(200);
    assert_eq!(
        shown.json()["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["status"].clone())
            .collect::<Vec<_>>(),
        ["DELETED", "DELETED", "PUBLISHED"]
    );
    for gone in ["/content", "/author", "/authorId"] {
        assert_eq!(shown.at(&format!("/data/0{gone}")), json!(null));
    }
    assert_eq!(app.get_as(&tom, &post).await.expect(200).at("/commentCount"), 1);
    say(&app, &tom, &post, "To nobody", Some(&middle))
        .await
        .expect_problem(409, "content_deleted");
    app.put_as(&tom, &format!("/comments/{middle}/reactions/like"), json!(null))
        .await
        .expect_problem(409, "content_deleted");
    // With the last answer the empty places above it go too.
    app.delete_as(&tom, &format!("/comments/{leaf}"))
        .await
        .expect(204);
    for id in [&top, &middle, &leaf] {
        app.get_as(&tom, &format!("/comments/{id}"))
            .await
            .expect_problem(404, "not_found");
    }
    for sort in ["new", "old", "top", "tree"] {
        assert!(
            all(&app, &tom, &format!("{post}/comments?sort={sort}"), 20, "/id")
                .await
                .is_empty()
        );
    }
    assert_eq!(app.get_as(&tom, &post).await.expect(200).at("/commentCount"), 0);
    assert_eq!(
        app.count("SELECT CAST(coalesce(sum(reply_count), 0) AS bigint) FROM comment_counters")
            .await,
        0
    );
    // And then the post goes altogether.
    app.delete_as(&lena, &post).await.expect(204);
    assert_eq!(
        app.count("SELECT count(*) FROM posts").await + app.count("SELECT count(*) FROM comments").await,
        0
    );
}

#[both_databases]
async fn a_locked_thread_is_closed(app: App) {
    let (admin, lena) = (app.admin().await, app.learner().await);
    let post = format!("/posts/{}", posted(&app, &lena, json!({})).await);
    let comment = said(&app, &lena, &post, "First", None).await;
    app.post_empty_as(&lena, &format!("{post}/lock"))
        .await
        .expect_problem(403, "forbidden");
    assert_eq!(
        app.post_empty_as(&admin, &format!("{post}/lock"))
            .await
            .expect(200)
            .at("/isLocked"),
        true
    );
    for who in [&lena, &admin] {
        say(&app, who, &post, "Second", None)
            .await
            .expect_problem(409, "thread_locked");
        say(&app, who, &post, "Second", Some(&comment))
            .await
            .expect_problem(409, "thread_locked");
    }
    app.patch_as(
        &lena,
        &format!("/comments/{comment}"),
        "*",
        json!({ "content": "Other" }),
    )
    .await
    .expect_problem(409, "thread_locked");
    app.patch_as(&lena, &post, "*", json!({ "content": "Other" }))
        .await
        .expect_problem(409, "thread_locked");
    assert_eq!(
        all(&app, &lena, &format!("{post}/comments"), 20, "/content").await,
        [json!("First")]
    );
    app.post_empty_as(&admin, &format!("{post}/unlock"))
        .await
        .expect(200);
    said(&app, &lena, &post, "Second", None).await;
    app.post_empty_as(&admin, &format!("{post}/lock"))
        .await
        .expect(200);
    app.delete_as(&lena, &format!("/comments/{comment}"))
        .await
        .expect(204);
}

#[both_databases]
async fn sixty_four_at_once_are_counted_and_numbered(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, lesson) = course_with(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let top = said(&app, &lena, &on, "Top", None).await;
    let texts: Vec<String> = (0..64).map(|n| n.to_string()).collect();
    let made = join_all(texts.iter().map(|text| say(&app, &lena, &on, text, Some(&top)))).await;
    let ids: BTreeSet<String> = made
        .into_iter()
        .map(|reply| reply.expect(201).text_at("/id"))
        .collect();
    assert_eq!(ids.len(), 64);
    let replies = format!("/comments/{top}/replies");
    for sort in ["new", "old", "top", "tree"] {
        let paged: BTreeSet<String> = all(&app, &lena, &format!("{replies}?sort={sort}"), 10, "/id")
            .await
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(paged, ids, "{sort}");
    }
    assert_eq!(
        app.get_as(&lena, &format!("/comments/{top}"))
            .await
            .expect(200)
            .at("/replyCount"),
        64
    );
    assert_eq!(app.count("SELECT comment_count FROM thread_counters").await, 65);
    let gone = join_all(ids.iter().map(|id| {
        let app = &app;
        let lena = &lena;
        async move { app.delete_as(lena, &format!("/comments/{id}")).await }
    }))
    .await;
    assert!(gone.iter().all(|reply| reply.status == 204));
    assert_eq!(
        app.get_as(&lena, &format!("/comments/{top}"))
            .await
            .expect(200)
            .at("/replyCount"),
        0
    );
    assert_eq!(app.count("SELECT comment_count FROM thread_counters").await, 1);
    // The same key makes one.
    let body = json!({ "content": "Once" });
    for replayed in ["", "true"] {
        let request = app
            .request("POST", &format!("{on}/comments"))
            .bearer_auth(&lena.token)
            .header("idempotency-key", "once")
            .json(&body);
        assert_eq!(
            app.send(request).await.expect(201).header("idempotent-replayed"),
            replayed
        );
    }
    assert_eq!(app.count("SELECT comment_count FROM thread_counters").await, 2);
}

#[both_databases]
async fn a_thread_costs_three_statements_whatever_its_size(app: App) {
    let (elena, lena, other) = (app.trainer().await, app.learner().await, app.trainer().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    app.post_empty_as(&other, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    let post = format!(
        "/posts/{}",
        posted(&app, &lena, json!({ "courseId": course })).await
    );
    let on = format!("/lessons/{lesson}");
    let (mut below_post, mut below_lesson) = (String::new(), String::new());
    for n in 0..12 {
        let id = said(&app, &lena, &post, &n.to_string(), None).await;
        said(&app, &lena, &post, "Yes", Some(&id)).await;
        below_post = format!("/comments/{id}/replies");
        let id = said(&app, &lena, &on, &n.to_string(), None).await;
        said(&app, &lena, &on, "Yes", Some(&id)).await;
        below_lesson = format!("/comments/{id}/replies");
    }
    for who in [&lena, &elena, &other] {
        for path in [
            format!("{post}/comments"),
            format!("{on}/comments"),
            format!("{post}/comments?sort=tree"),
            format!("{post}/comments?sort=top"),
            below_post.clone(),
            below_lesson.clone(),
            post.clone(),
        ] {
            let least = cost(&app, who, &path).await;
            assert!(least <= 3, "{path} took {least} statements");
        }
    }
}

#[both_databases]
async fn whom_a_text_mentions_is_told_by_a_message_of_ids(app: App) {
    let (lena, tom, aisha) = (app.learner().await, app.learner().await, app.learner().await);
    for (who, name) in [(&lena, "lena"), (&tom, "tom"), (&aisha, "aisha")] {
        app.patch_as(who, "/me", "*", json!({ "username": name }))
            .await
            .expect(200);
    }
    let post = posted(
        &app,
        &lena,
        json!({ "content": "<p>@tom, @TOM and @lena; not x@aisha, nor @nobody</p>" }),
    )
    .await;
    let path = format!("/posts/{post}");
    let comment = said(&app, &tom, &path, "Bring <b>@aisha</b>", None).await;
    said(&app, &aisha, &path, "I come", Some(&comment)).await;
    let told = |kind: &str| {
        let sql =
            format!("SELECT CAST(payload AS text) AS payload FROM outbox WHERE kind = '{kind}' ORDER BY id");
        let db = app.db.clone();
        async move {
            let work = move |tx: database::Tx| async move {
                use sea_orm::ConnectionTrait;
                let rows = tx.query_all_raw(tx.statement(&sql, [])).await.unwrap();
                Ok(rows
                    .iter()
                    .map(|row| {
                        serde_json::from_str::<Value>(&row.try_get::<String>("", "payload").unwrap()).unwrap()
                    })
                    .collect::<Vec<_>>())
            };
            db.read_in(database::Pool::Worker, kernel::Actor::System, work)
                .await
                .unwrap()
        }
    };
    let posts = told("post.published").await;
    assert_eq!(
        posts,
        [json!({ "postId": post, "courseId": null, "authorId": lena.id, "mentionIds": [tom.id] })]
    );
    let comments = told("comment.created").await;
    assert_eq!(comments[0]["mentionIds"], json!([aisha.id]));
    assert_eq!(
        (&comments[0]["postAuthorId"], &comments[0]["parentAuthorId"]),
        (&json!(lena.id), &json!(null))
    );
    assert_eq!(
        (
            &comments[1]["parentId"],
            &comments[1]["parentAuthorId"],
            &comments[1]["mentionIds"]
        ),
        (&json!(comment), &json!(tom.id), &json!([]))
    );
    // An edit tells nobody, and is noted.
    app.patch_as(&lena, &path, "*", json!({ "content": "@aisha" }))
        .await
        .expect(200);
    assert_eq!(told("post.published").await.len(), 1);
    assert_eq!(
        app.count("SELECT count(*) FROM mentions WHERE post_id IS NOT NULL")
            .await,
        1
    );
    let flood: String = (0..11).map(|n| format!("@name_{n} ")).collect();
    say(&app, &lena, &path, &flood, None)
        .await
        .expect_problem(422, "too_many_mentions");
    say(&app, &lena, &path, &"@tom ".repeat(500), None)
        .await
        .expect(201);
    app.clock.advance(Duration::seconds(1));
}
