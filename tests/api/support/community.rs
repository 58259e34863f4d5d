//! Posts and comments.

use kernel::{Actor, Role, Uuid};
use serde_json::{Value, json};

use crate::support::{App, Person, Reply};

/// Submits a post, published at once unless `more` says otherwise; returns the reply, whatever it is.
pub async fn submit_post(app: &App, who: &Person, more: Value) -> Reply {
    let mut body = json!({ "title": "Saturday", "content": "<p>By the lake.</p>", "published": true });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post_as(who, "/posts", body).await
}

/// Creates a post; returns its id.
pub async fn create_post(app: &App, who: &Person, more: Value) -> String {
    submit_post(app, who, more).await.expect(201).text_at("/id")
}

/// Comments on `/posts/…` or `/lessons/…`.
pub async fn submit_comment(app: &App, who: &Person, on: &str, text: &str, parent: Option<&str>) -> Reply {
    let mut body = json!({ "content": text });
    if let Some(parent) = parent {
        body["parentId"] = json!(parent);
    }
    app.post_as(who, &format!("{on}/comments"), body).await
}

/// Creates a comment; returns its id.
pub async fn create_comment(app: &App, who: &Person, on: &str, text: &str, parent: Option<&str>) -> String {
    submit_comment(app, who, on, text, parent).await.expect(201).text_at("/id")
}

/// Collects one member of all rows of a list, page by page.
pub async fn collect_pages(app: &App, who: &Person, path: &str, limit: usize, member: &str) -> Vec<Value> {
    let glue = if path.contains('?') { '&' } else { '?' };
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get_as(who, &format!("{path}{glue}limit={limit}{cursor}")).await.expect(200).json();
        let rows = page["data"].as_array().unwrap();
        assert!(rows.len() <= limit);
        found.extend(rows.iter().map(|row| row.pointer(member).unwrap().clone()));
        assert_eq!(page["hasMore"], page["nextCursor"].is_string());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// A published course with an enrolled learner: course and lesson.
pub async fn course_with_learner(app: &App, trainer: &Person, learner: &Person) -> (String, String) {
    let (course, _, [lesson, _]) = app.course(trainer, json!({})).await;
    app.post_empty_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
    (course, lesson)
}

pub fn actor(who: &Person, role: Role) -> Actor {
    Actor::User { id: uuid(&who.id).into(), role, session: Uuid::nil().into() }
}

pub fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}
