//! No list, count or answer shows what its reader may not read.

use kernel::{Actor, Role, Uuid};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{all, course_with, posted, said, say, write};
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, Person};

/// Everything that a reader can ask about posts, comments and their counts.
async fn everything(app: &App, who: &Person, paths: &[String]) -> String {
    let mut text = String::new();
    for path in paths {
        text.push_str(&app.get_as(who, path).await.text);
    }
    text
}

#[both_databases]
async fn what_is_said_in_a_course_is_for_those_who_have_access_now(app: App) {
    let (elena, other, lena, tom, admin) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.learner().await,
        app.admin().await,
    );
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    let post = posted(
        &app,
        &lena,
        json!({ "courseId": course, "title": "Whisper", "content": "whispered" }),
    )
    .await;
    let on = format!("/posts/{post}");
    let top = said(&app, &elena, &on, "whispered too", None).await;
    said(&app, &lena, &on, "whispered below", Some(&top)).await;
    let on_lesson = said(
        &app,
        &lena,
        &format!("/lessons/{lesson}"),
        "whispered in a lesson",
        None,
    )
    .await;
    let open = posted(&app, &lena, json!({ "content": "for all" })).await;
    let mut paths = vec![
        "/posts".to_owned(),
        format!("/posts?authorId={}", lena.id),
        format!("/posts?courseId={course}"),
        "/posts?status=DRAFT".to_owned(),
        on.clone(),
        format!("/comments/{top}"),
        format!("/comments/{on_lesson}"),
    ];
    for sort in ["new", "old", "top", "tree"] {
        paths.push(format!("{on}/comments?sort={sort}"));
        paths.push(format!("/lessons/{lesson}/comments?sort={sort}"));
        paths.push(format!("/comments/{top}/replies?sort={sort}"));
    }
    for who in [&lena, &elena, &admin] {
        for path in &paths {
            app.get_as(who, path).await.expect(200);
        }
    }
    for who in [&tom, &other] {
        let seen = everything(&app, who, &paths).await;
        assert!(
            !seen.to_lowercase().contains("whisper") && !seen.contains(&post) && !seen.contains(&top),
            "{seen}"
        );
        assert_eq!(all(&app, who, "/posts", 20, "/id").await, [json!(open)]);
        app.get_as(who, &format!("/posts?courseId={course}"))
            .await
            .expect_problem(403, "not_granted");
        app.get_as(who, &format!("/lessons/{lesson}/comments"))
            .await
            .expect_problem(403, "not_granted");
        for path in [
            &on,
            &format!("{on}/comments"),
            &format!("/comments/{top}"),
            &format!("/comments/{top}/replies"),
            &format!("/comments/{on_lesson}"),
        ] {
            app.get_as(who, path).await.expect_problem(404, "not_found");
        }
        // Nor can anybody do anything with it.
        say(&app, who, &on, "Hello", None)
            .await
            .expect_problem(404, "not_found");
        say(&app, who, &format!("/lessons/{lesson}"), "Hello", None)
            .await
            .expect_problem(403, "not_granted");
        write(&app, who, json!({ "courseId": course }))
            .await
            .expect_problem(403, "not_granted");
        for path in [
            &on,
            &format!("/comments/{top}"),
            &format!("/comments/{on_lesson}"),
        ] {
            app.put_as(who, &format!("{path}/reactions/like"), json!(null))
                .await
                .expect_problem(404, "not_found");
            app.delete_as(who, path).await.expect_problem(404, "not_found");
            app.patch_as(who, path, "*", json!({ "content": "x" }))
                .await
                .expect_problem(404, "not_found");
        }
        for act in ["publish", "unpublish", "pin", "unpin", "lock", "unlock"] {
            app.post_empty_as(who, &format!("{on}/{act}"))
                .await
                .expect_problem(404, "not_found");
        }
    }
    app.get(&on).await.expect_problem(401, "unauthenticated");
    app.get(&format!("/comments/{top}"))
        .await
        .expect_problem(404, "not_found");
    app.get(&format!("/lessons/{lesson}/comments"))
        .await
        .expect_problem(401, "unauthenticated");

    // Access that has ended shows no more than none: also not one's own.
    let grant = app
        .get_as(&elena, &format!("/courses/{course}/grants"))
        .await
        .expect(200)
        .text_at("/data/0/id");
    app.post_as(&elena, &format!("/grants/{grant}/revoke"), json!({}))
        .await
        .expect(200);
    let seen = everything(&app, &lena, &paths).await;
    assert!(!seen.to_lowercase().contains("whisper"), "{seen}");
    app.get_as(&lena, &format!("/posts?courseId={course}"))
        .await
        .expect_problem(403, "grant_revoked");
    app.get_as(&lena, &on).await.expect_problem(404, "not_found");
    app.patch_as(&lena, &on, "*", json!({ "content": "x" }))
        .await
        .expect_problem(404, "not_found");
    // But one takes back what one has written.
    app.delete_as(&lena, &on).await.expect(204);
    assert_eq!(
        app.count("SELECT count(*) FROM posts WHERE content = 'whispered'")
            .await,
        0
    );
}

#[both_databases]
async fn a_course_that_is_hidden_hides_what_is_said_in_it(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    let post = posted(&app, &lena, json!({ "courseId": course })).await;
    let comment = said(&app, &lena, &format!("/lessons/{lesson}"), "Hello", None).await;
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish"))
        .await
        .expect(200);
    assert!(all(&app, &lena, "/posts", 20, "/id").await.is_empty());
    for path in [
        format!("/posts?courseId={course}"),
        format!("/posts/{post}"),
        format!("/comments/{comment}"),
        format!("/lessons/{lesson}/comments"),
    ] {
        app.get_as(&lena, &path).await.expect_problem(404, "not_found");
        app.get_as(&elena, &path).await.expect(200);
    }
    assert_eq!(all(&app, &elena, "/posts", 20, "/id").await, [json!(post)]);
}

#[both_databases]
async fn what_is_said_in_a_free_preview_is_for_everybody(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish"))
        .await
        .expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish"))
        .await
        .expect(200);
    let on = format!("/lessons/{lesson}");
    let comment = said(&app, &lena, &on, "I like it", None).await;
    said(&app, &elena, &on, "Thank you", Some(&comment)).await;
    assert_eq!(
        app.get(&format!("{on}/comments"))
            .await
            .expect(200)
            .at("/data/0/content"),
        "I like it"
    );
    assert_eq!(
        app.get(&format!("{on}/comments?sort=tree"))
            .await
            .expect(200)
            .at("/data/1/content"),
        "Thank you"
    );
    assert_eq!(
        app.get(&format!("/comments/{comment}/replies"))
            .await
            .expect(200)
            .at("/data/0/content"),
        "Thank you"
    );
    app.get(&format!("/comments/{comment}")).await.expect(200);
    app.post(&format!("{on}/comments"), json!({ "content": "x" }))
        .await
        .expect_problem(401, "unauthenticated");
    // As soon as it is a preview no more, it is not.
    app.patch_as(
        &elena,
        &format!("/chapters/{chapter}"),
        "*",
        json!({ "isFree": false }),
    )
    .await
    .expect(200);
    app.get(&format!("/comments/{comment}"))
        .await
        .expect_problem(404, "not_found");
    app.get(&format!("{on}/comments"))
        .await
        .expect_problem(401, "unauthenticated");
    app.get_as(&lena, &format!("{on}/comments"))
        .await
        .expect_problem(403, "not_granted");
}

#[both_databases]
async fn an_editor_reads_and_moderates_and_a_former_one_does_not(app: App) {
    let (elena, marco, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    let post = format!(
        "/posts/{}",
        posted(&app, &lena, json!({ "courseId": course })).await
    );
    let comment = said(&app, &lena, &format!("/lessons/{lesson}"), "Hello", None).await;
    let membership = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&elena, &membership, json!(null)).await.expect(200);
    assert_eq!(all(&app, &marco, "/posts", 20, "/id").await.len(), 1);
    app.post_empty_as(&marco, &format!("{post}/pin"))
        .await
        .expect(200);
    app.get_as(&marco, &format!("/lessons/{lesson}/comments"))
        .await
        .expect(200);
    app.delete_as(&elena, &membership).await.expect(204);
    assert!(all(&app, &marco, "/posts", 20, "/id").await.is_empty());
    app.post_empty_as(&marco, &format!("{post}/unpin"))
        .await
        .expect_problem(404, "not_found");
    app.get_as(&marco, &format!("/comments/{comment}"))
        .await
        .expect_problem(404, "not_found");
}

/// The second layer alone: no filter of ours, only the policies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_of_posts_holds_without_our_filters() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    let post = posted(&app, &lena, json!({ "courseId": course })).await;
    let comment = said(&app, &lena, &format!("/posts/{post}"), "In the course", None).await;
    said(&app, &lena, &format!("/lessons/{lesson}"), "On the lesson", None).await;
    write(&app, &lena, json!({ "published": false, "title": "Draft" }))
        .await
        .expect(201);
    let open = posted(&app, &lena, json!({})).await;
    app.put_as(&lena, &format!("/posts/{post}/reactions/like"), json!(null))
        .await
        .expect(200);
    let ask = |who: Option<(&Person, Role)>, sql: String| {
        let actor = who.map_or(Actor::Anonymous, |(who, role)| Actor::User {
            id: who.id.parse().unwrap(),
            role,
            session: Uuid::nil(),
        });
        app.db
            .read(actor, move |tx| async move { tx.count(&sql, []).await })
    };
    let count_all = |table: &str| format!("SELECT count(*) FROM {table}");
    let counts = [
        ("posts", [0, 1, 2, 3]),
        ("comments", [0, 0, 2, 2]),
        ("thread_counters", [0, 1, 3, 4]),
        ("comment_counters", [0, 0, 2, 2]),
        ("reactions", [0, 0, 0, 1]),
    ];
    for (table, [nobody, toms, elenas, lenas]) in counts {
        assert_eq!(ask(None, count_all(table)).await.unwrap(), nobody, "{table}");
        assert_eq!(
            ask(Some((&tom, Role::User)), count_all(table)).await.unwrap(),
            toms,
            "{table}"
        );
        assert_eq!(
            ask(Some((&elena, Role::Trainer)), count_all(table)).await.unwrap(),
            elenas,
            "{table}"
        );
        assert_eq!(
            ask(Some((&lena, Role::User)), count_all(table)).await.unwrap(),
            lenas,
            "{table}"
        );
    }
    let execute = |who: &Person, role: Role, sql: String| {
        let actor = Actor::User {
            id: who.id.parse().unwrap(),
            role,
            session: Uuid::nil(),
        };
        app.db.run(actor, move |tx| async move {
            let done = tx.execute_unprepared(&sql).await;
            done.map(|done| done.rows_affected()).map_err(database::from_db)
        })
    };
    // Whoever reads does not rewrite, nor speak for others, nor react where they may not read.
    for table in ["posts", "comments"] {
        let deface = format!("UPDATE {table} SET content = 'defaced'");
        assert_eq!(execute(&tom, Role::User, deface).await.unwrap(), 0, "{table}");
    }
    let speak = |author: &Person, course: &str| {
        format!(
            "INSERT INTO posts (id, course_id, author_id, title, content, status, is_pinned, is_locked, feed_key, version, \
             published_at, created_at, updated_at) VALUES (gen_random_uuid(), {course}, '{}', 'x', 'x', 'PUBLISHED', false, \
             false, 0, 1, now(), now(), now())",
            author.id
        )
    };
    assert!(execute(&tom, Role::User, speak(&lena, "NULL")).await.is_err());
    assert!(
        execute(&tom, Role::User, speak(&tom, &format!("'{course}'")))
            .await
            .is_err()
    );
    assert!(execute(&tom, Role::User, speak(&tom, "NULL")).await.is_ok());
    let react = |column: &str, id: &str| {
        format!(
            "INSERT INTO reactions (subject_id, user_id, reaction, {column}, created_at) \
             VALUES ('{id}', '{}', 'like', '{id}', now())",
            tom.id
        )
    };
    assert!(execute(&tom, Role::User, react("post_id", &post)).await.is_err());
    assert!(
        execute(&tom, Role::User, react("comment_id", &comment))
            .await
            .is_err()
    );
    assert!(execute(&tom, Role::User, react("post_id", &open)).await.is_ok());
    let raise = format!("UPDATE thread_counters SET score = 99 WHERE thread_id = '{post}'");
    assert_eq!(execute(&tom, Role::User, raise).await.unwrap(), 0);
    let rules = "UPDATE community_settings SET posting = 'EVERYONE'".to_owned();
    assert_eq!(execute(&tom, Role::User, rules).await.unwrap(), 0);
    let mute = format!(
        "INSERT INTO mutes (id, user_id, course_id, created_at) VALUES (gen_random_uuid(), '{}', '{course}', now())",
        lena.id
    );
    assert!(execute(&tom, Role::User, mute.clone()).await.is_err());
    assert!(execute(&elena, Role::Trainer, mute).await.is_ok());
    // An admin does not read a draft either.
    let drafts = "SELECT count(*) FROM posts WHERE status = 'DRAFT'".to_owned();
    assert_eq!(ask(Some((&tom, Role::Admin)), drafts).await.unwrap(), 0);
}
