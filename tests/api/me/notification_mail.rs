//! Mails about notifications: to whom, when, and what they leave out.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, PASSWORD, Person};

/// The mails to this person.
fn mails_to(app: &App, to: &Person) -> Vec<String> {
    let to = format!("To: {}", to.email);
    app.sent_mails().into_iter().filter(|mail| mail.contains(&to)).collect()
}

/// Sets the clock to this instant.
fn set_clock(app: &App, at: &str) {
    let at: DateTime<Utc> = at.parse().unwrap();
    app.clock.advance(at - app.db.environment().now());
}

#[both_databases]
async fn enabled_notifications_are_mailed(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
    app.set_notification_preferences(
        &lena,
        json!({ "channels": { "mention": { "email": true, "inApp": false } } }),
    )
    .await;
    app.publish_post(&tom, None, "<p>Hello <b>@lena</b> &amp; all</p>").await;
    app.post_as(
        &elena,
        &format!("/courses/{course}/announcements"),
        json!({ "title": "A new week", "body": "<p>Week 5 is online.</p>" }),
    )
    .await
    .expect(201);
    app.wait_for_worker().await;
    let sent = mails_to(&app, &lena);
    assert_eq!(sent.len(), 2, "{sent:?}");
    let mention = sent.iter().find(|mail| mail.contains("Subject: Somebody mentioned you")).unwrap();
    assert!(mention.contains("> Hello @lena & all") && mention.contains("Hello lena,"), "{mention}");
    let announcement = sent.iter().find(|mail| mail.contains("Subject: A new week")).unwrap();
    assert!(announcement.contains("> Week 5 is online."), "{announcement}");
    // By mail alone, it is not in the list.
    assert_eq!(app.notification_kinds_of(&lena).await, ["ANNOUNCEMENT"]);
    // Once.
    app.sql("UPDATE outbox SET done_at = NULL, attempts = 0 WHERE kind IN ('notification.mail', 'announcement.created')").await;
    app.wait_for_worker().await;
    assert_eq!(mails_to(&app, &lena).len(), 2);
}

#[both_databases]
async fn mails_respect_access(app: App) {
    let (elena, lena, tom, mia) =
        (app.trainer().await, app.learner().await, app.learner().await, app.learner().await);
    for (who, name) in [(&lena, "lena"), (&tom, "tom"), (&mia, "mia")] {
        app.set_username(who, name).await;
    }
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom, &mia]).await;
    // Mails wait until seven, and by then much has changed.
    set_clock(&app, "2027-01-10T21:59:00Z");
    let (elena, lena, tom, mia) = (
        app.login(&elena.email, PASSWORD).await,
        app.login(&lena.email, PASSWORD).await,
        app.login(&tom.email, PASSWORD).await,
        app.login(&mia.email, PASSWORD).await,
    );
    let waits = json!({ "channels": { "mention": { "email": true }, "message": { "email": true } }, "quietHours": { "from": "00:00", "to": "07:00" }, "timeZone": "Africa/Cairo" });
    for who in [&lena, &tom, &mia] {
        app.set_notification_preferences(who, waits.clone()).await;
    }
    app.clock.advance(Duration::minutes(2));
    let post = app.publish_post(&elena, Some(&course), "<p>Secret for @lena, @tom and @mia</p>").await;
    app.send_direct_message(&elena, &mia, "Whispered").await;
    assert_eq!(
        (
            app.notifications_of(&lena).await.len(),
            app.notifications_of(&tom).await.len(),
            app.notifications_of(&mia).await.len()
        ),
        (1, 1, 2)
    );
    assert_eq!(app.sent_mails().len(), 0, "it is quiet");
    app.revoke_access(&elena, &course, &lena).await;
    app.put_as(&tom, &format!("/me/blocks/{}", elena.id), json!(null)).await;
    set_clock(&app, "2027-01-11T04:59:00Z");
    app.wait_for_worker().await;
    assert_eq!(app.sent_mails().len(), 0, "it is still quiet");
    app.clock.advance(Duration::minutes(2));
    app.wait_for_worker().await;
    assert_eq!((mails_to(&app, &lena).len(), mails_to(&app, &tom).len()), (0, 0));
    let sent = mails_to(&app, &mia);
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().any(|mail| mail.contains("Secret for")));
    assert!(!sent.iter().any(|mail| mail.contains("Whispered")), "no mail says what a message says");
    drop(post);
}

#[both_databases]
async fn read_or_disabled_notifications_are_not_mailed(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    set_clock(&app, "2027-01-10T23:00:00Z");
    let (lena, tom) = (app.login(&lena.email, PASSWORD).await, app.login(&tom.email, PASSWORD).await);
    app.set_notification_preferences(&lena, json!({ "channels": { "comment": { "email": true } }, "quietHours": { "from": "22:00", "to": "07:00" } })).await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    let id = app.notifications_of(&lena).await[0]["id"].clone();
    app.post_as(&lena, "/me/notifications/read", json!({ "ids": [id] })).await.expect(200);
    set_clock(&app, "2027-01-11T07:01:00Z");
    app.wait_for_worker().await;
    assert_eq!(app.sent_mails().len(), 0, "it was read");
    set_clock(&app, "2027-01-11T23:00:00Z");
    let (lena, tom) = (app.login(&lena.email, PASSWORD).await, app.login(&tom.email, PASSWORD).await);
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Two</p>").await;
    app.wait_for_worker().await;
    app.set_notification_preferences(&lena, json!({ "channels": { "comment": { "email": false } } })).await;
    set_clock(&app, "2027-01-12T07:01:00Z");
    app.wait_for_worker().await;
    assert_eq!(app.sent_mails().len(), 0, "it is not wanted");
}

#[both_databases]
async fn an_unverified_address_gets_no_mail(app: App) {
    let lena = app
        .post("/auth/register", json!({ "email": "new@example.com", "password": PASSWORD }))
        .await
        .expect(201);
    let (lena, tom) = (Person::from_reply(&lena), app.learner().await);
    app.set_notification_preferences(&lena, json!({ "channels": { "comment": { "email": true } } })).await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    assert_eq!(app.notification_kinds_of(&lena).await, ["COMMENT"]);
    let sent = mails_to(&app, &lena);
    assert!(sent.iter().all(|mail| mail.contains("Subject: Confirm your e-mail address")), "{sent:?}");
}

#[both_databases]
async fn a_digest_lists_unread_notifications(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
    // A Friday evening in Kathmandu, where the morning begins at a quarter past two.
    set_clock(&app, "2027-01-15T12:00:00Z");
    let (elena, lena, tom) = (
        app.login(&elena.email, PASSWORD).await,
        app.login(&lena.email, PASSWORD).await,
        app.login(&tom.email, PASSWORD).await,
    );
    app.set_notification_preferences(&lena, json!({ "digest": "DAILY", "timeZone": "Asia/Kathmandu", "channels": { "comment": { "email": true }, "mention": { "email": true } } })).await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Two</p>").await;
    app.publish_post(&elena, Some(&course), "<p>Secret for @lena</p>").await;
    app.wait_for_worker().await;
    set_clock(&app, "2027-01-16T02:14:00Z");
    app.wait_for_worker().await;
    assert_eq!(app.sent_mails().len(), 0);
    let elena = app.login(&elena.email, PASSWORD).await;
    app.revoke_access(&elena, &course, &lena).await;
    app.clock.advance(Duration::minutes(2));
    app.wait_for_worker().await;
    let sent = mails_to(&app, &lena);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].contains("Subject: 2 things are new")
            && sent[0].contains("your post: One")
            && sent[0].contains("your post: Two"),
        "{sent:?}"
    );
    assert!(!sent[0].contains("Secret"), "{sent:?}");
    // Nothing new, no digest; what was in a mail already is not in it.
    set_clock(&app, "2027-01-17T03:00:00Z");
    app.wait_for_worker().await;
    assert_eq!(mails_to(&app, &lena).len(), 1);
    let (lena, tom) = (app.login(&lena.email, PASSWORD).await, app.login(&tom.email, PASSWORD).await);
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Three</p>").await;
    app.wait_for_worker().await;
    // Every week instead: the digest of tomorrow is wanted no more, and Monday's, which is tomorrow, is.
    app.set_notification_preferences(&lena, json!({ "digest": "WEEKLY" })).await;
    set_clock(&app, "2027-01-18T02:16:00Z");
    app.wait_for_worker().await;
    let sent = mails_to(&app, &lena);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(
        sent.iter().any(|mail| mail.contains("Subject: Somebody commented on your post")
            && mail.contains("> Three")),
        "{sent:?}"
    );
}

#[both_databases]
async fn a_mailed_link_unsubscribes(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_notification_preferences(&lena, json!({ "channels": { "comment": { "email": true } } })).await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    app.wait_for_worker().await;
    let sent = mails_to(&app, &lena);
    assert!(sent[0].contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{sent:?}");
    let token =
        sent[0].split("link=").nth(1).unwrap().split(['>', '\r', '\n', ' ']).next().unwrap().to_owned();
    assert!(
        sent[0].contains(&format!(
            "List-Unsubscribe: <http://127.0.0.1:8080/api/v1/notifications/unsubscribe?link={token}>"
        )),
        "{sent:?}"
    );
    let path = format!("/notifications/unsubscribe?link={token}");
    // As mail programs send it (RFC 8058), and once more.
    for _ in 0..2 {
        let request = app
            .request("POST", &path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("List-Unsubscribe=One-Click");
        app.send(request).await.expect(204);
    }
    // Looking at the link does nothing: programs do.
    app.get(&path).await.expect_problem(405, "method_not_allowed");
    let shown = app.get_as(&lena, "/me/notification-preferences").await.expect(200);
    assert_eq!(
        (shown.at("/channels/comment"), shown.at("/channels/announcement/email")),
        (json!({ "inApp": true, "email": false }), json!(true))
    );
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>Two</p>").await;
    app.wait_for_worker().await;
    assert_eq!(mails_to(&app, &lena).len(), 1);
    let mut altered: Vec<char> = token.chars().collect();
    altered[30] = if altered[30] == 'A' { 'B' } else { 'A' };
    let altered: String = altered.into_iter().collect();
    app.post_empty(&format!("/notifications/unsubscribe?link={altered}"))
        .await
        .expect_problem(422, "link_invalid");
    app.post_empty("/notifications/unsubscribe?link=x").await.expect_problem(422, "validation_failed");
    app.post_empty("/notifications/unsubscribe").await.expect_problem(422, "validation_failed");
}

impl App {
    /// A POST by nobody, without a body.
    async fn post_empty(&self, path: &str) -> crate::support::Reply {
        self.send(self.request("POST", path)).await
    }
}
