//! `PATCH /courses/{course}`: who may edit, versions, renamed slugs, pictures.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App,
    media::{announcement, path_of, png, upload, upload_file},
};

#[both_databases]
async fn a_draft_is_visible_to_its_author_and_admins_only(app: App) {
    let (elena, marco, lena, admin) =
        (app.trainer().await, app.trainer().await, app.learner().await, app.admin().await);
    let draft = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &draft, false).await;
    let lesson = app.lesson(&elena, &chapter).await;
    for who in [&marco, &lena] {
        app.get_as(who, &format!("/courses/{draft}")).await.expect_problem(404, "not_found");
        app.patch_as(who, &format!("/courses/{draft}"), "*", json!({ "title": "Mine" }))
            .await
            .expect_problem(404, "not_found");
        app.post_empty_as(who, &format!("/courses/{draft}/publish")).await.expect_problem(404, "not_found");
        app.post_as(who, &format!("/courses/{draft}/chapters"), json!({ "title": "x" }))
            .await
            .expect_problem(404, "not_found");
        app.get_as(who, &format!("/chapters/{chapter}")).await.expect_problem(404, "not_found");
        app.post_as(who, &format!("/chapters/{chapter}/lessons"), json!({ "title": "x" }))
            .await
            .expect_problem(404, "not_found");
        app.get_as(who, &format!("/lessons/{lesson}")).await.expect_problem(404, "not_found");
        app.patch_as(who, &format!("/lessons/{lesson}"), "*", json!({ "title": "x" }))
            .await
            .expect_problem(404, "not_found");
    }
    app.get_as(&admin, &format!("/courses/{draft}")).await.expect(200);
    app.get_as(&admin, &format!("/lessons/{lesson}")).await.expect(200);
    assert_eq!(app.get_as(&marco, "/me/courses").await.at("/data"), json!([]));
    assert_eq!(app.get_as(&elena, "/me/courses").await.at("/data/0/id"), draft);
}

#[both_databases]
async fn a_published_course_is_edited_by_its_author_only(app: App) {
    let (elena, marco, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    app.patch_as(&marco, &format!("/courses/{course}"), "*", json!({ "title": "Mine" }))
        .await
        .expect_problem(403, "forbidden");
    app.post_empty_as(&marco, &format!("/courses/{course}/unpublish")).await.expect_problem(403, "forbidden");
    app.get_as(&marco, &format!("/chapters/{chapter}")).await.expect_problem(403, "not_granted");
    app.post_empty_as(&marco, &format!("/chapters/{chapter}/unpublish"))
        .await
        .expect_problem(403, "forbidden");
    app.patch_as(&marco, &format!("/lessons/{}", lessons[0]), "*", json!({ "title": "Mine" }))
        .await
        .expect_problem(403, "forbidden");
    app.patch_as(&admin, &format!("/courses/{course}"), "*", json!({ "description": "By an admin." }))
        .await
        .expect(200);
    app.post_as(&elena, "/courses", json!({ "title": "x", "authorId": marco.id }))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_former_slug_keeps_resolving(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let etag = app.get(&format!("/courses/{course}")).await.header("etag").to_owned();
    let renamed = app
        .patch_as(&elena, &format!("/courses/{course}"), &etag, json!({ "title": "Stronger" }))
        .await
        .expect(200);
    assert_eq!(renamed.at("/slug"), "stronger");
    assert_eq!(app.get("/courses/strength-foundations").await.expect(200).at("/id"), course);
    // Nobody else can take it, and its owner can go back.
    let other = app.post_as(&marco, "/courses", json!({ "title": "Strength Foundations" })).await.expect(201);
    assert_eq!(other.at("/slug"), "strength-foundations-2");
    let back = app
        .patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "title": "Strength Foundations" }))
        .await;
    assert_eq!(back.expect(200).at("/slug"), "strength-foundations");
}

#[both_databases]
async fn a_change_without_effect_keeps_the_version(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    for path in
        [format!("/courses/{course}"), format!("/chapters/{chapter}"), format!("/lessons/{}", lessons[0])]
    {
        let before = app.get_as(&elena, &path).await.expect(200);
        let after =
            app.patch_as(&elena, &path, "*", json!({ "title": before.text_at("/title") })).await.expect(200);
        assert_eq!(
            before.header("etag").split('.').next().map(|tag| tag.trim_matches('"')),
            Some(after.header("etag").trim_matches('"'))
        );
        assert_eq!(before.at("/updatedAt"), after.at("/updatedAt"));
    }
}

#[both_databases]
async fn a_course_and_a_category_show_uploaded_pictures(app: App) {
    let (elena, marco, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let bytes = png(1600, 900);
    let picture = upload(&app, &elena, announcement("IMAGE", "front.png", "image/png", &bytes), &bytes)
        .await
        .text_at("/id");
    let draft = app.draft(&elena, json!({})).await;
    let path = format!("/courses/{draft}");
    let course = app.patch_as(&elena, &path, "*", json!({ "imageId": picture })).await.expect(200);
    assert_eq!(course.at("/imageId"), json!(picture));
    let shown = app.get(&path_of(&course.text_at("/imageUrl"))).await.expect(200);
    assert_eq!(shown.header("content-type"), "image/jpeg");
    // A link elsewhere takes its place, and the other way round.
    let course = app
        .patch_as(&elena, &path, "*", json!({ "imageUrl": "https://images.example.com/b.jpg" }))
        .await
        .expect(200);
    assert_eq!(
        (course.at("/imageId"), course.at("/imageUrl")),
        (Value::Null, json!("https://images.example.com/b.jpg"))
    );
    let course = app.patch_as(&elena, &path, "*", json!({ "imageId": picture })).await.expect(200);
    assert!(course.text_at("/imageUrl").contains(&picture));
    // Somebody else's picture, a file that is none, and nothing at all.
    let theirs = app.draft(&marco, json!({})).await;
    let pdf = upload_file(&app, &marco).await;
    for id in [picture.as_str(), pdf.as_str(), "0198c0de-0000-7000-8000-000000000001"] {
        let refused = app
            .patch_as(&marco, &format!("/courses/{theirs}"), "*", json!({ "imageId": id }))
            .await
            .expect_problem(422, "validation_failed");
        assert!(refused.errors()[0].starts_with("/imageId "), "{:?}", refused.errors());
    }
    let banner = upload(&app, &admin, announcement("IMAGE", "category.png", "image/png", &bytes), &bytes)
        .await
        .text_at("/id");
    let category = app
        .post_as(&admin, "/categories", json!({ "name": "Pictured", "imageId": banner }))
        .await
        .expect(201);
    app.get(&path_of(&category.text_at("/imageUrl"))).await.expect(200);
}

#[both_databases]
async fn a_price_older_than_the_limits_is_judged_when_it_is_changed(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let path = format!("/courses/{course}");
    app.sql("UPDATE courses SET price_amount = 20").await;
    let title = app.patch_as(&elena, &path, "*", json!({ "title": "Stronger" })).await.expect(200);
    assert_eq!(title.at("/price/amount"), 20);
    let same = json!({ "title": "Strongest", "price": { "amount": 20, "currency": "USD" } });
    app.patch_as(&elena, &path, "*", same).await.expect(200);
    let other = json!({ "price": { "amount": 30, "currency": "USD" } });
    let refused = app.patch_as(&elena, &path, "*", other).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/price/amount below_minimum"]);
    // Nobody is sent to a provider who would refuse it.
    let lena = app.learner().await;
    let refused = app.checkout(&lena, &course).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/courseId below_minimum"]);
}

#[both_databases]
async fn what_was_incomplete_before_does_not_stop_an_edit(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    // As a version of other rules published them.
    app.sql("UPDATE lesson_bodies SET content = NULL").await;
    app.sql("DELETE FROM course_categories").await;
    for (path, change) in [
        (format!("/lessons/{}", lessons[0]), json!({ "title": "The hinge, again" })),
        (format!("/chapters/{chapter}"), json!({ "title": "Week one" })),
        (format!("/courses/{course}"), json!({ "title": "Foundations" })),
    ] {
        app.patch_as(&elena, &path, "*", change).await.expect(200);
    }
    // What the change itself takes away is refused.
    let worse = json!({ "description": " " });
    let refused = app.patch_as(&elena, &format!("/courses/{course}"), "*", worse).await;
    assert_eq!(refused.expect_problem(409, "not_publishable").errors(), ["/description description_missing"]);
}
