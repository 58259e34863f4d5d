//! Conversations, and messages in them.

use serde_json::json;

use super::{App, Person, Reply};

impl App {
    /// Opens a direct conversation between two learners, whom it enrolls in one free course.
    pub async fn conversation_between(&self, one: &Person, other: &Person) -> String {
        let elena = self.trainer().await;
        let (course, ..) = self.course(&elena, json!({})).await;
        for learner in [one, other] {
            self.post_empty_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
        }
        self.open_conversation_as(one, other).await.expect(201).text_at("/id")
    }

    /// Opens a direct conversation; returns the reply, whatever it is.
    pub async fn open_conversation_as(&self, who: &Person, with: &Person) -> Reply {
        let body = json!({ "kind": "DIRECT", "memberIds": [with.id] });
        self.post_as(who, "/conversations", body).await
    }

    /// Creates a group that `who` owns.
    pub async fn create_group_as(&self, who: &Person, with: &[&Person]) -> Reply {
        let members: Vec<&str> = with.iter().map(|person| person.id.as_str()).collect();
        let body = json!({ "kind": "GROUP", "memberIds": members, "title": "Sunday runners" });
        self.post_as(who, "/conversations", body).await
    }

    /// Sends a message with a new client id; returns the reply, whatever it is.
    pub async fn send_message_as(&self, who: &Person, conversation: &str, content: &str) -> Reply {
        let name = self.db.environment().new_id::<kernel::Uuid>();
        let body = json!({ "clientMessageId": name, "content": content });
        self.post_as(who, &format!("/conversations/{conversation}/messages"), body).await
    }

    /// Sends a message, which has to be accepted.
    pub async fn send_message(&self, who: &Person, conversation: &str, content: &str) -> Reply {
        self.send_message_as(who, conversation, content).await.expect(201)
    }
}
