//! `/courses/{course}/trainers`: owners and editors.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{courses::create, support::App};

#[both_databases]
async fn the_owner_adds_trainers_as_editors(app: App) {
    let (elena, marco, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let editor = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&marco, &editor, Value::Null).await.expect_problem(403, "forbidden");
    let learner = format!("/courses/{course}/trainers/{}", lena.id);
    app.put_as(&elena, &learner, Value::Null).await.expect_problem(422, "validation_failed");
    let trainers = app.put_as(&elena, &editor, Value::Null).await.expect(200);
    assert_eq!(
        (trainers.at("/trainers/0/part"), trainers.at("/trainers/1/id")),
        (json!("OWNER"), json!(marco.id))
    );
    app.put_as(&elena, &editor, Value::Null).await.expect(200);
}

#[both_databases]
async fn an_editor_edits_the_course(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let draft = app.draft(&elena, json!({})).await;
    let editor = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&elena, &editor, Value::Null).await.expect(200);
    app.patch_as(&marco, &format!("/courses/{course}"), "*", json!({ "description": "By Marco." }))
        .await
        .expect(200);
    let new = create(&app, &marco, &format!("/chapters/{chapter}/lessons"), "Marco's").await;
    app.post_empty_as(&marco, &format!("/lessons/{new}/publish")).await.expect(200);
    app.get_as(&marco, &format!("/lessons/{}", lessons[0])).await.expect(200);
    app.get_as(&marco, &format!("/courses/{course}/tree")).await.expect(200);
    assert_eq!(app.get_as(&marco, "/me/courses").await.at("/data/0/id"), json!(course));
    app.get_as(&marco, &format!("/courses/{draft}")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn only_the_owner_manages_the_course(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let editor = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&elena, &editor, Value::Null).await.expect(200);
    app.delete_as(&marco, &format!("/courses/{course}")).await.expect_problem(403, "forbidden");
    app.post_empty_as(&marco, &format!("/courses/{course}/archive")).await.expect_problem(403, "forbidden");
    app.put_as(&marco, &format!("/courses/{course}/trainers/{}", elena.id), Value::Null)
        .await
        .expect_problem(403, "forbidden");
}

#[both_databases]
async fn an_editor_may_leave(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let editor = format!("/courses/{course}/trainers/{}", marco.id);
    app.put_as(&elena, &editor, Value::Null).await.expect(200);
    app.delete_as(&marco, &editor).await.expect(204);
    app.patch_as(&marco, &format!("/courses/{course}"), "*", json!({ "description": "Again." }))
        .await
        .expect_problem(403, "forbidden");
    app.delete_as(&elena, &editor).await.expect(204);
}
