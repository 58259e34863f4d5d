//! `POST /courses/{course}/publish`, `unpublish`, and `GET publish-check`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_new_course_has_a_slug_and_a_location(app: App) {
    let elena = app.trainer().await;
    let body = json!({ "title": "  Strength & Mobility " });
    let made = app.post_as(&elena, "/courses", body).await.expect(201);
    let id = made.text_at("/id");
    assert_eq!(
        (made.text_at("/slug").as_str(), made.text_at("/title").as_str()),
        ("strength-mobility", "Strength & Mobility")
    );
    assert_eq!(
        (made.header("location"), made.header("etag")),
        (format!("/api/v1/courses/{id}").as_str(), "\"1\"")
    );
}

#[both_databases]
async fn a_published_course_is_listed(app: App) {
    let elena = app.trainer().await;
    let category = app.category().await;
    let body = json!({ "title": "  Strength & Mobility ", "description": "Four weeks.", "imageUrl": "https://images.example.com/a.jpg", "categoryIds": [category] });
    let made = app.post_as(&elena, "/courses", body).await.expect(201);
    let id = made.text_at("/id");
    let chapter = app.chapter(&elena, &id, false).await;
    app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    assert_eq!(app.get("/courses").await.at("/data"), json!([]));
    let published = app.post_empty_as(&elena, &format!("/courses/{id}/publish")).await.expect(200);
    assert_eq!(published.at("/isPublished"), true);
    let listed = app.get("/courses").await.expect(200);
    assert_eq!((listed.at("/data/0/id"), listed.at("/data/0/categories/0/id")), (json!(id), json!(category)));
    let shown = app.get("/courses/strength-mobility").await.expect(200);
    assert_eq!(shown.at("/chapters/0/lessons/0/title"), "The hinge");
    assert!(!shown.text.contains("Hips back"), "an outline shows no body");
}

#[both_databases]
async fn publishing_again_keeps_the_first_date(app: App) {
    let elena = app.trainer().await;
    let (id, ..) = app.course(&elena, json!({})).await;
    let published = app.get(&format!("/courses/{id}")).await.expect(200);
    let again = app.post_empty_as(&elena, &format!("/courses/{id}/publish")).await.expect(200);
    assert_eq!(again.at("/publishedAt"), published.at("/publishedAt"));
    app.post_empty_as(&elena, &format!("/courses/{id}/unpublish")).await.expect(200);
    let later = app.post_empty_as(&elena, &format!("/courses/{id}/publish")).await.expect(200);
    assert_eq!(later.at("/publishedAt"), published.at("/publishedAt"));
}

#[both_databases]
async fn all_missing_parts_are_reported_at_once(app: App) {
    let elena = app.trainer().await;
    let id = app.post_as(&elena, "/courses", json!({ "title": "Empty" })).await.expect(201).text_at("/id");
    let expected = [
        "/categoryIds category_missing",
        "/chapters chapter_missing",
        "/description description_missing",
        "/imageUrl image_missing",
    ];
    let refused = app
        .post_empty_as(&elena, &format!("/courses/{id}/publish"))
        .await
        .expect_problem(409, "not_publishable");
    assert_eq!(refused.errors(), expected);
    let check = app.get_as(&elena, &format!("/courses/{id}/publish-check")).await.expect(200);
    assert_eq!(check.at("/isPublishable"), false);
    assert_eq!(check.at("/problems").as_array().unwrap().len(), 4);
    let chapter = app.chapter(&elena, &id, false).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish"))
        .await
        .expect_problem(409, "not_publishable");
    let lesson = app
        .post_as(&elena, &format!("/chapters/{chapter}/lessons"), json!({ "title": "Empty" }))
        .await
        .expect(201)
        .text_at("/id");
    let refused = app
        .post_empty_as(&elena, &format!("/lessons/{lesson}/publish"))
        .await
        .expect_problem(409, "not_publishable");
    assert_eq!(refused.errors(), ["/content body_missing"]);
}

#[both_databases]
async fn a_published_course_stays_complete(app: App) {
    let elena = app.trainer().await;
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let clear = app
        .patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "imageUrl": null, "categoryIds": [] }))
        .await;
    assert_eq!(
        clear.expect_problem(409, "not_publishable").errors(),
        ["/categoryIds category_missing", "/imageUrl image_missing"]
    );
    assert!(
        app.get(&format!("/courses/{course}")).await.at("/imageUrl").is_string(),
        "nothing of a refused change is done"
    );
    let empty =
        app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "content": null })).await;
    empty.expect_problem(409, "not_publishable");
}

#[both_databases]
async fn unpublishing_the_last_child_unpublishes_its_parents(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[0])).await.expect(200);
    assert_eq!(
        app.get(&format!("/courses/{course}"))
            .await
            .expect(200)
            .at("/chapters/0/lessons")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[1])).await.expect(200);
    app.get(&format!("/courses/{course}")).await.expect_problem(404, "not_found");
    assert_eq!(app.get_as(&elena, &format!("/chapters/{chapter}")).await.at("/isPublished"), false);
    assert_eq!(app.get_as(&elena, &format!("/courses/{course}")).await.at("/isPublished"), false);
}

#[both_databases]
async fn deleting_the_last_published_child_unpublishes_the_parent(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    for lesson in &lessons {
        app.delete_as(&elena, &format!("/lessons/{lesson}")).await.expect(204);
    }
    let tree = app.get_as(&elena, &format!("/courses/{course}/tree")).await.expect(200);
    assert_eq!((tree.at("/isPublished"), tree.at("/chapters/0/isPublished")), (json!(false), json!(false)));
    app.delete_as(&elena, &format!("/chapters/{chapter}")).await.expect(204);
    app.delete_as(&elena, &format!("/courses/{course}")).await.expect(204);
    app.get_as(&elena, &format!("/courses/{course}")).await.expect_problem(404, "not_found");
}
