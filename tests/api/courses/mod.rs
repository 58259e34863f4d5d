//! `/courses`: authoring, the catalogue, and what belongs to a course.

mod announcements;
mod chapters;
mod delete;
mod duplicate;
mod enroll;
mod get;
mod grants;
mod learner_progress;
mod learners;
mod list;
mod outline;
mod patch;
mod post;
mod progress;
mod publish;
mod sales;
mod search;
mod trainers;

use serde_json::{Value, json};

use crate::support::{App, Person, Reply};

pub(crate) fn ids(reply: Reply) -> Vec<String> {
    let reply = reply.expect(200);
    let rows = reply.at("/data");
    rows.as_array().unwrap().iter().map(|course| course["id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn titles(reply: Reply) -> Vec<String> {
    let reply = reply.expect(200);
    let rows = reply.at("/data");
    rows.as_array().unwrap().iter().map(|course| course["title"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// Five courses, a second apart.
pub(crate) async fn create_catalogue(app: &App) {
    let elena = app.trainer().await;
    let courses = [
        json!({ "title": "Strength Foundations", "duration": 90 }),
        json!({ "title": "Übungen für Läufer", "duration": 30, "difficulty": "ADVANCED", "price": usd(4900), "discountPrice": usd(1900) }),
        json!({ "title": "mobility every day", "duration": 20, "description": "Strength is not all.", "price": usd(2900) }),
        json!({ "title": "Archery", "difficulty": "EXPERT", "price": { "amount": 500, "currency": "EUR" } }),
        json!({ "title": "Strong Back", "duration": 60, "difficulty": "EXPERT" }),
    ];
    for course in courses {
        app.course(&elena, course).await;
        app.clock.advance(chrono::Duration::seconds(1));
    }
}

pub(crate) async fn create(app: &App, person: &Person, path: &str, title: &str) -> String {
    let body = json!({ "title": title, "content": "<p>Text</p>" });
    app.post_as(person, path, body).await.expect(201).text_at("/id")
}
