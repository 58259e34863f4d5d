//! `/categories`: names, slugs, replacement of a category in use.

use serde_json::json;
use test_macros::both_databases;

use crate::{
    courses::ids,
    support::{App, eventually},
};

#[both_databases]
async fn categories_are_unique_by_name_and_slug(app: App) {
    let admin = app.admin().await;
    let make = |name: &str| app.post_as(&admin, "/categories", json!({ "name": name }));
    let made = make("Strength & Power").await.expect(201);
    assert_eq!(made.at("/slug"), "strength-power");
    make("Strength & Power").await.expect_problem(409, "category_taken");
    make("Strength: Power").await.expect_problem(409, "category_taken");
    assert_eq!(app.get("/categories/strength-power").await.expect(200).at("/id"), made.at("/id"));
    assert_eq!(
        app.get(&format!("/categories/{}", made.text_at("/id"))).await.expect(200).at("/name"),
        "Strength & Power"
    );
    app.get("/categories/nothing").await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_category_in_use_is_deleted_only_with_a_replacement(app: App) {
    let (admin, elena) = (app.admin().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let used = app.get(&format!("/courses/{course}")).await.expect(200).text_at("/categories/0/slug");
    let other =
        app.post_as(&admin, "/categories", json!({ "name": "Other" })).await.expect(201).text_at("/slug");
    app.delete_as(&admin, &format!("/categories/{used}")).await.expect_problem(409, "category_in_use");
    app.delete_as(&admin, &format!("/categories/{used}?replacement={used}"))
        .await
        .expect_problem(422, "validation_failed");
    app.delete_as(&admin, &format!("/categories/{used}?replacement=nothing"))
        .await
        .expect_problem(422, "validation_failed");
    app.delete_as(&admin, &format!("/categories/{used}?replacement={other}")).await.expect(204);
    assert_eq!(
        app.get(&format!("/courses/{course}")).await.expect(200).at("/categories/0/slug"),
        json!(other)
    );
    app.get(&format!("/categories/{used}")).await.expect_problem(404, "not_found");
    let renamed = app
        .patch_as(&admin, &format!("/categories/{other}"), "*", json!({ "name": "New Name" }))
        .await
        .expect(200);
    assert_eq!(renamed.at("/slug"), "new-name");
    app.patch_as(&admin, "/categories/new-name", "\"1\"", json!({ "name": "x" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn a_renamed_category_is_searchable_by_its_new_name(app: App) {
    let (admin, elena) = (app.admin().await, app.trainer().await);
    let category = |name: &'static str| {
        let (app, admin) = (&app, &admin);
        async move { app.post_as(admin, "/categories", json!({ "name": name })).await.expect(201).text_at("/id") }
    };
    let (old, other) = (category("Endurance").await, category("Cycling").await);
    let (course, ..) = app.course(&elena, json!({ "title": "Long Rides", "categoryIds": [&old] })).await;
    let is_found = |q: &'static str| {
        let (app, course) = (&app, course.clone());
        async move { (ids(app.get(&format!("/courses?q={q}")).await) == [course]).then_some(()) }
    };
    is_found("endurance").await.expect("by its first name");
    app.patch_as(&admin, &format!("/categories/{old}"), "*", json!({ "name": "Stamina" })).await.expect(200);
    eventually("the new name", || is_found("stamina")).await;
    assert!(is_found("endurance").await.is_none());
    app.delete_as(&admin, &format!("/categories/{old}?replacement={other}")).await.expect(204);
    eventually("the replacement's name", || is_found("cycling")).await;
    assert!(is_found("stamina").await.is_none());
}

#[both_databases]
async fn names_are_the_same_however_they_are_typed(app: App) {
    let admin = app.admin().await;
    let make = |name: &str| app.post_as(&admin, "/categories", json!({ "name": name }));
    for (name, other) in [
        ("Übungen", "U\u{308}BUNGEN"),
        ("ヨガ", "ﾖｶﾞ"),
        ("القُوَّة", "القوة"),
        ("Pilates", "Ｐｉｌａｔｅｓ"),
        ("Cardio", " car\u{200b}dio\u{a0}"),
    ] {
        let made = make(name).await.expect(201);
        make(other).await.expect_problem(409, "category_taken");
        let path = format!("/categories/{}", made.text_at("/id"));
        app.patch_as(&admin, &path, "*", json!({ "name": other })).await.expect(200);
    }
    let other = make("Mobility").await.expect(201).text_at("/id");
    app.patch_as(&admin, &format!("/categories/{other}"), "*", json!({ "name": "PILATES" }))
        .await
        .expect_problem(409, "category_taken");
}

#[both_databases]
async fn names_that_only_sound_alike_are_two(app: App) {
    let admin = app.admin().await;
    let make = |name: &str| app.post_as(&admin, "/categories", json!({ "name": name }));
    let (one, two) = (make("自宅").await.expect(201), make("字宅").await.expect(201));
    assert_eq!(two.text_at("/slug"), format!("{}-2", one.text_at("/slug")));
}
