//! Whom an event concerns: of those, whoever may read it at this moment. The readers are few, and each is asked for as
//! themselves, by the very decision that answers their requests.

use std::collections::HashSet;

use database::{Db, Pool, Tx, outbox};
use kernel::{
    Actor, Code, CommentId, CourseId, GrantId, MessageId, ModerationEntryId, PostId, Result, Role, Timestamp,
    UserId, Uuid,
};
use serde_json::json;

use super::{
    Kind,
    deliver::{New, write},
};
use crate::{
    PostStatus,
    content::{self, Subject},
    live::{self, Event},
    place,
    store::{self, notification::Written},
};

/// The outbox message of a moderator's decision.
pub(crate) const DECIDED: &str = "moderation.decided";

/// A reader, as whom the worker looks; `None` for whoever is suspended or gone.
pub(super) async fn reader(db: &Db, user_id: UserId) -> Result<Option<Actor>> {
    let role = move |tx: Tx| async move { store::notification::role(&tx, user_id).await };
    let role = db.read_in(Pool::Worker, Actor::System, role).await?;
    let role = role.and_then(|role| role.parse::<Role>().ok());
    Ok(role.map(|role| Actor::User {
        id: user_id,
        role,
        session: Uuid::nil().into(),
    }))
}

/// Whether somebody may read this now.
async fn may_read(db: &Db, user_id: UserId, subject: Subject) -> Result<bool> {
    let Some(reader) = reader(db, user_id).await? else {
        return Ok(false);
    };
    let look = move |tx: Tx| async move { content::snapshot(&tx, subject).await };
    match db.read(reader, look).await.map_err(place::hidden) {
        Ok(seen) => Ok(seen.status == PostStatus::Published.as_str()),
        Err(error) if error.code() == Code::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Those whom a text mentions.
pub(super) async fn of_post(db: &Db, id: PostId) -> Result<()> {
    let find = move |tx: Tx| async move { store::notification::post(&tx, id).await };
    let Some(post) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    tell(db, &post, Subject::Post(id)).await
}

/// Whose comment it answers, whose post or lesson it is about, and those whom it mentions: each once.
pub(super) async fn of_comment(db: &Db, id: CommentId) -> Result<()> {
    let find = move |tx: Tx| async move { store::notification::comment(&tx, id).await };
    let Some(comment) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    tell(db, &comment, Subject::Comment(id)).await
}

async fn tell(db: &Db, written: &Written, subject: Subject) -> Result<()> {
    let mut seen = HashSet::from([written.author_id]);
    let mut news = Vec::new();
    for (kind, user_id) in &written.concerned {
        if !seen.insert(*user_id) || !may_read(db, *user_id, subject).await? {
            continue;
        }
        // A text that is told of twice, as a draft that is published again, is one.
        let source = format!("{}:{}", subject.kind(), subject.id());
        news.push(New {
            actor_id: Some(written.author_id),
            course_id: written.course_id,
            post_id: written.post_id,
            lesson_id: written.lesson_id,
            comment_id: written.comment_id,
            ..New::of(*user_id, *kind, source)
        });
    }
    write(db, news).await
}

/// The others of the conversation who have not read so far: one notification of it, until that is read.
pub(super) async fn of_message(db: &Db, id: MessageId) -> Result<()> {
    let find = move |tx: Tx| async move { store::notification::message(&tx, id).await };
    let Some(message) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    let new = |user_id: &UserId| New {
        actor_id: Some(message.sender_id),
        conversation_id: Some(message.conversation_id),
        message_id: Some(id),
        ..New::of(*user_id, Kind::Message, format!("message:{id}"))
    };
    let conversation_id = message.conversation_id;
    let forget = move |tx: Tx| async move { store::notification::forget_read(&tx, conversation_id).await };
    db.run_in(Pool::Worker, Actor::System, forget).await?;
    write(db, message.unread_by.iter().map(new).collect()).await
}

/// Whose content or standing a moderator decided about.
pub(super) async fn of_decision(db: &Db, message: &outbox::Message) -> Result<()> {
    let log_id: Option<ModerationEntryId> = message.id_of("logId");
    let (Some(report_id), Some(log_id)) = (message.id_of("reportId"), log_id) else {
        return Ok(());
    };
    let find = move |tx: Tx| async move { store::report::told(&tx, report_id).await };
    let Some(report) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    let text = |name: &str| message.payload.get(name).and_then(|value| value.as_str());
    let Some(outcome) = text("outcome") else {
        return Ok(());
    };
    if report.subject_kind == "MESSAGE" {
        let (id, outcome) = (report.subject_id.into(), outcome.to_owned());
        let stir = move |tx: Tx| async move { tell_members(&tx, id, &outcome).await };
        db.run_in(Pool::Worker, Actor::System, stir).await?;
    }
    let id_where = |kind: &str| (report.subject_kind == kind).then_some(report.subject_id);
    let new = New {
        course_id: report.course_id,
        post_id: id_where("POST").map(Into::into),
        comment_id: id_where("COMMENT").map(Into::into),
        message_id: id_where("MESSAGE").map(Into::into),
        outcome: Some(outcome.to_owned()),
        until_at: text("mutedUntil").and_then(|until| until.parse::<Timestamp>().ok()),
        note: report.decision_note,
        ..New::of(
            report.author_id,
            Kind::Moderation,
            format!("decision:{log_id}:{outcome}"),
        )
    };
    write(db, vec![new]).await
}

/// Who was given access by hand.
pub(super) async fn of_grant(db: &Db, user_id: UserId, course_id: CourseId, grant_id: GrantId) -> Result<()> {
    let new = New {
        course_id: Some(course_id),
        outcome: Some("GRANTED".to_owned()),
        ..New::of(user_id, Kind::Access, format!("grant:{grant_id}"))
    };
    write(db, vec![new]).await
}

/// Has the members of a conversation look at a message again that was taken away or given back.
async fn tell_members(tx: &Tx, message_id: MessageId, outcome: &str) -> Result<()> {
    if !matches!(outcome, "REMOVED" | "RESTORED") {
        return Ok(());
    }
    let Some((conversation_id, number, members)) = store::notification::members(tx, message_id).await? else {
        return Ok(());
    };
    let event = Event {
        kind: "message.updated",
        data: json!({ "conversationId": conversation_id, "messageId": message_id, "number": number }),
    };
    live::tell(tx, &members, event).await
}
