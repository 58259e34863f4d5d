//! What the rows of the table are about: people, a course, and what each of them has to do with it.

use serde_json::{Value, json};

use crate::support::{App, Person};

/// The people of the table, and the ids of what its paths and bodies name.
pub(super) struct Scene {
    pub(super) stranger: Person,
    pub(super) enrolled: Person,
    pub(super) other: Person,
    pub(super) author: Person,
    pub(super) admin: Person,
    places: Vec<(&'static str, String)>,
}

impl Scene {
    pub(super) async fn set(app: &App) -> Self {
        let (stranger, enrolled) = (app.learner().await, app.learner().await);
        let (other, author, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
        let (course, chapter, lessons) = app.course(&author, json!({})).await;
        let [lesson, _] = lessons;
        let draft = app.draft(&author, json!({})).await;
        let category = app.get(&format!("/courses/{course}")).await.text_at("/categories/0/id");
        app.post_empty_as(&enrolled, &format!("/courses/{course}/enroll")).await.expect(201);
        let id_of = async |who: &Person, path: &str, body: Value| {
            app.post_as(who, path, body).await.expect(201).text_at("/id")
        };
        let film = json!({ "contentType": "video/mp4", "sizeBytes": 1000, "name": "x.mp4" });
        let video = app.post_as(&author, "/video-uploads", film).await.expect(201).text_at("/videoAsset/id");
        let link = json!({ "name": "x", "url": "https://example.com/x" });
        let attachment = id_of(&author, &format!("/lessons/{lesson}/attachments"), link).await;
        let file = json!({ "purpose": "ATTACHMENT", "name": "x.pdf", "contentType": "application/pdf", "sizeBytes": 3 });
        let upload = id_of(&author, "/uploads", file).await;
        let (priced, _) = app.course_for_sale(&author, 4900).await;
        let payment = app.buy(&enrolled, &priced).await;
        let coupon = id_of(&author, "/coupons", json!({ "code": "FIFTH", "percentOff": 20 })).await;
        let given = json!({ "userId": enrolled.id });
        let grant = id_of(&author, &format!("/courses/{draft}/grants"), given).await;
        let two = json!({ "kind": "DIRECT", "memberIds": [enrolled.id] });
        let conversation = id_of(&author, "/conversations", two).await;
        let few = json!({ "kind": "GROUP", "memberIds": [enrolled.id], "title": "Sunday runners" });
        let group = id_of(&author, "/conversations", few).await;
        let message = app.send_message(&author, &conversation, "x").await.text_at("/id");
        let write = json!({ "title": "x", "content": "x", "courseId": course, "published": true });
        let post = id_of(&enrolled, "/posts", write).await;
        let draft_post = id_of(&enrolled, "/posts", json!({ "title": "x" })).await;
        let comment =
            id_of(&enrolled, &format!("/lessons/{lesson}/comments"), json!({ "content": "x" })).await;
        let report = app.report(&author, "COMMENT", &comment).await;
        let places = vec![
            ("{conversation}", conversation),
            ("{group}", group),
            ("{message}", message),
            ("{report}", report),
            ("{post}", post),
            ("{draftPost}", draft_post),
            ("{comment}", comment),
            ("{priced}", priced),
            ("{payment}", payment),
            ("{coupon}", coupon),
            ("{grant}", grant),
            ("{attachment}", attachment),
            ("{upload}", upload),
            ("{video}", video),
            ("{course}", course),
            ("{chapter}", chapter),
            ("{lesson}", lesson),
            ("{draft}", draft),
            ("{category}", category),
            ("{author}", author.id.clone()),
            ("{learner}", enrolled.id.clone()),
            ("{other}", "0198c0de-0000-7000-8000-000000000001".to_owned()),
        ];
        Self { stranger, enrolled, other, author, admin, places }
    }

    /// In the order of the table's columns.
    pub(super) fn people(&self) -> [Option<&Person>; 6] {
        let Self { stranger, enrolled, other, author, admin, places: _ } = self;
        [None, Some(stranger), Some(enrolled), Some(other), Some(author), Some(admin)]
    }

    /// A text with ids in place of their names.
    pub(super) fn path(&self, text: &str) -> String {
        self.places.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    /// The method, the path and the body of a row.
    pub(super) fn request<'a>(&self, line: &'a str, body: &Value) -> (&'a str, String, Value) {
        let (method, path) = line.split_once(' ').unwrap();
        let body = serde_json::from_str(&self.path(&body.to_string())).unwrap();
        (method, self.path(path), body)
    }
}
