//! The operations about notifications.

use community::Which;

use super::dto::{
    NotificationCount, NotificationPage, NotificationQuery, ReadNotifications, UnsubscribeQuery,
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_notifications, get_count, mark_read, unsubscribe);
}

/// List my notifications
///
/// The newest first, and only those whose subject the caller may read at this moment: notifications about deleted content, about courses
/// without access, and of people from whom a block separates the caller are neither listed nor counted.
#[utoipa::path(get, path = "/me/notifications",
    tag = "notifications", operation_id = "listMyNotifications", security(("bearer" = [])),
    params(PageQuery, NotificationQuery),
    responses((status = 200, description = "A page of notifications.", body = NotificationPage)))]
async fn list_notifications(caller: Member, list: List<NotificationQuery>) -> Answer<NotificationPage> {
    let List { filter: NotificationQuery { unread }, list_id, after, limit, .. } = list;
    let work = async move |tx| community::list_notifications(&tx, unread, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&NotificationPage::of(list_id, page))?)
}

/// Get the number of my unread notifications
///
/// Of those in the list. It changes with the events `notification.created` and `notification.read`.
#[utoipa::path(get, path = "/me/notifications/count",
    tag = "notifications", operation_id = "getMyNotificationCount", security(("bearer" = [])),
    responses((status = 200, description = "The number of unread notifications.", body = NotificationCount)))]
async fn get_count(caller: Member) -> Answer<NotificationCount> {
    let unread_count = caller.read(async move |tx| community::unread_count(&tx).await).await?;
    Ok(Reply::ok(&NotificationCount { unread_count })?)
}

/// Mark notifications as read
///
/// Either some by their `ids`, or one and all older ones with `upTo`. Doing it again changes nothing, and ids of other people's
/// notifications are ignored.
#[utoipa::path(post, path = "/me/notifications/read",
    tag = "notifications", operation_id = "readMyNotifications", security(("bearer" = [])),
    request_body = ReadNotifications,
    responses((status = 200, description = "The number of unread notifications.", body = NotificationCount)))]
async fn mark_read(caller: Member, body: Json<ReadNotifications>) -> Answer<NotificationCount> {
    let which = Which::from(body.value);
    let unread_count = caller.run(async move |tx| community::mark_read(&tx, &which).await).await?;
    Ok(Reply::ok(&NotificationCount { unread_count })?)
}

/// Unsubscribe from mails
///
/// Mail programs call this from `List-Unsubscribe` with one click (RFC 8058), and the front end from the link in the mail. No login is
/// needed, and a body is ignored. The link in a mail about one notification turns off mails of its kind, the link in a digest all mails.
/// `PATCH /me/notification-preferences` turns them on again.
#[utoipa::path(post, path = "/notifications/unsubscribe",
    tag = "notifications", operation_id = "unsubscribeFromMail", security(()), params(UnsubscribeQuery),
    extensions(("x-problem-codes" = json!(["link_invalid"]))),
    responses((status = 204, description = "Such mails are turned off.")))]
async fn unsubscribe(state: Data<State>, Query(query): Query<UnsubscribeQuery>) -> Answer<Nothing> {
    community::unsubscribe(&state.db, &query.link).await?;
    Ok(Reply::no_content())
}
