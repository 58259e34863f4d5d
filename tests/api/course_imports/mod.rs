//! `/course-imports`: courses as documents.

mod round_trip;
mod validation;

use serde_json::{Value, json};

use crate::support::{App, Person, Reply};

/// The smallest document, with more members of the course.
pub(crate) fn document(more: Value) -> Value {
    let mut course = json!({ "title": "Kettlebell Basics" });
    course.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "format": "palestra.course", "version": 1, "course": course })
}

/// This many minimal lessons.
pub(crate) fn lessons(count: usize) -> Value {
    (0..count).map(|number| json!({ "title": format!("Lesson {number}") })).collect()
}

pub(crate) async fn import(app: &App, person: &Person, document: &Value) -> Reply {
    app.post_as(person, "/course-imports", document.clone()).await
}

pub(crate) async fn dry_run(app: &App, person: &Person, document: &Value) -> Reply {
    app.post_as(person, "/course-imports?dryRun=true", document.clone()).await.expect(200)
}

pub(crate) async fn export(app: &App, person: &Person, course: &str) -> Value {
    app.get_as(person, &format!("/courses/{course}/export")).await.expect(200).json()
}

/// `pointer code` of each problem of a dry run, sorted.
pub(crate) fn problems(report: &Reply) -> Vec<String> {
    let problems = report.at("/problems");
    let text = |problem: &Value| {
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        format!("{} {}", problem["pointer"].as_str().unwrap(), problem["code"].as_str().unwrap())
    };
    let mut problems: Vec<String> = problems.as_array().unwrap().iter().map(text).collect();
    problems.sort();
    problems
}
