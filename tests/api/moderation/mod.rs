//! `/moderation`: reports, mutes and their effects.

mod content;
mod mutes;
mod queue;
mod reports;

use serde_json::Value;

use crate::support::{App, Person, Reply};

pub(crate) async fn decide(app: &App, who: &Person, report: &str, decision: Value) -> Reply {
    app.post_as(who, &format!("/moderation/reports/{report}/decision"), decision).await
}

/// The subjects of the queue, newest first.
pub(crate) async fn report_queue(app: &App, who: &Person, query: &str) -> Vec<String> {
    let page = app.get_as(who, &format!("/moderation/reports?{query}")).await.expect(200);
    let rows = page.at("/data").as_array().unwrap().clone();
    rows.iter().map(|row| row["subjectId"].as_str().unwrap().to_owned()).collect()
}
