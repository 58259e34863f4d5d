//! `POST /courses/{course}/duplicate`.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_copy_is_a_draft_with_all_content(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&marco, &format!("/courses/{course}/duplicate")).await.expect_problem(403, "forbidden");
    let copy = app.post_empty_as(&elena, &format!("/courses/{course}/duplicate")).await.expect(201);
    assert_eq!(copy.at("/isPublished"), false);
    let (of, to) = (format!("/courses/{course}/tree"), format!("/courses/{}/tree", copy.text_at("/id")));
    let (before, after) =
        (app.get_as(&elena, &of).await.expect(200), app.get_as(&elena, &to).await.expect(200));
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
