use serde_json::json;

use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn a_patch_keeps_clears_and_sets(app: App) {
    let lena = app.learner().await;
    let first = app.get_as(&lena, "/me").await.expect(200);
    let reply = app
        .patch_as(
            &lena,
            "/me",
            first.header("etag"),
            json!({ "bio": "Lifts.", "username": "lena" }),
        )
        .await
        .expect(200);
    let reply = app
        .patch_as(&lena, "/me", reply.header("etag"), json!({ "bio": null }))
        .await
        .expect(200);
    assert_eq!(
        (reply.at("/bio"), reply.at("/username"), reply.at("/name")),
        (json!(null), json!("lena"), json!("Somebody"))
    );
    let etag = reply.header("etag").to_owned();
    let refused = app
        .patch_as(
            &lena,
            "/me",
            &etag,
            json!({ "role": "ADMIN", "email": "x@example.com" }),
        )
        .await;
    assert_eq!(
        refused.expect_problem(422, "validation_failed").errors(),
        ["/email unknown_member", "/role unknown_member"]
    );
    assert_eq!(app.get_as(&lena, "/me").await.header("etag"), etag);
}

#[both_databases]
async fn a_change_names_the_version_it_has_seen(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me").await.header("etag").to_owned();
    let patch = || {
        app.request("PATCH", "/me")
            .bearer_auth(&lena.token)
            .json(&json!({ "bio": "x" }))
    };
    app.send(patch())
        .await
        .expect_problem(428, "precondition_required");
    app.send(patch().header("if-match", "nonsense"))
        .await
        .expect_problem(400, "malformed_request");
    app.send(patch().header("if-match", "\"77\""))
        .await
        .expect_problem(412, "precondition_failed");
    app.send(patch().header("if-match", format!("W/{etag}")))
        .await
        .expect_problem(412, "precondition_failed");
    app.send(patch().header("if-match", format!("\"77\", {etag}")))
        .await
        .expect(200);
    app.send(patch().header("if-match", &etag))
        .await
        .expect_problem(412, "precondition_failed");
    app.send(patch().header("if-match", "*")).await.expect(200);
}

#[both_databases]
async fn a_version_that_the_client_has_is_not_sent_again(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me").await.header("etag").to_owned();
    let again = app
        .request("GET", "/me")
        .bearer_auth(&lena.token)
        .header("if-none-match", &etag);
    let again = app.send(again).await.expect(304);
    assert_eq!((again.text.as_str(), again.header("etag")), ("", etag.as_str()));
}

#[both_databases]
async fn of_two_changes_at_once_one_is_stale(app: App) {
    let lena = app.learner().await;
    let etag = app.get_as(&lena, "/me").await.header("etag").to_owned();
    let patches = (0..8).map(|n| app.patch_as(&lena, "/me", &etag, json!({ "bio": n.to_string() })));
    let statuses: Vec<u16> = futures_util::future::join_all(patches)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [200, 412].contains(status)),
        "{statuses:?}"
    );
}

#[both_databases]
async fn a_profile_keeps_its_units(app: App) {
    let lena = app.learner().await;
    let etag = app
        .get_as(&lena, "/me/profile")
        .await
        .expect(200)
        .header("etag")
        .to_owned();
    let body = json!({
        "weight": 68.4321, "height": 172, "dateOfBirth": "1990-04-30", "phone": "+46 70", "experienceLevel": "ADVANCED",
        "socialMediaLinks": { "instagram": "https://instagram.com/lena" },
    });
    let reply = app.patch_as(&lena, "/me/profile", &etag, body).await.expect(200);
    assert_eq!(
        (reply.at("/weight"), reply.at("/height")),
        (json!(68.432), json!(172.0))
    );
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
    let pointers: Vec<&str> = refused
        .iter()
        .map(|reason| reason.split(' ').next().unwrap())
        .collect();
    for pointer in [
        "/dateOfBirth",
        "/experienceLevel",
        "/height",
        "/socialMediaLinks/x",
        "/weight",
    ] {
        assert!(pointers.contains(&pointer), "{refused:?}");
    }
    let unborn = app
        .patch_as(
            &lena,
            "/me/profile",
            &etag,
            json!({ "dateOfBirth": "2099-01-01" }),
        )
        .await;
    assert_eq!(
        unborn.expect_problem(422, "validation_failed").errors(),
        ["/dateOfBirth in_the_future"]
    );
}

#[both_databases]
async fn a_new_password_ends_the_other_sessions(app: App) {
    let lena = app.learner().await;
    let phone = app.login(&lena.email, PASSWORD).await;
    let change = |current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        app.send(
            app.request("PUT", "/me/password")
                .bearer_auth(&lena.token)
                .json(&body),
        )
    };
    assert_eq!(
        change("seven yellow anvils", "eight green anvils")
            .await
            .expect_problem(422, "validation_failed")
            .errors(),
        ["/currentPassword wrong_password"]
    );
    change(PASSWORD, "password123")
        .await
        .expect_problem(422, "validation_failed");
    change(PASSWORD, "eight green anvils").await.expect(204);
    app.get_as(&lena, "/me/sessions").await.expect(200);
    app.get_as(&phone, "/me/sessions")
        .await
        .expect_problem(401, "session_revoked");
    app.post("/auth/refresh", json!({ "refreshToken": phone.refresh_token }))
        .await
        .expect_problem(401, "refresh_token_invalid");
    app.login(&lena.email, "eight green anvils").await;
}

#[both_databases]
async fn sessions_are_listed_and_ended(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let login = app
        .request("POST", "/auth/login")
        .header("user-agent", "PalestraApp/2.1");
    app.send(login.json(&json!({ "email": lena.email, "password": PASSWORD })))
        .await
        .expect(200);
    let third = app.login(&lena.email, PASSWORD).await;
    let list = app.get_as(&lena, "/me/sessions").await.expect(200);
    let sessions = list.at("/data").as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(
        sessions
            .iter()
            .filter(|session| session["isCurrent"] == true)
            .count(),
        1
    );
    let app_session = sessions
        .iter()
        .find(|session| session["userAgent"] == "PalestraApp/2.1")
        .unwrap();
    let path = format!("/me/sessions/{}", app_session["id"].as_str().unwrap());
    app.delete_as(&tom, &path).await.expect_problem(404, "not_found");
    app.delete_as(&lena, &path).await.expect(204);
    app.delete_as(&lena, &path).await.expect_problem(404, "not_found");
    app.delete_as(&lena, "/me/sessions").await.expect(204);
    app.get_as(&third, "/me/sessions")
        .await
        .expect_problem(401, "session_revoked");
    assert_eq!(
        app.get_as(&lena, "/me/sessions")
            .await
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[both_databases]
async fn pages_follow_each_other_without_gaps(app: App) {
    let lena = app.learner().await;
    for _ in 0..4 {
        app.login(&lena.email, PASSWORD).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app
            .get_as(&lena, &format!("/me/sessions?limit=2{cursor}"))
            .await
            .expect(200);
        seen.extend(
            page.at("/data")
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        if page.at("/hasMore") == false {
            assert!(page.at("/nextCursor").is_null());
            break;
        }
        cursor = format!("&cursor={}", page.text_at("/nextCursor"));
    }
    assert_eq!(seen.len(), 5);
    let distinct: std::collections::HashSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), 5);
    app.get_as(&lena, "/me/sessions?cursor=________________________________")
        .await
        .expect(200);
    let refused = app
        .get_as(&lena, "/me/sessions?cursor=short&limit=0&limit=2&unknown=1")
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        [
            "?cursor bad_format",
            "?limit duplicate",
            "?unknown unknown_parameter"
        ]
    );
    app.get_as(&lena, "/me/sessions?limit=101")
        .await
        .expect_problem(422, "validation_failed");
    app.get_as(&lena, "/me/sessions?limit=%ff")
        .await
        .expect_problem(400, "malformed_request");
}
