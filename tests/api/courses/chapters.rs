//! Building courses: order, moving, deleting, co-trainers, copies, and wishes for them.

use serde_json::{Value, json};

use test_macros::both_databases;

use crate::support::{App, Person};

async fn made(app: &App, person: &Person, path: &str, title: &str) -> String {
    let body = json!({ "title": title, "content": "<p>Text</p>" });
    app.post_as(person, path, body).await.expect(201).text_at("/id")
}

#[both_databases]
async fn an_order_names_every_child_once(app: App) {
    let elena = app.trainer().await;
    let draft = app.draft(&elena, json!({})).await;
    let chapters = format!("/courses/{draft}/chapters");
    let (a, b, c) = (
        made(&app, &elena, &chapters, "A").await,
        made(&app, &elena, &chapters, "B").await,
        made(&app, &elena, &chapters, "C").await,
    );
    let path = format!("{chapters}/order");
    let order = app
        .put_as(&elena, &path, json!({ "chapterIds": [c, a, b] }))
        .await
        .expect(200);
    assert_eq!(order.at("/chapterIds"), json!([c, a, b]));
    let list = app.get_as(&elena, &chapters).await.expect(200);
    let places: Vec<String> = list
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["position"], row["title"]))
        .collect();
    assert_eq!(places, ["1 \"C\"", "2 \"A\"", "3 \"B\""]);
    let foreign = {
        let marco = app.trainer().await;
        let other = app.draft(&marco, json!({})).await;
        app.put_as(&marco, &path, json!({ "chapterIds": [a, b, c] }))
            .await
            .expect_problem(404, "not_found");
        made(&app, &marco, &format!("/courses/{other}/chapters"), "X").await
    };
    let refused = app
        .put_as(&elena, &path, json!({ "chapterIds": [a, a, foreign] }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        [
            "/chapterIds missing",
            "/chapterIds missing",
            "/chapterIds/1 repeated",
            "/chapterIds/2 not_a_child"
        ]
    );
    app.put_as(&elena, &path, json!({ "chapterIds": ["x"] }))
        .await
        .expect_problem(422, "validation_failed");
    let lessons = format!("/chapters/{a}/lessons");
    let (one, two) = (
        made(&app, &elena, &lessons, "1").await,
        made(&app, &elena, &lessons, "2").await,
    );
    app.put_as(
        &elena,
        &format!("{lessons}/order"),
        json!({ "lessonIds": [two, one] }),
    )
    .await
    .expect(200);
    assert_eq!(
        app.get_as(&elena, &lessons).await.expect(200).at("/data/0/id"),
        json!(two)
    );
}

#[both_databases]
async fn a_lesson_moves_between_chapters_of_its_course(app: App) {
    let elena = app.trainer().await;
    let (course, first, lessons) = app.course(&elena, json!({})).await;
    let second = made(&app, &elena, &format!("/courses/{course}/chapters"), "Second").await;
    let resident = made(&app, &elena, &format!("/chapters/{second}/lessons"), "Resident").await;
    let moved = app
        .post_as(
            &elena,
            &format!("/lessons/{}/move", lessons[0]),
            json!({ "chapterId": second, "position": 1 }),
        )
        .await
        .expect(200);
    assert_eq!(
        (moved.at("/chapterId"), moved.at("/position")),
        (json!(second), json!(1))
    );
    let list = app
        .get_as(&elena, &format!("/chapters/{second}/lessons"))
        .await
        .expect(200);
    assert_eq!(
        (list.at("/data/0/id"), list.at("/data/1/id")),
        (json!(lessons[0]), json!(resident))
    );
    for lesson in &lessons[1..] {
        app.post_as(
            &elena,
            &format!("/lessons/{lesson}/move"),
            json!({ "chapterId": second }),
        )
        .await
        .expect(200);
    }
    // Nothing published is left in the first chapter, and the second is a draft: the course leaves the catalogue.
    let tree = app
        .get_as(&elena, &format!("/courses/{course}/tree"))
        .await
        .expect(200);
    assert_eq!(
        (
            tree.at("/isPublished"),
            tree.at("/chapters/0/isPublished"),
            tree.at("/chapters/0/id")
        ),
        (json!(false), json!(false), json!(first))
    );
    let marco = app.trainer().await;
    let (_, theirs, _) = app.course(&marco, json!({})).await;
    app.post_as(
        &elena,
        &format!("/lessons/{resident}/move"),
        json!({ "chapterId": theirs }),
    )
    .await
    .expect_problem(422, "validation_failed");
    app.post_as(
        &marco,
        &format!("/lessons/{resident}/move"),
        json!({ "chapterId": theirs }),
    )
    .await
    .expect_problem(404, "not_found");
}

#[both_databases]
async fn what_somebody_learnt_from_is_not_deleted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let spare = made(&app, &elena, &format!("/chapters/{chapter}/lessons"), "Spare").await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0]))
        .await
        .expect(200);
    for path in [
        format!("/lessons/{}", lessons[0]),
        format!("/chapters/{chapter}"),
        format!("/courses/{course}"),
    ] {
        app.delete_as(&elena, &path)
            .await
            .expect_problem(409, "course_has_learners");
        app.delete_as(&lena, &path).await.expect_problem(403, "forbidden");
    }
    app.delete_as(&elena, &format!("/lessons/{spare}"))
        .await
        .expect(204);
    app.get_as(&lena, &format!("/lessons/{}", lessons[0]))
        .await
        .expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/archive"))
        .await
        .expect(200);
    app.get_as(&lena, &format!("/lessons/{}", lessons[0]))
        .await
        .expect(200);
    app.post_empty_as(&app.learner().await, &format!("/courses/{course}/enroll"))
        .await
        .expect_problem(404, "not_found");
}

#[both_databases]
async fn deleting_the_last_published_child_unpublishes_the_parent(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    for lesson in &lessons {
        app.delete_as(&elena, &format!("/lessons/{lesson}"))
            .await
            .expect(204);
    }
    let tree = app
        .get_as(&elena, &format!("/courses/{course}/tree"))
        .await
        .expect(200);
    assert_eq!(
        (tree.at("/isPublished"), tree.at("/chapters/0/isPublished")),
        (json!(false), json!(false))
    );
    app.delete_as(&elena, &format!("/chapters/{chapter}"))
        .await
        .expect(204);
    app.delete_as(&elena, &format!("/courses/{course}"))
        .await
        .expect(204);
    app.get_as(&elena, &format!("/courses/{course}"))
        .await
        .expect_problem(404, "not_found");
}

#[both_databases]
async fn an_editor_edits_and_the_owner_owns(app: App) {
    let (elena, marco, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let draft = app.draft(&elena, json!({})).await;
    let editor = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&marco, &editor, Value::Null)
        .await
        .expect_problem(403, "forbidden");
    let learner = format!("/courses/{course}/trainers/{}", lena.id);
    app.put_as(&elena, &learner, Value::Null)
        .await
        .expect_problem(422, "validation_failed");
    let trainers = app.put_as(&elena, &editor, Value::Null).await.expect(200);
    assert_eq!(
        (trainers.at("/trainers/0/part"), trainers.at("/trainers/1/id")),
        (json!("OWNER"), json!(marco.id))
    );
    app.put_as(&elena, &editor, Value::Null).await.expect(200);
    app.patch_as(
        &marco,
        &format!("/courses/{course}"),
        "*",
        json!({ "description": "By Marco." }),
    )
    .await
    .expect(200);
    let new = made(&app, &marco, &format!("/chapters/{chapter}/lessons"), "Marco's").await;
    app.post_empty_as(&marco, &format!("/lessons/{new}/publish"))
        .await
        .expect(200);
    app.get_as(&marco, &format!("/lessons/{}", lessons[0]))
        .await
        .expect(200);
    app.get_as(&marco, &format!("/courses/{course}/tree"))
        .await
        .expect(200);
    assert_eq!(
        app.get_as(&marco, "/me/courses").await.at("/data/0/id"),
        json!(course)
    );
    app.get_as(&marco, &format!("/courses/{draft}"))
        .await
        .expect_problem(404, "not_found");
    app.delete_as(&marco, &format!("/courses/{course}"))
        .await
        .expect_problem(403, "forbidden");
    app.post_empty_as(&marco, &format!("/courses/{course}/archive"))
        .await
        .expect_problem(403, "forbidden");
    app.put_as(
        &marco,
        &format!("/courses/{course}/trainers/{}", elena.id),
        Value::Null,
    )
    .await
    .expect_problem(403, "forbidden");
    app.delete_as(&marco, &editor).await.expect(204);
    app.patch_as(
        &marco,
        &format!("/courses/{course}"),
        "*",
        json!({ "description": "Again." }),
    )
    .await
    .expect_problem(403, "forbidden");
    app.delete_as(&elena, &editor).await.expect(204);
}

#[both_databases]
async fn a_copy_is_a_draft_with_everything_that_is_taught(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&marco, &format!("/courses/{course}/duplicate"))
        .await
        .expect_problem(403, "forbidden");
    let copy = app
        .post_empty_as(&elena, &format!("/courses/{course}/duplicate"))
        .await
        .expect(201);
    assert_eq!(copy.at("/isPublished"), false);
    let (of, to) = (
        format!("/courses/{course}/tree"),
        format!("/courses/{}/tree", copy.text_at("/id")),
    );
    let (before, after) = (
        app.get_as(&elena, &of).await.expect(200),
        app.get_as(&elena, &to).await.expect(200),
    );
    assert_ne!(before.at("/slug"), after.at("/slug"));
    for pointer in [
        "/title",
        "/categories",
        "/chapters/0/title",
        "/chapters/0/lessons/0/title",
        "/chapters/0/lessons/0/content",
    ] {
        assert_eq!(before.at(pointer), after.at(pointer), "{pointer}");
    }
    assert_eq!(after.at("/chapters/0/lessons/0/isPublished"), false);
}

#[both_databases]
async fn what_changes_nothing_makes_no_new_version(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    for path in [
        format!("/courses/{course}"),
        format!("/chapters/{chapter}"),
        format!("/lessons/{}", lessons[0]),
    ] {
        let before = app.get_as(&elena, &path).await.expect(200);
        let after = app
            .patch_as(&elena, &path, "*", json!({ "title": before.text_at("/title") }))
            .await
            .expect(200);
        assert_eq!(
            before
                .header("etag")
                .split('.')
                .next()
                .map(|tag| tag.trim_matches('"')),
            Some(after.header("etag").trim_matches('"'))
        );
        assert_eq!(before.at("/updatedAt"), after.at("/updatedAt"));
    }
}

#[both_databases]
async fn a_category_in_use_goes_only_with_its_replacement(app: App) {
    let (admin, elena) = (app.admin().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let used = app
        .get(&format!("/courses/{course}"))
        .await
        .expect(200)
        .text_at("/categories/0/slug");
    let other = app
        .post_as(&admin, "/categories", json!({ "name": "Other" }))
        .await
        .expect(201)
        .text_at("/slug");
    app.delete_as(&admin, &format!("/categories/{used}"))
        .await
        .expect_problem(409, "category_in_use");
    app.delete_as(&admin, &format!("/categories/{used}?replacement={used}"))
        .await
        .expect_problem(422, "validation_failed");
    app.delete_as(&admin, &format!("/categories/{used}?replacement=nothing"))
        .await
        .expect_problem(422, "validation_failed");
    app.delete_as(&admin, &format!("/categories/{used}?replacement={other}"))
        .await
        .expect(204);
    assert_eq!(
        app.get(&format!("/courses/{course}"))
            .await
            .expect(200)
            .at("/categories/0/slug"),
        json!(other)
    );
    app.get(&format!("/categories/{used}"))
        .await
        .expect_problem(404, "not_found");
    let renamed = app
        .patch_as(
            &admin,
            &format!("/categories/{other}"),
            "*",
            json!({ "name": "New Name" }),
        )
        .await
        .expect(200);
    assert_eq!(renamed.at("/slug"), "new-name");
    app.patch_as(&admin, "/categories/new-name", "\"1\"", json!({ "name": "x" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn wishes_are_kept_until_they_come_true(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let draft = app.draft(&elena, json!({})).await;
    let wish = format!("/me/wishlist/{course}");
    let first = app.put_as(&lena, &wish, Value::Null).await.expect(200);
    let again = app.put_as(&lena, &wish, Value::Null).await.expect(200);
    assert_eq!(first.at("/id"), again.at("/id"));
    app.put_as(&lena, &format!("/me/wishlist/{draft}"), Value::Null)
        .await
        .expect_problem(404, "not_found");
    assert_eq!(
        app.get_as(&lena, "/me/wishlist")
            .await
            .expect(200)
            .at("/data/0/course/id"),
        json!(course)
    );
    assert_eq!(
        app.get_as(&elena, "/me/wishlist").await.expect(200).at("/data"),
        json!([])
    );
    app.delete_as(&lena, &wish).await.expect(204);
    app.delete_as(&lena, &wish).await.expect(204);
    app.put_as(&lena, &wish, Value::Null).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    assert_eq!(
        app.get_as(&lena, "/me/wishlist").await.expect(200).at("/data"),
        json!([])
    );
    app.put_as(&lena, &wish, Value::Null)
        .await
        .expect_problem(409, "already_enrolled");
}

#[both_databases]
async fn of_thirty_two_at_once_each_gets_its_own_address(app: App) {
    let elena = app.trainer().await;
    let making = (0..32).map(|_| app.post_as(&elena, "/courses", json!({ "title": "Same Title" })));
    let slugs: std::collections::HashSet<String> = futures_util::future::join_all(making)
        .await
        .into_iter()
        .map(|reply| reply.expect(201).text_at("/slug"))
        .collect();
    assert_eq!(slugs.len(), 32);
}
