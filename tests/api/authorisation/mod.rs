//! Who may call what: one row an operation, compared with the document. An operation without a row fails by name.

mod accounts;
mod community;
mod courses;
mod media;
mod messages;
mod payments;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_macros::both_databases;

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
    let (stranger, enrolled) = (app.learner().await, app.learner().await);
    let (other, author, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let (course, chapter, lessons) = app.course(&author, json!({})).await;
    let draft = app.draft(&author, json!({})).await;
    let category = app.get(&format!("/courses/{course}")).await.text_at("/categories/0/id");
    app.post_empty_as(&enrolled, &format!("/courses/{course}/enroll")).await.expect(201);
    let film = json!({ "contentType": "video/mp4", "sizeBytes": 1000, "name": "x.mp4" });
    let video = app.post_as(&author, "/video-uploads", film).await.expect(201).text_at("/videoAsset/id");
    let link = json!({ "name": "x", "url": "https://example.com/x" });
    let attachment = app
        .post_as(&author, &format!("/lessons/{}/attachments", lessons[0]), link)
        .await
        .expect(201)
        .text_at("/id");
    let file =
        json!({ "purpose": "ATTACHMENT", "name": "x.pdf", "contentType": "application/pdf", "sizeBytes": 3 });
    let upload = app.post_as(&author, "/uploads", file).await.expect(201).text_at("/id");
    let (priced, _) = app.course_for_sale(&author, 4900).await;
    let payment = app.buy(&enrolled, &priced).await;
    let coupon = app
        .post_as(&author, "/coupons", json!({ "code": "FIFTH", "percentOff": 20 }))
        .await
        .expect(201)
        .text_at("/id");
    let given = json!({ "userId": enrolled.id });
    let grant =
        app.post_as(&author, &format!("/courses/{draft}/grants"), given).await.expect(201).text_at("/id");
    let two = json!({ "kind": "DIRECT", "memberIds": [enrolled.id] });
    let conversation = app.post_as(&author, "/conversations", two).await.expect(201).text_at("/id");
    let few = json!({ "kind": "GROUP", "memberIds": [enrolled.id], "title": "Sunday runners" });
    let group = app.post_as(&author, "/conversations", few).await.expect(201).text_at("/id");
    let message = app.send_message(&author, &conversation, "x").await.text_at("/id");
    let write = json!({ "title": "x", "content": "x", "courseId": course, "published": true });
    let post = app.post_as(&enrolled, "/posts", write).await.expect(201).text_at("/id");
    let draft_post =
        app.post_as(&enrolled, "/posts", json!({ "title": "x" })).await.expect(201).text_at("/id");
    let comment = app
        .post_as(&enrolled, &format!("/lessons/{}/comments", lessons[0]), json!({ "content": "x" }))
        .await
        .expect(201)
        .text_at("/id");
    let report = app.report(&author, "COMMENT", &comment).await;
    let places = [
        ("{conversation}", conversation.as_str()),
        ("{group}", &group),
        ("{message}", &message),
        ("{report}", &report),
        ("{post}", post.as_str()),
        ("{draftPost}", &draft_post),
        ("{comment}", &comment),
        ("{priced}", priced.as_str()),
        ("{payment}", &payment),
        ("{coupon}", &coupon),
        ("{grant}", &grant),
        ("{attachment}", &attachment),
        ("{upload}", &upload),
        ("{video}", &video),
        ("{course}", &course),
        ("{chapter}", &chapter),
        ("{lesson}", &lessons[0]),
        ("{draft}", &draft),
        ("{category}", &category),
        ("{author}", &author.id),
        ("{learner}", &enrolled.id),
        ("{other}", "0198c0de-0000-7000-8000-000000000001"),
    ];
    let people = [None, Some(&stranger), Some(&enrolled), Some(&other), Some(&author), Some(&admin)];
    let mut wrong = Vec::new();
    for (operation, line, body, expected) in table() {
        let (method, path) = line.split_once(' ').unwrap();
        let path = places.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        // From the last to the first where the row takes something away, so that the weaker still find it.
        let body = places.iter().fold(body.to_string(), |body, (name, id)| body.replace(name, id));
        let statuses =
            call(&app, method, &path, &serde_json::from_str(&body).unwrap(), &people, operation).await;
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
        let mut request = app.request(method, path);
        if let Some(person) = person {
            request = request.bearer_auth(&person.token);
        }
        if method == "PATCH" {
            request = request.header("if-match", "*");
        }
        if method == "POST" {
            // Two rows of one operation differ in their bodies.
            let key = format!("{operation}-{index}-{}", body.to_string().len());
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            let unique = format!("{operation}{index}").to_lowercase();
            request = request
                .header("content-type", "application/json")
                .body(body.to_string().replace("{unique}", &unique));
        }
        let reply: Reply = app.send(request).await;
        assert!(reply.status < 500, "{operation}: {}", reply.text);
        statuses[index] = reply.status;
    }
    statuses
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
