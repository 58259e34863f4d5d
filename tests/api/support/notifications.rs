//! The notifications of people, after the worker has done everything that is due.

use database::{Pool, Tx, values};
use kernel::Actor;
use serde_json::{Value, json};

use super::{App, Person};

impl App {
    /// Waits until the worker has done everything that is due.
    pub async fn wait_for_worker(&self) {
        super::eventually("the end of the worker's work", || async {
            let due = |tx: Tx| async move {
                let sql = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND failed_at IS NULL AND (available_at <= :now OR attempts > 0)";
                tx.fetch_scalar::<i64>(sql, values! { now: tx.now() }).await.map(Option::unwrap_or_default)
            };
            let due = self.db.read_in(Pool::Worker, Actor::System, due).await.unwrap();
            (due == 0).then_some(())
        })
        .await;
    }

    /// The current notifications of a person, newest first.
    pub async fn notifications_of(&self, who: &Person) -> Vec<Value> {
        self.wait_for_worker().await;
        let page = self.get_as(who, "/me/notifications?limit=100").await.expect(200);
        let rows = page.at("/data").as_array().unwrap().clone();
        let unread = rows.iter().filter(|row| row["readAt"].is_null()).count();
        let count = self.get_as(who, "/me/notifications/count").await.expect(200);
        assert_eq!(count.at("/unreadCount"), json!(unread), "what is counted is what is listed");
        rows
    }

    /// The kinds of the notifications, with their outcome if they have one.
    pub async fn notification_kinds_of(&self, who: &Person) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = |row: &Value| match &row["outcome"] {
            Value::Null => text(&row["kind"]),
            outcome => format!("{} {}", text(&row["kind"]), text(outcome)),
        };
        self.notifications_of(who).await.iter().map(kind).collect()
    }

    /// Sets the username, by which texts mention a person.
    pub async fn set_username(&self, who: &Person, username: &str) {
        let etag = self.get_as(who, "/me").await.header("etag").to_owned();
        let body = json!({ "username": username, "name": username });
        self.patch_as(who, "/me", &etag, body).await.expect(200);
    }

    /// Publishes a post in the school or in a course; returns its id.
    pub async fn publish_post(&self, who: &Person, course: Option<&str>, content: &str) -> String {
        let body =
            json!({ "title": "My first pull-up", "content": content, "courseId": course, "published": true });
        self.post_as(who, "/posts", body).await.expect(201).text_at("/id")
    }

    /// Comments on `/posts/…` or `/lessons/…`; returns the id of the comment.
    pub async fn comment_on(&self, who: &Person, on: &str, parent: Option<&str>, content: &str) -> String {
        let body = json!({ "content": content, "parentId": parent });
        self.post_as(who, &format!("{on}/comments"), body).await.expect(201).text_at("/id")
    }

    /// Sends a message in the direct conversation of these two; returns the ids of conversation and message.
    pub async fn send_direct_message(&self, who: &Person, to: &Person, content: &str) -> (String, String) {
        let body = json!({ "kind": "DIRECT", "memberIds": [to.id] });
        let opened = self.post_as(who, "/conversations", body).await;
        let conversation = opened.text_at("/id");
        let body =
            json!({ "clientMessageId": self.db.environment().new_id::<kernel::Uuid>(), "content": content });
        let sent =
            self.post_as(who, &format!("/conversations/{conversation}/messages"), body).await.expect(201);
        (conversation, sent.text_at("/id"))
    }

    /// Reports content, which has to be accepted; returns the id of the report.
    pub async fn report(&self, who: &Person, kind: &str, id: &str) -> String {
        let body = json!({ "subjectKind": kind, "subjectId": id, "reason": "SPAM", "note": "The third time today." });
        self.post_as(who, "/reports", body).await.expect(201).text_at("/id")
    }

    /// Patches the notification preferences.
    pub async fn set_notification_preferences(&self, who: &Person, change: Value) {
        self.patch_as(who, "/me/notification-preferences", "*", change).await.expect(200);
    }

    /// A course of this trainer in which these learners are enrolled, and its lessons.
    pub async fn course_with_learners(
        &self,
        trainer: &Person,
        learners: &[&Person],
    ) -> (String, [String; 2]) {
        let (course, _, lessons) = self.course(trainer, json!({})).await;
        for learner in learners {
            self.post_empty_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
        }
        (course, lessons)
    }

    /// Revokes the access of a learner to a course.
    pub async fn revoke_access(&self, trainer: &Person, course: &str, learner: &Person) {
        let path = format!("/courses/{course}/grants?userId={}", learner.id);
        let grant = self.get_as(trainer, &path).await.expect(200).text_at("/data/0/id");
        self.post_as(trainer, &format!("/grants/{grant}/revoke"), json!({})).await.expect(200);
    }
}
