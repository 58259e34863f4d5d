//! `GET` and `PATCH /me` and `/me/profile`: patches and versions.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_patch_keeps_clears_and_sets(app: App) {
    let lena = app.learner().await;
    let first = app.get_as(&lena, "/me").await.expect(200);
    let reply = app
        .patch_as(&lena, "/me", first.header("etag"), json!({ "bio": "Lifts.", "username": "lena" }))
        .await
        .expect(200);
    let reply = app.patch_as(&lena, "/me", reply.header("etag"), json!({ "bio": null })).await.expect(200);
    assert_eq!(
        (reply.at("/bio"), reply.at("/username"), reply.at("/name")),
        (json!(null), json!("lena"), json!("Somebody"))
    );
    let etag = reply.header("etag").to_owned();
    let refused =
        app.patch_as(&lena, "/me", &etag, json!({ "role": "ADMIN", "email": "x@example.com" })).await;
    assert_eq!(
        refused.expect_problem(422, "validation_failed").errors(),
        ["/email unknown_member", "/role unknown_member"]
    );
    assert_eq!(app.get_as(&lena, "/me").await.header("etag"), etag);
}

#[both_databases]
async fn a_patch_requires_the_current_version(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me").await.header("etag").to_owned();
    let patch = || app.request("PATCH", "/me").bearer_auth(&lena.token).json(&json!({ "bio": "x" }));
    app.send(patch()).await.expect_problem(428, "precondition_required");
    app.send(patch().header("if-match", "nonsense")).await.expect_problem(400, "malformed_request");
    app.send(patch().header("if-match", "\"77\"")).await.expect_problem(412, "precondition_failed");
    app.send(patch().header("if-match", format!("W/{etag}")))
        .await
        .expect_problem(412, "precondition_failed");
    app.send(patch().header("if-match", format!("\"77\", {etag}"))).await.expect(200);
    app.send(patch().header("if-match", &etag)).await.expect_problem(412, "precondition_failed");
    app.send(patch().header("if-match", "*")).await.expect(200);
}

#[both_databases]
async fn an_unchanged_version_is_not_sent_again(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me").await.header("etag").to_owned();
    let again = app.request("GET", "/me").bearer_auth(&lena.token).header("if-none-match", &etag);
    let again = app.send(again).await.expect(304);
    assert_eq!((again.text.as_str(), again.header("etag")), ("", etag.as_str()));
}

#[both_databases]
async fn of_concurrent_patches_one_succeeds(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me").await.header("etag").to_owned();
    let patches = (0..8).map(|n| app.patch_as(&lena, "/me", &etag, json!({ "bio": n.to_string() })));
    let statuses: Vec<u16> =
        futures_util::future::join_all(patches).await.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
}

#[both_databases]
async fn a_profile_validates_and_rounds_its_units(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me/profile").await.expect(200).header("etag").to_owned();
    let body = json!({
        "weight": 68.4321, "height": 172, "dateOfBirth": "1990-04-30", "phone": "+46 70", "experienceLevel": "ADVANCED",
        "socialMediaLinks": { "instagram": "https://instagram.com/lena" },
    });
    let reply = app.patch_as(&lena, "/me/profile", &etag, body).await.expect(200);
    assert_eq!((reply.at("/weight"), reply.at("/height")), (json!(68.432), json!(172.0)));
    assert_eq!(
        (reply.at("/dateOfBirth"), reply.at("/experienceLevel")),
        (json!("1990-04-30"), json!("ADVANCED"))
    );
    let etag = reply.header("etag").to_owned();
    let wrong = json!({
        "weight": -1, "height": "tall", "dateOfBirth": "1990-02-31", "experienceLevel": "GOD", "socialMediaLinks": { "x": "javascript:alert(1)" },
    });
    let refused = app
        .patch_as(&lena, "/me/profile", &etag, wrong)
        .await
        .expect_problem(422, "validation_failed")
        .errors();
    let pointers: Vec<&str> = refused.iter().map(|reason| reason.split(' ').next().unwrap()).collect();
    for pointer in ["/dateOfBirth", "/experienceLevel", "/height", "/socialMediaLinks/x", "/weight"] {
        assert!(pointers.contains(&pointer), "{refused:?}");
    }
    let unborn = app.patch_as(&lena, "/me/profile", &etag, json!({ "dateOfBirth": "2099-01-01" })).await;
    assert_eq!(unborn.expect_problem(422, "validation_failed").errors(), ["/dateOfBirth in_the_future"]);
}

#[both_databases]
async fn links_to_social_media_are_any_object_within_bounds(app: App) {
    let lena = app.learner().await;
    let links = json!({ "instagram": { "handle": "@lena & co", "followers": 12, "public": true }, "urls": ["http://a.example", null], "x": "" });
    let body = json!({ "socialMediaLinks": links });
    assert_eq!(
        app.patch_as(&lena, "/me/profile", "*", body).await.expect(200).at("/socialMediaLinks"),
        links
    );
    assert_eq!(app.get(&format!("/users/{}", lena.id)).await.expect(200).at("/socialMediaLinks"), links);
    for (wrong, reason) in [
        (json!({ "web": ["java\nscript:alert(1)"] }), "/socialMediaLinks/web/0 bad_format"),
        (json!({ "web": { "a/b": "a\u{0}b" } }), "/socialMediaLinks/web/a~1b bad_character"),
        (json!({ "web": ["x".repeat(8_000)] }), "/socialMediaLinks too_long"),
        (
            json!({ "a": { "b": { "c": { "d": { "e": { "f": 1 } } } } } }),
            "/socialMediaLinks/a/b/c/d/e/f too_deep",
        ),
        (json!([]), "/socialMediaLinks wrong_type"),
        (json!("https://a.example"), "/socialMediaLinks wrong_type"),
    ] {
        let refused = app.patch_as(&lena, "/me/profile", "*", json!({ "socialMediaLinks": wrong })).await;
        assert_eq!(refused.expect_problem(422, "validation_failed").errors(), [reason]);
    }
    let cleared =
        app.patch_as(&lena, "/me/profile", "*", json!({ "socialMediaLinks": null })).await.expect(200);
    assert_eq!(cleared.at("/socialMediaLinks"), json!({}));
}

#[both_databases]
async fn the_documents_of_an_account(app: App) {
    let lena = app.learner().await;
    app.set_username(&lena, "lena").await;
    let account = app.get_as(&lena, "/me").await.expect(200);
    insta::assert_json_snapshot!("account", account.document());
    let profile = app.get_as(&lena, "/me/profile").await.expect(200);
    insta::assert_json_snapshot!("profile", profile.document());
}

#[both_databases]
async fn a_name_that_stays_is_not_judged_again(app: App) {
    let lena = app.learner().await;
    // As a version of other rules kept it.
    app.sql("UPDATE users SET name = ' '").await;
    let same = json!({ "name": " ", "bio": "Lifts." });
    app.patch_as(&lena, "/me", "*", same).await.expect(200);
    let refused = app.patch_as(&lena, "/me", "*", json!({ "name": "\u{200b}" })).await;
    refused.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_date_of_birth_that_stays_is_not_judged_again(app: App) {
    let lena = app.learner().await;
    let born = json!({ "dateOfBirth": "1990-05-01" });
    app.patch_as(&lena, "/me/profile", "*", born).await.expect(200);
    app.sql("UPDATE profiles SET date_of_birth = '2090-05-01'").await;
    let same = json!({ "dateOfBirth": "2090-05-01", "phone": "+49 30 1" });
    app.patch_as(&lena, "/me/profile", "*", same).await.expect(200);
    let other = json!({ "dateOfBirth": "2091-05-01" });
    app.patch_as(&lena, "/me/profile", "*", other).await.expect_problem(422, "validation_failed");
}
