//! Who may call what: one row an operation, compared with the document. An operation without a row fails by name.

mod accounts;
mod community;
mod courses;
mod media;
mod messages;
mod payments;
mod private;
mod scene;
mod standing;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_macros::both_databases;

use self::scene::Scene;
use crate::support::{App, Person, Reply};

/// The statuses for: nobody, a learner without a grant, a learner who is enrolled, another trainer, the author, an admin.
type Expected = [u16; 6];

/// Anybody.
const ALL: Expected = [200; 6];

/// Whoever is logged in.
const MEMBERS: Expected = [401, 200, 200, 200, 200, 200];

/// Authoring in a published course: seen, but only its author's and admins'.
const AUTHORS: Expected = [401, 403, 403, 403, 200, 200];

/// Admins.
const ADMINS: Expected = [401, 403, 403, 403, 403, 200];

/// Trainers and admins.
const TRAINERS: Expected = [401, 403, 403, 200, 200, 200];

/// The buyer (who is enrolled), the seller and admins.
const PARTIES: Expected = [401, 404, 200, 404, 200, 200];

/// What is read in a course: whoever has access to it.
const READERS: Expected = [401, 403, 200, 403, 200, 200];

/// The same of one thing in it, which for others is not there.
const INSIDERS: Expected = [401, 404, 200, 404, 200, 200];

/// What the learner who is enrolled wrote in a course, and nobody else changes.
const WRITERS: Expected = [401, 404, 200, 404, 403, 403];

/// What is moderated in a course.
const MODERATORS: Expected = [401, 404, 403, 404, 200, 200];

/// Operation, path (below `/api/v1`, or `//` from the root), body, statuses.
type Row = (&'static str, &'static str, Value, Expected);

/// In this order: some rows find what those before them left.
fn table() -> Vec<Row> {
    [
        accounts::rows(),
        courses::rows(),
        community::rows(),
        media::rows(),
        payments::rows(),
        messages::rows(),
        taking_away(),
    ]
    .concat()
}

/// Last, since they take the course away.
fn taking_away() -> Vec<Row> {
    let none = Value::Null;
    vec![
        ("deleteCourse", "DELETE /courses/{course}", none.clone(), [401, 403, 403, 403, 409, 409]),
        ("archiveCourse", "POST /courses/{course}/archive", none.clone(), AUTHORS),
        ("unpublishLesson", "POST /lessons/{lesson}/unpublish", none.clone(), AUTHORS),
        ("unpublishChapter", "POST /chapters/{chapter}/unpublish", none.clone(), AUTHORS),
        ("unpublishCourse", "POST /courses/{course}/unpublish", none, [401, 404, 404, 404, 200, 200]),
    ]
}

#[both_databases]
async fn every_operation_answers_each_as_the_table_says(app: App) {
    let scene = Scene::set(&app).await;
    let people = scene.people();
    let mut wrong = Vec::new();
    for (operation, line, body, expected) in table() {
        let (method, path, body) = scene.request(line, &body);
        let statuses = call(&app, method, &path, &body, &people, operation).await;
        if statuses != expected {
            wrong.push(format!("{operation} ({line}): {statuses:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

async fn call(
    app: &App,
    method: &str,
    path: &str,
    body: &Value,
    people: &[Option<&Person>; 6],
    operation: &str,
) -> Expected {
    let mut statuses = [0; 6];
    for (index, person) in people.iter().enumerate() {
        // Two rows of one operation differ in their bodies.
        let key = format!("{operation}-{index}-{}", body.to_string().len());
        let unique = format!("{operation}{index}").to_lowercase();
        statuses[index] = call_as(app, method, path, body, *person, (&key, &unique)).await.status;
    }
    statuses
}

/// One request; `key` is its `Idempotency-Key`, and `unique` stands in for `{unique}` in its body.
async fn call_as(
    app: &App,
    method: &str,
    path: &str,
    body: &Value,
    person: Option<&Person>,
    (key, unique): (&str, &str),
) -> Reply {
    let mut request = app.request(method, path);
    if let Some(person) = person {
        request = request.bearer_auth(&person.token);
    }
    if method == "PATCH" {
        request = request.header("if-match", "*");
    }
    if method == "POST" {
        request = request.header("idempotency-key", key);
    }
    if !body.is_null() {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string().replace("{unique}", unique));
    }
    let reply: Reply = app.send(request).await;
    assert!(reply.status < 500, "{method} {path}: {}", reply.text);
    reply
}

#[test]
fn every_operation_of_the_document_has_a_row() {
    let document: Value = serde_json::from_str(&api::document().unwrap()).unwrap();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let operations: Vec<&Value> = operations.collect();
    let known: BTreeSet<&str> =
        operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(known.len(), operations.len(), "two operations have one id");
    let rows: BTreeSet<&str> = table().into_iter().map(|(operation, ..)| operation).collect();
    let missing: Vec<_> = known.difference(&rows).collect();
    assert!(missing.is_empty(), "no row in the authorisation table for {missing:?}");
    let gone: Vec<_> = rows.difference(&known).collect();
    assert!(gone.is_empty(), "rows for operations that do not exist: {gone:?}");
    // What nobody may call says so in the document, and the reverse.
    for (operation, _, _, expected) in table() {
        let written = operations.iter().find(|written| written["operationId"] == operation).unwrap();
        let needs = written["security"] == json!([{ "bearer": [] }]);
        let refuses_nobody = expected[0] == 401 && expected[1] != 401;
        if needs {
            assert!(refuses_nobody, "{operation} needs a token by the document, but not by the table");
        }
    }
}
