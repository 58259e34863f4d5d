//! `/courses/{course}/announcements`.

use chrono::Duration;
use database::{Pool, Tx, outbox, values};
use kernel::{Actor, Error};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, PASSWORD};

fn announcement() -> serde_json::Value {
    json!({ "title": "A new week", "body": "<p>Week 5 is <b>online</b>.<script>x</script></p>" })
}

#[both_databases]
async fn learners_with_access_are_notified(app: App) {
    let (elena, editor, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let (lena, tom, mia, zoe) =
        (app.learner().await, app.learner().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom, &mia]).await;
    app.put_as(&elena, &format!("/courses/{course}/trainers/{}", editor.id), json!(null)).await.expect(200);
    app.revoke_access(&elena, &course, &tom).await;
    app.put_as(&mia, &format!("/me/blocks/{}", elena.id), json!(null)).await;
    let path = format!("/courses/{course}/announcements");
    app.post_as(&lena, &path, announcement()).await.expect_problem(403, "forbidden");
    app.post_as(&zoe, &path, announcement()).await.expect_problem(403, "forbidden");
    let made = app.post_as(&elena, &path, announcement()).await.expect(201);
    assert_eq!(
        (made.at("/body"), made.at("/author/id")),
        (json!("<p>Week 5 is <b>online</b>.</p>"), json!(elena.id))
    );
    let notifications = app.notifications_of(&lena).await;
    assert_eq!(
        (
            notifications.len(),
            &notifications[0]["kind"],
            &notifications[0]["title"],
            &notifications[0]["excerpt"]
        ),
        (1, &json!("ANNOUNCEMENT"), &json!("A new week"), &json!("Week 5 is online."))
    );
    for stranger in [&tom, &mia, &zoe, &elena] {
        assert_eq!(app.notifications_of(stranger).await.len(), 0);
    }
    // Later learners see it in the list, and are not notified.
    app.post_empty_as(&zoe, &format!("/courses/{course}/enroll")).await.expect(201);
    assert_eq!(app.notifications_of(&zoe).await.len(), 0);
    let listed = app.get_as(&zoe, &path).await.expect(200);
    assert_eq!(
        (listed.at("/data/0/title"), listed.at("/data/0/toldCount"), listed.at("/data/0/finishedAt")),
        (json!("A new week"), json!(null), json!(null))
    );
    for who in [&elena, &editor, &admin] {
        let listed = app.get_as(who, &path).await.expect(200);
        assert_eq!(listed.at("/data/0/toldCount"), 1);
        assert!(listed.at("/data/0/finishedAt").is_string());
    }
    app.get_as(&tom, &path).await.expect_problem(403, "grant_revoked");
    app.get_as(&app.learner().await, &path).await.expect_problem(403, "not_granted");
    app.post_as(&editor, &path, announcement()).await.expect(201);
    // Mia has no block with the editor.
    assert_eq!(app.notification_kinds_of(&mia).await, ["ANNOUNCEMENT"]);
}

#[both_databases]
async fn every_fault_of_an_announcement_is_a_reason(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_with_learners(&elena, &[]).await;
    let path = format!("/courses/{course}/announcements");
    for (body, reasons) in [
        (
            json!({ "title": "", "pinned": true }),
            vec!["/body required", "/pinned unknown_member", "/title bad_format", "/title too_short"],
        ),
        // What the sanitiser leaves of these cannot be read; the schema does not know that.
        (json!({ "title": "\u{200b}", "body": "<script>x</script>" }), vec!["/body blank", "/title blank"]),
        (json!({ "title": "x", "body": "<p> </p>" }), vec!["/body blank"]),
    ] {
        let refused = app.post_as(&elena, &path, body).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), reasons);
    }
}

#[both_databases]
async fn a_course_has_five_announcements_a_day(app: App) {
    let (elena, greta) = (app.trainer().await, app.trainer().await);
    let (course, _) = app.course_with_learners(&elena, &[]).await;
    let path = format!("/courses/{course}/announcements");
    app.post_as(&greta, &path, announcement()).await.expect_problem(403, "forbidden");
    let all =
        futures_util::future::join_all((0..8).map(|_| app.post_as(&elena, &path, announcement()))).await;
    let made = all
        .into_iter()
        .filter(|reply| match reply.status {
            201 => true,
            _ => {
                reply.clone().expect_problem(429, "too_many_announcements");
                false
            }
        })
        .count();
    assert_eq!(made, 5);
    app.clock.advance(Duration::hours(25));
    let elena = app.login(&elena.email, PASSWORD).await;
    app.post_as(&elena, &path, announcement()).await.expect(201);
}

/// A mailer that always fails.
struct NoMail;

#[async_trait::async_trait]
impl kernel::mail::Mailer for NoMail {
    async fn send(&self, _: kernel::mail::Message) -> kernel::Result<()> {
        Err(Error::internal("no mail in this test"))
    }
}

/// 450 learners in batches of 200: two workers process the message at once and again; everybody is notified once.
#[both_databases]
async fn an_interrupted_announcement_notifies_everybody_once(database: DatabaseKind) {
    let app = App::start_without_worker(database).await;
    let elena = app.trainer().await;
    let (course, _) = app.course_with_learners(&elena, &[]).await;
    let work = {
        let course: kernel::Uuid = course.parse().unwrap();
        move |tx: Tx| async move {
            for n in 0..450_u32 {
                let (user, at): (kernel::UserId, _) = (tx.new_id(), tx.now());
                let sql = "INSERT INTO users (id, name, social_media_links, role, status, version, created_at, updated_at) \
                           VALUES (:user, :name, :links, 'USER', 'ACTIVE', 1, :at, :at)";
                tx.execute(sql, values! { user, name: format!("L{n}"), links: json!({}), at }).await?;
                let sql = "INSERT INTO grants (id, user_id, course_id, source, source_id, status, starts_at, status_changed_at, \
                           created_at) VALUES (:id, :user, :course, 'MANUAL', :source, 'ACTIVE', :at, :at, :at)";
                let id: kernel::Uuid = tx.new_id();
                tx.execute(sql, values! { id, user, course, source: id.to_string(), at }).await?;
            }
            Ok(())
        }
    };
    seed(&app, work).await;
    let path = format!("/courses/{course}/announcements");
    app.post_as(&elena, &path, announcement()).await.expect(201);
    let message = claim_announcement(&app).await;
    let mail = community::MailContext { mailer: &NoMail, app_url: "" };
    let twice = || community::notify(&app.db, &mail, &message);
    let (one, other) = tokio::join!(twice(), twice());
    one.unwrap();
    other.unwrap();
    twice().await.unwrap();
    let listed = app.get_as(&elena, &path).await.expect(200);
    assert_eq!(listed.at("/data/0/toldCount"), 450);
    assert!(listed.at("/data/0/finishedAt").is_string());
    assert_eq!(app.count("SELECT count(*) FROM notifications").await, 450);
    // One mail is queued for each.
    assert_eq!(app.count("SELECT count(*) FROM outbox WHERE kind = 'notification.mail'").await, 450);
}

async fn seed<F: Future<Output = kernel::Result<()>> + Send + 'static>(
    app: &App,
    work: impl FnOnce(Tx) -> F + Send + 'static,
) {
    // Users are created by the auth role and grants by the worker role; the test bypasses both.
    if app.url.is_none() {
        app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
    } else {
        app.sql(
            "ALTER TABLE users NO FORCE ROW LEVEL SECURITY; ALTER TABLE grants NO FORCE ROW LEVEL SECURITY",
        )
        .await;
        app.sql("GRANT INSERT ON users TO palestra_worker; CREATE POLICY test_seed ON users FOR INSERT TO palestra_worker WITH CHECK (true)")
            .await;
        app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
        app.sql("DROP POLICY test_seed ON users; REVOKE INSERT ON users FROM palestra_worker").await;
    }
}

async fn claim_announcement(app: &App) -> outbox::Message {
    let work = |tx: Tx| async move { outbox::claim(&tx, outbox::Kinds::Any, 100).await };
    let messages = app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
    messages.into_iter().find(|message| message.kind == "announcement.created").unwrap()
}
