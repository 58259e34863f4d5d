//! `/courses/{course}/chapters` and the order of chapters and lessons.

use serde_json::json;
use test_macros::both_databases;

use crate::{courses::create, support::App};

#[both_databases]
async fn an_order_names_every_child_once(app: App) {
    let elena = app.trainer().await;
    let draft = app.draft(&elena, json!({})).await;
    let chapters = format!("/courses/{draft}/chapters");
    let (a, b, c) = (
        create(&app, &elena, &chapters, "A").await,
        create(&app, &elena, &chapters, "B").await,
        create(&app, &elena, &chapters, "C").await,
    );
    let path = format!("{chapters}/order");
    let order = app.put_as(&elena, &path, json!({ "chapterIds": [c, a, b] })).await.expect(200);
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
        app.put_as(&marco, &path, json!({ "chapterIds": [a, b, c] })).await.expect_problem(404, "not_found");
        create(&app, &marco, &format!("/courses/{other}/chapters"), "X").await
    };
    let refused = app
        .put_as(&elena, &path, json!({ "chapterIds": [a, a, foreign] }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        ["/chapterIds missing", "/chapterIds missing", "/chapterIds/1 repeated", "/chapterIds/2 not_a_child"]
    );
    app.put_as(&elena, &path, json!({ "chapterIds": ["x"] })).await.expect_problem(422, "validation_failed");
    let lessons = format!("/chapters/{a}/lessons");
    let (one, two) = (create(&app, &elena, &lessons, "1").await, create(&app, &elena, &lessons, "2").await);
    app.put_as(&elena, &format!("{lessons}/order"), json!({ "lessonIds": [two, one] })).await.expect(200);
    assert_eq!(app.get_as(&elena, &lessons).await.expect(200).at("/data/0/id"), json!(two));
}
