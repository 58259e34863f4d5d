//! Whom an event concerns: of those people, everybody who may read its content at this moment. There are few, and the decision is made
//! on behalf of each by the same function that answers their requests.

use std::collections::HashSet;

use database::{Db, Pool, Tx, outbox};
use entity::enums::{NotificationKind, NotificationOutcome, PostStatus};
use kernel::{
    Actor, Code, CommentId, CourseId, GrantId, MessageId, ModerationEntryId, PostId, Result, Timestamp,
    UserId,
};
use serde_json::json;

use super::{
    deliver::write_alone,
    event_store,
    model::{NewNotification, WrittenContent},
    recipient::reader,
    store,
};
use crate::{
    access,
    content::{self, Subject},
    live, report,
};

/// Whether somebody may read this content now.
async fn may_read(db: &Db, user_id: UserId, subject: Subject) -> Result<bool> {
    let Some(reader) = reader(db, user_id).await? else {
        return Ok(false);
    };
    let read = move |tx: Tx| async move { content::snapshot(&tx, subject).await };
    match db.read(reader, read).await.map_err(access::as_not_found) {
        Ok(snapshot) => Ok(snapshot.status == PostStatus::Published),
        Err(error) if error.code() == Code::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Notifies the people whom a post mentions.
pub(crate) async fn notify_of_post(db: &Db, id: PostId) -> Result<()> {
    let find = move |tx: Tx| async move { event_store::post(&tx, id).await };
    let Some(post) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    notify_concerned(db, &post, Subject::Post(id)).await
}

/// Notifies, each once, the author of the comment that this one answers, the author of the post or the course, and the people whom the
/// comment mentions.
pub(crate) async fn notify_of_comment(db: &Db, id: CommentId) -> Result<()> {
    let find = move |tx: Tx| async move { event_store::comment(&tx, id).await };
    let Some(comment) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    notify_concerned(db, &comment, Subject::Comment(id)).await
}

async fn notify_concerned(db: &Db, content: &WrittenContent, subject: Subject) -> Result<()> {
    let mut seen = HashSet::from([content.author_id]);
    let mut new = Vec::new();
    for (kind, user_id) in &content.concerned {
        if !seen.insert(*user_id) || !may_read(db, *user_id, subject).await? {
            continue;
        }
        // A draft that is published again is the same post.
        let source = format!("{}:{}", subject.kind(), subject.id());
        new.push(NewNotification {
            actor_id: Some(content.author_id),
            course_id: content.course_id,
            post_id: content.post_id,
            lesson_id: content.lesson_id,
            comment_id: content.comment_id,
            ..NewNotification::new(*user_id, *kind, source)
        });
    }
    write_alone(db, new).await
}

/// Notifies the other members of the conversation who have not read up to this message. Each has one notification of the conversation
/// until its messages are read.
pub(crate) async fn notify_of_message(db: &Db, id: MessageId) -> Result<()> {
    let find = move |tx: Tx| async move { event_store::message(&tx, id).await };
    let Some(message) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    let notification = |user_id: &UserId| NewNotification {
        actor_id: Some(message.sender_id),
        conversation_id: Some(message.conversation_id),
        message_id: Some(id),
        ..NewNotification::new(*user_id, NotificationKind::Message, format!("message:{id}"))
    };
    let conversation_id = message.conversation_id;
    let delete = move |tx: Tx| async move { store::delete_read(&tx, conversation_id).await };
    db.run_in(Pool::Worker, Actor::System, delete).await?;
    write_alone(db, message.unread_by.iter().map(notification).collect()).await
}

/// Notifies the author of the content about which a moderator decided.
pub(crate) async fn notify_of_decision(db: &Db, message: &outbox::Message) -> Result<()> {
    let entry_id: Option<ModerationEntryId> = message.id_of("logId");
    let (Some(report_id), Some(entry_id)) = (message.id_of("reportId"), entry_id) else {
        return Ok(());
    };
    let find = move |tx: Tx| async move { report::store::find_decided(&tx, report_id).await };
    let Some(report) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    let text = |name: &str| message.payload.get(name).and_then(|value| value.as_str());
    let Some(outcome) = text("outcome").and_then(|outcome| outcome.parse::<NotificationOutcome>().ok())
    else {
        return Ok(());
    };
    let subject = Subject::new(report.subject_kind, report.subject_id);
    if let Subject::Message(id) = subject {
        let publish = move |tx: Tx| async move { publish_message_change(&tx, id, outcome).await };
        db.run_in(Pool::Worker, Actor::System, publish).await?;
    }
    let source = format!("decision:{entry_id}:{outcome}");
    let mut new = NewNotification {
        course_id: report.course_id,
        outcome: Some(outcome),
        until_at: text("mutedUntil").and_then(|until| until.parse::<Timestamp>().ok()),
        note: report.decision_note,
        ..NewNotification::new(report.author_id, NotificationKind::Moderation, source)
    };
    match subject {
        Subject::Post(id) => new.post_id = Some(id),
        Subject::Comment(id) => new.comment_id = Some(id),
        Subject::Message(id) => new.message_id = Some(id),
    }
    write_alone(db, vec![new]).await
}

/// Notifies somebody who was given access to a course by hand.
pub(crate) async fn notify_of_grant(
    db: &Db,
    user_id: UserId,
    course_id: CourseId,
    grant_id: GrantId,
) -> Result<()> {
    let new = NewNotification {
        course_id: Some(course_id),
        outcome: Some(NotificationOutcome::Granted),
        ..NewNotification::new(user_id, NotificationKind::Access, format!("grant:{grant_id}"))
    };
    write_alone(db, vec![new]).await
}

/// Has the members of a conversation read a message again that was removed or restored.
async fn publish_message_change(tx: &Tx, message_id: MessageId, outcome: NotificationOutcome) -> Result<()> {
    if !matches!(outcome, NotificationOutcome::Removed | NotificationOutcome::Restored) {
        return Ok(());
    }
    let Some(readers) = event_store::message_readers(tx, message_id).await? else {
        return Ok(());
    };
    let data = json!({
        "conversationId": readers.conversation_id, "messageId": message_id, "number": readers.number,
    });
    live::publish(tx, &readers.members, "message.updated", data).await
}
