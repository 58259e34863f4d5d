//! From an event in the outbox to the notifications of those whom it concerns. For the worker.

use std::collections::{HashMap, HashSet};

use database::{Db, Pool, Tx, outbox};
use kernel::{
    Actor, AnnouncementId, CommentId, ConversationId, CourseId, LessonId, MessageId, NotificationId, PostId,
    Result, Timestamp, UserId,
};
use serde_json::json;

use super::{
    Kind, audience,
    mail::{self, Letters},
};
use crate::{
    announcement, block,
    live::{self, Event},
    preference, store,
};

/// How long notifications are kept.
const KEPT: chrono::Duration = chrono::Duration::days(180);

/// A notification to be written.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) user_id: UserId,
    pub(crate) kind: Kind,
    /// What it follows from: nobody is told twice of the same.
    pub(crate) source: String,
    /// Who did it; whoever has a block with them is not told.
    pub(crate) actor_id: Option<UserId>,
    pub(crate) course_id: Option<CourseId>,
    pub(crate) post_id: Option<PostId>,
    pub(crate) lesson_id: Option<LessonId>,
    pub(crate) comment_id: Option<CommentId>,
    pub(crate) conversation_id: Option<ConversationId>,
    pub(crate) message_id: Option<MessageId>,
    pub(crate) announcement_id: Option<AnnouncementId>,
    pub(crate) outcome: Option<String>,
    pub(crate) until_at: Option<Timestamp>,
    pub(crate) note: Option<String>,
}

impl New {
    /// For somebody, of a kind, because of something.
    pub(crate) fn of(user_id: UserId, kind: Kind, source: String) -> Self {
        Self {
            user_id,
            kind,
            source,
            actor_id: None,
            course_id: None,
            post_id: None,
            lesson_id: None,
            comment_id: None,
            conversation_id: None,
            message_id: None,
            announcement_id: None,
            outcome: None,
            until_at: None,
            note: None,
        }
    }
}

/// Does what a message of the outbox asks of this crate: tells whom it concerns, or sends what waits. A repetition tells nobody
/// twice. What it does not know is done.
///
/// # Errors
/// What the database and the mailer answer; the worker tries again.
pub async fn notify(db: &Db, letters: &Letters<'_>, message: &outbox::Message) -> Result<()> {
    match (message.kind.as_str(), message.id_of("userId")) {
        ("post.published", _) => match message.id_of("postId") {
            Some(post) => audience::of_post(db, post).await,
            None => Ok(()),
        },
        ("comment.created", _) => match message.id_of("commentId") {
            Some(comment) => audience::of_comment(db, comment).await,
            None => Ok(()),
        },
        ("message.sent", _) => match message.id_of("messageId") {
            Some(message) => audience::of_message(db, message).await,
            None => Ok(()),
        },
        (announcement::CREATED, _) => match message.id_of("announcementId") {
            Some(announcement) => announcement::work_on(db, announcement).await,
            None => Ok(()),
        },
        (audience::DECIDED, _) => audience::of_decision(db, message).await,
        ("grant.created", Some(user)) => match (message.id_of("courseId"), message.id_of("grantId")) {
            (Some(course), Some(grant)) => audience::of_grant(db, user, course, grant).await,
            _ => Ok(()),
        },
        (mail::ONE, Some(user)) => match message.id_of("notificationId") {
            Some(notification) => mail::one(db, letters, user, notification).await,
            None => Ok(()),
        },
        (preference::DIGEST_DUE, Some(user)) => mail::digest_due(db, user, message).await,
        (mail::DIGEST, Some(user)) => mail::digest(db, letters, user).await,
        _ => Ok(()),
    }
}

/// Writes some notifications, and answers with how many were new. Whoever is suspended, has a block with who did it, or wants to
/// hear nothing of its kind is left out; the others' devices hear of it, and their mails are put in line.
///
/// # Errors
/// What the database answers.
pub(crate) async fn batch(tx: &Tx, news: Vec<New>) -> Result<u64> {
    let news = without_blocked(tx, news).await?;
    let users: Vec<UserId> = news.iter().map(|new| new.user_id).collect();
    let active: HashSet<UserId> = store::notification::active_users(tx, &users).await?;
    let preferences: HashMap<UserId, _> = store::preference::of(tx, &users).await?.into_iter().collect();
    let of = |new: &New| preferences.get(&new.user_id).cloned().unwrap_or_default();
    let wanted: Vec<_> = news
        .into_iter()
        .filter(|new| active.contains(&new.user_id))
        .map(|new| (of(&new).channel(new.kind), new))
        .filter(|(channel, _)| channel.in_app || channel.email)
        .collect();
    let written = store::notification::insert(tx, &wanted).await?;
    let by_user: HashMap<UserId, NotificationId> = written.iter().copied().collect();
    let mut told = Vec::new();
    let mut mails = Vec::new();
    for (channel, new) in &wanted {
        let Some(id) = by_user.get(&new.user_id) else {
            continue;
        };
        // Of a message its readers have heard already.
        if channel.in_app && new.kind != Kind::Message {
            told.push(new.user_id);
        }
        let preferences = of(new);
        if channel.email && preferences.digest == preference::Digest::Off {
            let payload = json!({ "userId": new.user_id, "notificationId": id });
            mails.push((payload, preferences.leaves_at(tx.now())));
        }
    }
    outbox::schedule(tx, mail::ONE, mails).await?;
    // Last, and once, since it holds a row of each until the end.
    let event = Event {
        kind: "notification.created",
        data: json!({}),
    };
    live::tell(tx, &told, event).await?;
    Ok(u64::try_from(written.len()).unwrap_or(u64::MAX))
}

/// A batch has one who did it, or nobody.
async fn without_blocked(tx: &Tx, news: Vec<New>) -> Result<Vec<New>> {
    let Some(actor) = news.iter().find_map(|new| new.actor_id) else {
        return Ok(news);
    };
    let users: Vec<UserId> = news.iter().map(|new| new.user_id).collect();
    let blocked = block::of(tx, actor, &users).await?;
    let may = |new: &New| new.actor_id != Some(new.user_id) && !blocked.contains(&new.user_id);
    Ok(news.into_iter().filter(may).collect())
}

/// Writes a few notifications in a transaction of their own.
pub(super) async fn write(db: &Db, news: Vec<New>) -> Result<()> {
    if news.is_empty() {
        return Ok(());
    }
    let work = move |tx: Tx| async move { batch(&tx, news).await };
    db.run_in(Pool::Worker, Actor::System, work).await.map(drop)
}

/// Forgets notifications that were written long ago; answers with how many. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn sweep_notifications(tx: &Tx) -> Result<u64> {
    store::notification::sweep(tx, tx.now() - KEPT).await
}
