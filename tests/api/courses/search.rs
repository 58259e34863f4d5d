//! `GET /courses?q=`: full-text search.

use serde_json::json;
use test_macros::both_databases;

use crate::{
    courses::{create_catalogue, ids, titles},
    support::{App, in_query},
};

#[both_databases]
async fn a_title_match_ranks_first(app: App) {
    let (elena, admin) = (app.trainer().await, app.admin().await);
    let category =
        app.post_as(&admin, "/categories", json!({ "name": "Kettlebells" })).await.expect(201).at("/id");
    let long = "Swings, cleans, presses and snatches, from the very first day to the hundredth repetition. "
        .repeat(5);
    app.course(&elena, json!({ "title": "All about kettlebells, slowly", "description": long })).await;
    for n in 0..8 {
        app.course(
            &elena,
            json!({ "title": format!("Plan {n}"), "description": "d", "categoryIds": [category] }),
        )
        .await;
    }
    app.course(&elena, json!({ "title": "Weights", "description": "No kettlebells." })).await;
    let found = titles(app.get("/courses?q=kettlebells&limit=20").await);
    assert_eq!(
        (found[0].as_str(), found[9].as_str(), found.len()),
        ("All about kettlebells, slowly", "Weights", 10)
    );
}

#[both_databases]
async fn words_find_courses_best_match_first(app: App) {
    create_catalogue(&app).await;
    let found = |q: &'static str| {
        let app = &app;
        async move { titles(app.get(&format!("/courses?q={q}")).await) }
    };
    assert_eq!(
        found("strength").await,
        ["Strength Foundations", "mobility every day"],
        "a title counts more than a description"
    );
    assert_eq!(found("stren").await, ["Strength Foundations", "mobility every day"], "beginnings are enough");
    assert_eq!(found("laufer+UBUNG").await, ["Übungen für Läufer"], "accents, case and order do not matter");
    assert_eq!(found("foundatoins").await, ["Strength Foundations"], "a slip of the finger is forgiven");
    assert_eq!(found("stregnth+foudations").await, ["Strength Foundations"], "in every word");
    assert_eq!(found("mobilty+strenth").await, ["mobility every day"], "wherever it stands");
    assert_eq!(found("abcchery").await, ["Archery"], "two slips in a longer word");
    assert_eq!(found("bakc").await, ["Strong Back"], "letters that changed places");
    assert_eq!(found("bcaks").await, [""; 0], "but not everything");
    assert_eq!(found("archery+strength").await, [""; 0], "all words have to be there");
    for nothing in [
        "%27%3B+DROP+TABLE+users",
        "!!!",
        "%22%22",
        "NEAR(a+b)",
        "title:strength*",
        "zzzzqqq",
        "a+AND+NOT+(b)",
    ] {
        let reply = app.get(&format!("/courses?q={nothing}")).await.expect(200);
        assert!(reply.at("/data").as_array().unwrap().len() <= 5, "{nothing}");
    }
    app.get("/courses?q=").await.expect_problem(422, "validation_failed");
    app.get("/courses?sort=-relevance").await.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn the_search_index_follows_changes_at_once(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({ "title": "Kettlebells" })).await;
    assert_eq!(ids(app.get("/courses?q=kettlebells").await), std::slice::from_ref(&course));
    app.patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "title": "Dumbbells" }))
        .await
        .expect(200);
    assert_eq!(ids(app.get("/courses?q=dumbbells").await), std::slice::from_ref(&course));
    assert_eq!(ids(app.get("/courses?q=kettlebells").await), [""; 0]);
    app.post_empty_as(&elena, &format!("/courses/{course}/archive")).await.expect(200);
    assert_eq!(ids(app.get("/courses").await), [""; 0]);
    app.get(&format!("/courses/{course}")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    assert_eq!(ids(app.get("/courses?q=dumbbells").await), std::slice::from_ref(&course));
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    assert_eq!(ids(app.get("/courses?q=dumbbells").await), [""; 0]);
}

#[both_databases]
async fn a_misspelling_never_matches_an_unpublished_course(app: App) {
    let elena = app.trainer().await;
    let (gone, ..) = app.course(&elena, json!({ "title": "Pilates" })).await;
    app.course(&elena, json!({ "title": "Palates" })).await;
    assert_eq!(titles(app.get("/courses?q=pilatse").await), ["Pilates"]);
    app.post_empty_as(&elena, &format!("/courses/{gone}/unpublish")).await.expect(200);
    assert_eq!(titles(app.get("/courses?q=pilatse").await), ["Palates"]);
    let facets = app.get("/catalogue/facets?q=pilatse").await.expect(200);
    assert_eq!(facets.at("/count"), 1);
}

#[both_databases]
async fn a_course_is_found_in_its_own_script(app: App) {
    let elena = app.trainer().await;
    for title in [
        "تَمَارِين القُوَّة",
        "الإطالة الصباحية",
        "自宅でできるヨガ入門",
        "ﾄﾚｰﾆﾝｸﾞ 半角",
        "집에서하는요가",
        "ฝึกโยคะที่บ้าน",
        "瑜伽初学者",
        "Йога дома",
        "Ｓｔｒｅｔｃｈ",
    ] {
        app.course(&elena, json!({ "title": title, "description": "d" })).await;
    }
    let app = &app;
    let found = async |q: &str| titles(app.get(&format!("/courses?limit=50&q={}", in_query(q))).await);
    for (q, title) in [
        ("القوة", "تَمَارِين القُوَّة"),
        ("قوه", "تَمَارِين القُوَّة"),
        ("تمارين", "تَمَارِين القُوَّة"),
        ("الاطالة", "الإطالة الصباحية"),
        ("إطالة", "الإطالة الصباحية"),
        ("ヨガ", "自宅でできるヨガ入門"),
        ("よが", "自宅でできるヨガ入門"),
        ("ﾖｶﾞ", "自宅でできるヨガ入門"),
        ("入門", "自宅でできるヨガ入門"),
        ("門", "自宅でできるヨガ入門"),
        ("宅 入門", "自宅でできるヨガ入門"),
        ("トレーニング", "ﾄﾚｰﾆﾝｸﾞ 半角"),
        ("요가", "집에서하는요가"),
        ("โยคะ", "ฝึกโยคะที่บ้าน"),
        ("初学", "瑜伽初学者"),
        ("йога", "Йога дома"),
        ("stretch", "Ｓｔｒｅｔｃｈ"),
    ] {
        assert_eq!(found(q).await, [title], "{q}");
    }
    for nothing in ["ヨガ教室", "القدم", "요리", "者初"] {
        assert_eq!(found(nothing).await, [""; 0], "{nothing}");
    }
}
