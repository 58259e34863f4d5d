//! Rules that hold in the service crates alone: each test calls the use cases as a command line or an import would, without HTTP.

use database::Pool;
use kernel::{Actor, ChapterId, Code, CourseId, LessonId, Result, Role, SessionId, UserId, Uuid};
use progress::Subject;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, Person, eventually};

/// Somebody, as use cases know them.
fn actor(person: &Person, role: Role) -> Actor {
    Actor::User { id: person.id.parse().unwrap(), role, session: SessionId(Uuid::nil()) }
}

/// The school's defaults.
const RULES: progress::Rules =
    progress::Rules { rate_percent: 200, slack_seconds: 30, completion_percent: 90 };

/// Completes lessons for somebody.
async fn learn(app: &App, learner: &Person, lessons: &[String]) {
    for lesson in lessons {
        let subject = Subject::Lesson(lesson.parse().unwrap());
        let work = move |tx| async move { progress::complete(&tx, subject, &RULES).await };
        app.db.run(actor(learner, Role::User), work).await.unwrap();
    }
}

/// Waits until somebody has completed a course.
async fn completed(app: &App, learner: &Person, course: CourseId) {
    eventually("the course to be completed", || async {
        let read = move |tx| async move { enrollment::enrollment(&tx, course).await };
        let enrollment = app.db.read(actor(learner, Role::User), read).await.unwrap();
        enrollment.is_completed.then_some(())
    })
    .await;
}

async fn delete_lesson(app: &App, trainer: &Person, lesson: &str) -> Result<()> {
    let id: LessonId = lesson.parse().unwrap();
    let work = move |tx| async move { courses::delete_lesson(&tx, id).await };
    app.db.run(actor(trainer, Role::Trainer), work).await
}

async fn delete_chapter(app: &App, trainer: &Person, chapter: &str) -> Result<()> {
    let id: ChapterId = chapter.parse().unwrap();
    let work = move |tx| async move { courses::delete_chapter(&tx, id).await };
    app.db.run(actor(trainer, Role::Trainer), work).await
}

async fn delete_course(app: &App, trainer: &Person, course: &str) -> Result<()> {
    let key = course.to_owned();
    let work = move |tx| async move { courses::delete_course(&tx, &key).await };
    app.db.run(actor(trainer, Role::Trainer), work).await
}

#[both_databases]
async fn unpublishing_a_lesson_recomputes_progress(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    learn(&app, &lena, &lessons[..1]).await;
    let id: LessonId = lessons[1].parse().unwrap();
    let work = move |tx| async move { courses::unpublish_lesson(&tx, id).await };
    app.db.run(actor(&elena, Role::Trainer), work).await.unwrap();
    completed(&app, &lena, course.parse().unwrap()).await;
}

#[both_databases]
async fn deleting_a_lesson_recomputes_progress(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    learn(&app, &lena, &lessons[..1]).await;
    delete_lesson(&app, &elena, &lessons[1]).await.unwrap();
    completed(&app, &lena, course.parse().unwrap()).await;
}

#[both_databases]
async fn unpublishing_a_chapter_recomputes_progress(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, false).await;
    app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    learn(&app, &lena, &lessons).await;
    let id: ChapterId = chapter.parse().unwrap();
    let work = move |tx| async move { courses::unpublish_chapter(&tx, id).await };
    app.db.run(actor(&elena, Role::Trainer), work).await.unwrap();
    completed(&app, &lena, course.parse().unwrap()).await;
}

#[both_databases]
async fn a_preview_counts_after_enrolling(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    learn(&app, &lena, &[lesson]).await;
    let id: CourseId = course.parse().unwrap();
    // `enrollment` knows nothing of progress.
    let work = move |tx| async move { enrollment::enroll(&tx, id).await };
    app.db.run(actor(&lena, Role::User), work).await.unwrap();
    completed(&app, &lena, id).await;
}

#[both_databases]
async fn a_preview_counts_after_buying(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    learn(&app, &lena, &[lesson]).await;
    let (user_id, course_id): (UserId, CourseId) = (lena.id.parse().unwrap(), course.parse().unwrap());
    let purchased = enrollment::Purchased {
        user_id,
        course_id,
        payment_id: app.db.environment().new_id::<kernel::Uuid>().into(),
    };
    let work = move |tx| async move {
        enrollment::apply_purchase_state(&tx, purchased, enrollment::PurchaseState::Active, "paid").await
    };
    app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
    completed(&app, &lena, course_id).await;
}

#[both_databases]
async fn what_somebody_learnt_from_is_not_deleted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let course = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &course, true).await;
    let lesson = app.lesson(&elena, &chapter).await;
    let other = app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    // In a preview, so that only the record itself refers to the course.
    learn(&app, &lena, std::slice::from_ref(&lesson)).await;
    assert_eq!(delete_lesson(&app, &elena, &lesson).await.unwrap_err().code(), Code::CourseHasLearners);
    assert_eq!(delete_chapter(&app, &elena, &chapter).await.unwrap_err().code(), Code::CourseHasLearners);
    assert_eq!(delete_course(&app, &elena, &course).await.unwrap_err().code(), Code::CourseHasLearners);
    delete_lesson(&app, &elena, &other).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM lesson_progress").await, 1);
}

#[both_databases]
async fn what_somebody_watched_is_not_deleted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", video).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[0]), json!({})).await.expect(200);
    assert_eq!(delete_lesson(&app, &elena, &lessons[0]).await.unwrap_err().code(), Code::CourseHasLearners);
    assert_eq!(delete_chapter(&app, &elena, &chapter).await.unwrap_err().code(), Code::CourseHasLearners);
    assert_eq!(app.count("SELECT count(*) FROM watches").await, 1);
}

#[both_databases]
async fn a_course_that_nobody_learnt_from_is_deleted_with_everything_in_it(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    delete_course(&app, &elena, &course).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM lessons").await, 0);
}
