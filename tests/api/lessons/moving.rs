//! `POST /lessons/{lesson}/move`.

use serde_json::json;
use test_macros::both_databases;

use crate::{courses::create, support::App};

#[both_databases]
async fn a_lesson_moves_between_chapters_of_its_course(app: App) {
    let elena = app.trainer().await;
    let (course, first, lessons) = app.course(&elena, json!({})).await;
    let second = create(&app, &elena, &format!("/courses/{course}/chapters"), "Second").await;
    let resident = create(&app, &elena, &format!("/chapters/{second}/lessons"), "Resident").await;
    let moved = app
        .post_as(
            &elena,
            &format!("/lessons/{}/move", lessons[0]),
            json!({ "chapterId": second, "position": 1 }),
        )
        .await
        .expect(200);
    assert_eq!((moved.at("/chapterId"), moved.at("/position")), (json!(second), json!(1)));
    let list = app.get_as(&elena, &format!("/chapters/{second}/lessons")).await.expect(200);
    assert_eq!((list.at("/data/0/id"), list.at("/data/1/id")), (json!(lessons[0]), json!(resident)));
    for lesson in &lessons[1..] {
        app.post_as(&elena, &format!("/lessons/{lesson}/move"), json!({ "chapterId": second }))
            .await
            .expect(200);
    }
    // Nothing published is left in the first chapter, and the second is a draft: the course leaves the catalogue.
    let tree = app.get_as(&elena, &format!("/courses/{course}/tree")).await.expect(200);
    assert_eq!(
        (tree.at("/isPublished"), tree.at("/chapters/0/isPublished"), tree.at("/chapters/0/id")),
        (json!(false), json!(false), json!(first))
    );
    let marco = app.trainer().await;
    let (_, theirs, _) = app.course(&marco, json!({})).await;
    app.post_as(&elena, &format!("/lessons/{resident}/move"), json!({ "chapterId": theirs }))
        .await
        .expect_problem(422, "validation_failed");
    app.post_as(&marco, &format!("/lessons/{resident}/move"), json!({ "chapterId": theirs }))
        .await
        .expect_problem(404, "not_found");
}
