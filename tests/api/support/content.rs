//! Courses, chapters and lessons to test with.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{App, Person};

static NEXT: AtomicU32 = AtomicU32::new(1);

impl App {
    /// A category with a name of its own, created by a new admin.
    pub async fn category(&self) -> String {
        let name = format!("Category {}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.category_named(&name).await
    }

    pub async fn category_named(&self, name: &str) -> String {
        let admin = self.admin().await;
        self.post_as(&admin, "/categories", json!({ "name": name })).await.expect(201).text_at("/id")
    }

    /// A draft that can be published once it has a chapter; `more` overrides its members.
    pub async fn draft(&self, trainer: &Person, more: Value) -> String {
        let category = self.category().await;
        let mut body = json!({
            "title": "Strength Foundations", "description": "Four weeks.", "imageUrl": "https://images.example.com/a.jpg",
            "categoryIds": [category],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post_as(trainer, "/courses", body).await.expect(201).text_at("/id")
    }

    pub async fn chapter(&self, trainer: &Person, course: &str, is_free: bool) -> String {
        let body = json!({ "title": "Week 1", "isFree": is_free });
        self.post_as(trainer, &format!("/courses/{course}/chapters"), body).await.expect(201).text_at("/id")
    }

    /// A published lesson with text.
    pub async fn lesson(&self, trainer: &Person, chapter: &str) -> String {
        let body = json!({ "title": "The hinge", "content": "<p>Hips back.</p>" });
        let id = self
            .post_as(trainer, &format!("/chapters/{chapter}/lessons"), body)
            .await
            .expect(201)
            .text_at("/id");
        self.post_empty_as(trainer, &format!("/lessons/{id}/publish")).await.expect(200);
        id
    }

    /// A published course with one chapter and two lessons: course, chapter, lessons.
    pub async fn course(&self, trainer: &Person, more: Value) -> (String, String, [String; 2]) {
        let course = self.draft(trainer, more).await;
        let chapter = self.chapter(trainer, &course, false).await;
        let lessons = [self.lesson(trainer, &chapter).await, self.lesson(trainer, &chapter).await];
        self.post_empty_as(trainer, &format!("/chapters/{chapter}/publish")).await.expect(200);
        self.post_empty_as(trainer, &format!("/courses/{course}/publish")).await.expect(200);
        (course, chapter, lessons)
    }
}
