//! `GET /courses/{course}`: the outline, caching, cost.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    courses::titles,
    support::{App, PASSWORD},
};

#[both_databases]
async fn the_outline_returns_text_unchanged(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let odd = "Say \"hip\", \\ back/slash, 'tick', <b>, é, \u{1d11e}, ],[null";
    app.patch_as(&elena, &format!("/chapters/{chapter}"), "*", json!({ "title": odd, "description": odd }))
        .await
        .expect(200);
    app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "title": odd, "duration": 7 }))
        .await
        .expect(200);
    let read = app.get(&format!("/courses/{course}")).await.expect(200);
    assert_eq!((read.at("/chapters/0/title"), read.at("/chapters/0/description")), (json!(odd), json!(odd)));
    assert_eq!(
        (read.at("/chapters/0/id"), read.at("/chapters/0/lessons/0/id")),
        (json!(chapter), json!(lessons[0]))
    );
    assert_eq!(
        (read.at("/chapters/0/lessons/0/title"), read.at("/chapters/0/lessons/0/duration")),
        (json!(odd), json!(7))
    );
    assert_eq!(read.at("/chapters/0/lessons/1/duration"), json!(null));
    // The author is answered from the database, with the same outline.
    assert_eq!(
        app.get_as(&elena, &format!("/courses/{course}")).await.expect(200).at("/chapters"),
        read.at("/chapters")
    );
    let category = read.text_at("/categories/0/id");
    let category: Value =
        serde_json::from_str(&app.get(&format!("/categories/{category}")).await.expect(200).text).unwrap();
    assert_eq!(read.at("/categories"), json!([category]));
}

#[both_databases]
async fn a_read_takes_few_statements(app: App) {
    let elena = app.trainer().await;
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let lena = app.learner().await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let paths = [
        ("/courses".to_owned(), 2),
        (format!("/courses/{course}"), 2),
        (format!("/lessons/{}", lessons[0]), 3),
    ];
    for (path, most) in paths {
        // Trainers are answered from the database, not from the cache.
        let (reader, most) = if path.starts_with("/lessons") { (&lena, most) } else { (&elena, most) };
        // That somebody read is written down behind the answer, once in a while.
        crate::support::eventually(&format!("{path} in {most} statements"), || async {
            let before = app.db.statements();
            app.get_as(reader, &path).await.expect(200);
            (app.db.statements() - before <= most).then_some(())
        })
        .await;
    }
    // Everybody else gets the cached answer, once the invalidations above have arrived.
    crate::support::eventually("an answer that was kept", || async {
        app.get("/courses").await.expect(200);
        let before = app.db.statements();
        app.get_as(&lena, "/courses").await.expect(200);
        (app.db.statements() == before).then_some(())
    })
    .await;
}

#[both_databases]
async fn a_cached_course_follows_its_changes(app: App) {
    let elena = app.trainer().await;
    let lena = app.learner().await;
    let (course, chapter, _) = app.course(&elena, json!({ "title": "Before" })).await;
    let path = format!("/courses/{course}");
    let seen = app.get(&path).await.expect(200);
    assert_eq!(titles(app.get("/courses").await), ["Before"]);
    app.patch_as(&elena, &path, "*", json!({ "title": "After" })).await.expect(200);
    assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/title"), "After");
    assert_eq!(app.get(&path).await.expect(200).at("/title"), "After");
    assert_eq!(titles(app.get_as(&lena, "/courses").await), ["After"]);
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/unpublish")).await.expect(200);
    app.get(&path).await.expect_problem(404, "not_found");
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("{path}/publish")).await.expect(200);
    let now = app.get(&path).await.expect(200);
    assert_ne!(seen.header("etag"), now.header("etag"));
}

#[both_databases]
async fn an_unchanged_answer_is_not_sent_again(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}");
    let now = app.get(&path).await.expect(200);
    let list = app.get("/courses").await.expect(200);
    for (path, etag) in [(path.as_str(), now.header("etag")), ("/courses", list.header("etag"))] {
        app.send(app.request("GET", path).header("if-none-match", etag)).await.expect(304);
    }
}

#[both_databases]
async fn a_draft_is_never_cached_for_others(app: App) {
    let elena = app.trainer().await;
    let draft = app.draft(&elena, json!({})).await;
    app.get_as(&elena, &format!("/courses/{draft}")).await.expect(200);
    app.get(&format!("/courses/{draft}")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_former_trainer_sees_no_draft(app: App) {
    let (marco, admin) = (app.trainer().await, app.admin().await);
    let theirs = app.draft(&marco, json!({})).await;
    let account = format!("/admin/users/{}", marco.id);
    app.patch_as(&admin, &account, "*", json!({ "role": "USER" })).await.expect(200);
    let marco = app.login(&marco.email, PASSWORD).await;
    app.get_as(&marco, &format!("/courses/{theirs}")).await.expect_problem(404, "not_found");
    app.get(&format!("/courses/{theirs}")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_cached_course_follows_outline_and_author(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({ "title": "Before" })).await;
    let path = format!("/courses/{course}");
    let outline = || async { app.get(&path).await.expect(200).at("/chapters/0/lessons") };
    assert_eq!(outline().await.pointer("/0/id").unwrap(), &json!(lessons[0]));
    app.post_as(
        &elena,
        &format!("/lessons/{}/move", lessons[0]),
        json!({ "chapterId": chapter, "position": 2 }),
    )
    .await
    .expect(200);
    assert_eq!(outline().await.pointer("/0/id").unwrap(), &json!(lessons[1]));
    app.delete_as(&elena, &format!("/lessons/{}", lessons[0])).await.expect(204);
    assert_eq!(outline().await.as_array().unwrap().len(), 1);
    app.patch_as(&elena, "/me", "*", json!({ "name": "Elena Okafor" })).await.expect(200);
    assert_eq!(app.get(&path).await.expect(200).at("/author/name"), "Elena Okafor");
}

#[both_databases]
async fn a_list_item_names_author_and_size(app: App) {
    let elena = app.trainer().await;
    app.course(&elena, json!({})).await;
    let list = app.get("/courses").await.expect(200);
    assert_eq!((list.at("/data/0/author/id"), list.at("/data/0/chapterCount")), (json!(elena.id), json!(1)));
    assert!(list.at("/data/0/lessonCount").as_i64().unwrap() >= 1);
    assert!(list.at("/data/0").get("content").is_none());
}

#[both_databases]
async fn the_document_of_a_course(app: App) {
    let elena = app.trainer().await;
    let category = app.category_named("Strength").await;
    let price = json!({ "categoryIds": [category], "price": { "amount": 4900, "currency": "USD" } });
    let (course, ..) = app.course(&elena, price).await;
    let public = app.get(&format!("/courses/{course}")).await.expect(200);
    insta::assert_json_snapshot!("course", public.document());
}

#[both_databases]
async fn the_document_of_a_tree(app: App) {
    let elena = app.trainer().await;
    let category = app.category_named("Strength").await;
    let (course, ..) = app.course(&elena, json!({ "categoryIds": [category] })).await;
    let tree = app.get_as(&elena, &format!("/courses/{course}/tree")).await.expect(200);
    insta::assert_json_snapshot!("course_tree", tree.document());
}
