use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::Which;
use kernel::{
    AnnouncementId, CommentId, ConversationId, CourseId, Error, FieldError, LessonId, MessageId,
    NotificationId, PostId, Result, Uuid,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    super::shared::{PageQuery, default_limit, page},
    Person, person,
};
use crate::{
    http::{
        extract::{Json, Member, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_notifications, get_count, mark_read, unsubscribe);
}

/// That something happened. What it is about is named by the ids that are there.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Notification {
    /// The notification's id.
    id: NotificationId,
    /// `COMMENT` (on your post or lesson), `REPLY` (to your comment), `MENTION`, `MESSAGE` (one of a conversation while it is
    /// unread), `ANNOUNCEMENT`, `MODERATION` or `ACCESS`; more may be added.
    #[schema(example = "REPLY")]
    kind: String,
    /// Who did it; null where that is not told.
    actor: Option<Person>,
    /// The course it belongs to.
    course_id: Option<CourseId>,
    /// The post.
    post_id: Option<PostId>,
    /// The lesson.
    lesson_id: Option<LessonId>,
    /// The comment.
    comment_id: Option<CommentId>,
    /// The conversation.
    conversation_id: Option<ConversationId>,
    /// The message; of a conversation the first one that was unread.
    message_id: Option<MessageId>,
    /// The announcement.
    announcement_id: Option<AnnouncementId>,
    /// The title of the post or the announcement.
    #[schema(example = "My first pull-up")]
    title: Option<String>,
    /// The beginning of what was written, as plain text; never of a message.
    #[schema(example = "Congratulations! How long did it take?")]
    excerpt: Option<String>,
    /// Of `MODERATION`: `REMOVED`, `RESTORED`, `WARNED` or `MUTED`; of `ACCESS`: `GRANTED`; more may be added.
    #[schema(example = json!(null))]
    outcome: Option<String>,
    /// Until when that holds.
    #[schema(example = json!(null))]
    until_at: Option<DateTime<Utc>>,
    /// Why, in a moderator's words.
    #[schema(example = json!(null))]
    note: Option<String>,
    /// When it was read.
    #[schema(example = json!(null))]
    read_at: Option<DateTime<Utc>>,
    /// When it happened.
    created_at: DateTime<Utc>,
}

impl From<community::Notification> for Notification {
    fn from(notification: community::Notification) -> Self {
        let community::Notification {
            id,
            kind,
            actor_id,
            actor_username,
            actor_name,
            actor_avatar_url,
            course_id,
            post_id,
            lesson_id,
            comment_id,
            conversation_id,
            message_id,
            announcement_id,
            title,
            excerpt,
            outcome,
            until_at,
            note,
            read_at,
            created_at,
        } = notification;
        let actor = actor_id.map(|id| person(id, actor_username, actor_name, actor_avatar_url));
        Self {
            id,
            kind,
            actor,
            course_id,
            post_id,
            lesson_id,
            comment_id,
            conversation_id,
            message_id,
            announcement_id,
            title,
            excerpt,
            outcome,
            until_at,
            note,
            read_at,
            created_at,
        }
    }
}

page! {
    /// A page of notifications.
    NotificationPage of Notification
}

/// How many are unread.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationCount {
    /// Counted up to 100.
    #[schema(minimum = 0, maximum = 100, example = 3)]
    unread_count: i64,
}

/// Which notifications.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NotificationQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only those that were not read, or only the others.
    #[param(nullable = false)]
    unread: Option<bool>,
}

/// Which notifications were read: some of them, or one and every older one.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReadNotifications {
    /// These.
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    ids: Option<Vec<NotificationId>>,
    /// This one and every older one.
    #[schema(nullable = false, example = "0198c0de-0000-7000-8000-000000000001")]
    up_to: Option<NotificationId>,
}

impl ReadNotifications {
    fn which(self) -> Result<Which> {
        match (self.ids, self.up_to) {
            (Some(ids), None) => Ok(Which::These(ids)),
            (None, Some(id)) => Ok(Which::UpTo(id)),
            _ => {
                let detail = "Name either `ids` or `upTo`.";
                Err(Error::invalid(vec![FieldError::new("", "one_of", detail)]))
            }
        }
    }
}

/// My notifications
///
/// Newest first. Only those whose subject you may read at this moment: what was deleted, what belongs to a course that you have
/// no more, and what somebody did with whom you have a block, is neither listed nor counted.
#[utoipa::path(get, path = "/me/notifications",
    tag = "notifications", operation_id = "listMyNotifications", security(("bearer" = [])),
    params(NotificationQuery),
    responses((status = 200, description = "A page of notifications.", body = NotificationPage)))]
async fn list_notifications(
    state: Data<State>,
    Member(actor): Member,
    Query(query): Query<NotificationQuery>,
) -> Result<Reply<NotificationPage>, Problem> {
    let NotificationQuery {
        limit,
        cursor,
        unread,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let work = move |tx| async move { community::list_notifications(&tx, unread, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&NotificationPage::from(page))?)
}

/// How many notifications are unread
///
/// Of those that the list shows. Ask again after an event `notification.created` or `notification.read`.
#[utoipa::path(get, path = "/me/notifications/count",
    tag = "notifications", operation_id = "getMyNotificationCount", security(("bearer" = [])),
    responses((status = 200, description = "The number.", body = NotificationCount)))]
async fn get_count(state: Data<State>, Member(actor): Member) -> Result<Reply<NotificationCount>, Problem> {
    let work = |tx| async move { community::unread_count(&tx).await };
    let unread_count = state.db.read(actor, work).await?;
    Ok(Reply::ok(&NotificationCount { unread_count })?)
}

/// Mark notifications as read
///
/// Some of them by their `ids`, or one and every older one with `upTo`. Doing it again changes nothing, and ids that are not your
/// notifications' are passed over.
#[utoipa::path(post, path = "/me/notifications/read",
    tag = "notifications", operation_id = "readMyNotifications", security(("bearer" = [])),
    request_body = ReadNotifications,
    responses((status = 200, description = "How many are unread now.", body = NotificationCount)))]
async fn mark_read(
    state: Data<State>,
    Member(actor): Member,
    body: Json<ReadNotifications>,
) -> Result<Reply<NotificationCount>, Problem> {
    let which = body.value.which()?;
    let work = move |tx| async move { community::mark_read(&tx, &which).await };
    let unread_count = state.db.run(actor, work).await?;
    Ok(Reply::ok(&NotificationCount { unread_count })?)
}

/// What a mail's link says.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UnsubscribeQuery {
    /// From the link in the mail.
    #[param(
        pattern = "^[A-Za-z0-9_-]{60}$",
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAABAAY8Qm3Vn0ABmMDeAABwAIAAAAAA"
    )]
    link: String,
}

/// Want no more of these mails
///
/// What mail programs call from `List-Unsubscribe` with one click (RFC 8058), and the front end from the link in the mail: no
/// login is needed, and any body is passed over. The mail says what ends: one kind, or all mail where it was a digest. Everything
/// can be had again with `PATCH /me/notification-preferences`.
#[utoipa::path(post, path = "/notifications/unsubscribe",
    tag = "notifications", operation_id = "unsubscribeFromMail", security(()), params(UnsubscribeQuery),
    extensions(("x-problem-codes" = json!(["link_invalid"]))),
    responses((status = 204, description = "No more of these.")))]
async fn unsubscribe(
    state: Data<State>,
    Query(query): Query<UnsubscribeQuery>,
) -> Result<Reply<Nothing>, Problem> {
    community::unsubscribe(&state.db, &query.link).await?;
    Ok(Reply::no_content())
}
