//! `/me/sessions`: listing and revoking.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD};

#[both_databases]
async fn sessions_are_listed_and_revoked(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let login = app.request("POST", "/auth/login").header("user-agent", "PalestraApp/2.1");
    app.send(login.json(&json!({ "email": lena.email, "password": PASSWORD }))).await.expect(200);
    let third = app.login(&lena.email, PASSWORD).await;
    let list = app.get_as(&lena, "/me/sessions").await.expect(200);
    let sessions = list.at("/data").as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["isCurrent"] == true).count(), 1);
    let app_session = sessions.iter().find(|session| session["userAgent"] == "PalestraApp/2.1").unwrap();
    let path = format!("/me/sessions/{}", app_session["id"].as_str().unwrap());
    app.delete_as(&tom, &path).await.expect_problem(404, "not_found");
    app.delete_as(&lena, &path).await.expect(204);
    app.delete_as(&lena, &path).await.expect_problem(404, "not_found");
    app.delete_as(&lena, "/me/sessions").await.expect(204);
    app.get_as(&third, "/me/sessions").await.expect_problem(401, "session_revoked");
    assert_eq!(app.get_as(&lena, "/me/sessions").await.at("/data").as_array().unwrap().len(), 1);
}

#[both_databases]
async fn pages_follow_each_other_without_gaps(app: App) {
    let lena = app.learner().await;
    for _ in 0..4 {
        app.login(&lena.email, PASSWORD).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get_as(&lena, &format!("/me/sessions?limit=2{cursor}")).await.expect(200);
        seen.extend(
            page.at("/data").as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
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
    let refused = app
        .get_as(&lena, "/me/sessions?cursor=short&limit=0&limit=2&unknown=1")
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["?cursor bad_format", "?limit duplicate", "?unknown unknown_parameter"]);
    app.get_as(&lena, "/me/sessions?limit=101").await.expect_problem(422, "validation_failed");
    app.get_as(&lena, "/me/sessions?limit=%ff").await.expect_problem(400, "malformed_request");
}
