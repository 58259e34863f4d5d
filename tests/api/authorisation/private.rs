//! Private texts in other people's answers: the filters of the use cases alone. On SQLite there is nothing behind them.

use serde_json::{Value, json};
use test_macros::both_databases;

use super::{Scene, call_as, table};
use crate::support::{App, Person};

/// What nobody else reads begins with this.
const MARK: &str = "zqx";

/// Writes a text of each kind that is not for others.
async fn write_private_texts(app: &App, scene: &Scene) {
    let Scene { enrolled, author, admin, .. } = scene;
    let text = |name: &str| format!("{MARK}-{name}");
    let patch = async |who: &Person, path: &str, change: Value| {
        app.patch_as(who, path, "*", change).await.expect(200);
    };
    patch(enrolled, "/me/profile", json!({ "phone": text("phone"), "address": text("address") })).await;
    patch(author, &scene.path("/courses/{draft}"), json!({ "title": text("draft") })).await;
    let lesson = json!({ "description": text("lesson"), "content": format!("<p>{}</p>", text("content")) });
    patch(author, &scene.path("/lessons/{lesson}"), lesson).await;
    let chapter = json!({ "content": format!("<p>{}</p>", text("chapter")) });
    patch(author, &scene.path("/chapters/{chapter}"), chapter).await;
    patch(enrolled, &scene.path("/posts/{draftPost}"), json!({ "title": text("draft-post") })).await;
    patch(enrolled, &scene.path("/posts/{post}"), json!({ "title": text("course-post") })).await;
    patch(enrolled, &scene.path("/comments/{comment}"), json!({ "content": text("comment") })).await;
    let words = json!({ "blockedWords": [text("word")] });
    patch(author, &scene.path("/courses/{course}/community-settings"), words.clone()).await;
    patch(admin, "/community-settings", words).await;
    app.send_message(author, &scene.path("{conversation}"), &text("message")).await;
    let announcement = json!({ "title": text("announcement"), "body": "x" });
    let path = scene.path("/courses/{course}/announcements");
    app.post_as(author, &path, announcement).await.expect(201);
    let private = json!({ "code": "ZQXCODE", "percentOff": 20 });
    app.post_as(author, "/coupons", private).await.expect(201);
}

#[both_databases]
async fn what_is_private_is_in_nobody_elses_answers(app: App) {
    let scene = Scene::set(&app).await;
    write_private_texts(&app, &scene).await;
    let others = [None, Some(&scene.stranger), Some(&scene.other)];
    let mut tried = 0;
    let mut wrong = Vec::new();
    for (operation, line, body, _) in table() {
        if !line.starts_with("GET ") || operation == "streamEvents" {
            continue;
        }
        let (method, path, body) = scene.request(line, &body);
        for who in others {
            let reply = call_as(&app, method, &path, &body, who, (operation, "x")).await;
            tried += 1;
            let text = reply.text.to_lowercase();
            if let Some(place) = text.find(MARK) {
                let shown: String = text.chars().skip(place).take(20).collect();
                wrong.push(format!("{operation} ({line}): {shown}"));
            }
        }
    }
    assert!(tried >= 200, "only {tried} answers");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // The texts are there: those whom they are for read them.
    let own = app.get_as(&scene.enrolled, "/me/profile").await.expect(200);
    assert_eq!(own.at("/phone"), format!("{MARK}-phone"));
    let lesson = app.get_as(&scene.enrolled, &scene.path("/lessons/{lesson}")).await.expect(200);
    assert_eq!(lesson.at("/description"), format!("{MARK}-lesson"));
}
