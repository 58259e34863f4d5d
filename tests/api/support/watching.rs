//! Watching and completing lessons.

use serde_json::{Value, json};

use crate::support::{App, Person};

/// A published course whose first lesson has a video of ten minutes: course, chapter, lessons.
pub async fn course_with_video(app: &App, trainer: &Person) -> (String, String, [String; 2]) {
    let made = app.course(trainer, json!({})).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(trainer, &format!("/lessons/{}", made.2[0]), "*", video).await.expect(200);
    made
}

pub fn played(from: f64, to: f64) -> Value {
    json!({ "ranges": [{ "from": from, "to": to }], "positionSeconds": to })
}

/// A learner of such a course, and its first lesson.
pub async fn watcher(app: &App) -> (Person, String) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, [lesson, _]) = course_with_video(app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    (lena, format!("/lessons/{lesson}"))
}

pub async fn complete_lesson(app: &App, who: &Person, lesson: &str) {
    app.post_empty_as(who, &format!("/lessons/{lesson}/complete")).await.expect(200);
}
