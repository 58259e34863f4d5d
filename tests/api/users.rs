//! `GET /users/{user}`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

const PRIVATE: [&str; 7] = ["weight", "height", "dateOfBirth", "phone", "address", "email", "fitnessGoals"];

#[both_databases]
async fn a_public_profile_shows_nothing_private(app: App) {
    let (elena, admin) = (app.trainer().await, app.admin().await);
    let etag = app.get_as(&elena, "/me").await.header("etag").to_owned();
    app.patch_as(&elena, "/me", &etag, json!({ "username": "elena", "bio": "Coach." })).await.expect(200);
    let etag = app.get_as(&elena, "/me/profile").await.header("etag").to_owned();
    let body = json!({ "weight": 61, "phone": "+1 555", "address": "Home", "dateOfBirth": "1985-01-02", "socialMediaLinks": { "web": "https://elena.example" } });
    app.patch_as(&elena, "/me/profile", &etag, body).await.expect(200);
    for path in [format!("/users/{}", elena.id), "/users/elena".to_owned()] {
        let shown = app.get(&path).await.expect(200).json();
        assert_eq!(
            (&shown["bio"], &shown["role"], &shown["socialMediaLinks"]["web"]),
            (&json!("Coach."), &json!("TRAINER"), &json!("https://elena.example"))
        );
        for field in PRIVATE {
            assert!(shown.get(field).is_none(), "{field} is shown");
        }
    }
    let etag = app.get_as(&admin, &format!("/admin/users/{}", elena.id)).await.header("etag").to_owned();
    app.patch_as(&admin, &format!("/admin/users/{}", elena.id), &etag, json!({ "status": "SUSPENDED" }))
        .await
        .expect(200);
    app.get("/users/elena").await.expect_problem(404, "not_found");
}

#[both_databases]
async fn an_unknown_user_is_not_found(app: App) {
    for user in
        ["nobody", "0198c0de-0000-7000-8000-000000000001", "%00", "%F0%9F%92%AA", "a%2Fb", "..%2F..%2Fetc"]
    {
        app.get(&format!("/users/{user}")).await.expect_problem(404, "not_found");
    }
}
