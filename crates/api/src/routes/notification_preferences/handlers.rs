//! The operations at `/me/notification-preferences`.

use community::{Preferences, PreferencesChange};

use super::dto::{NotificationPreferences, PatchNotificationPreferences};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_preferences, update_preferences);
}

/// Get my notification preferences
///
/// The channels of every kind, quiet hours and digests. By default everything is in the list, and mails are sent about announcements,
/// decisions of moderators and access to courses.
#[utoipa::path(get, path = "/me/notification-preferences",
    tag = "notifications", operation_id = "getMyNotificationPreferences", security(("bearer" = [])),
    responses((status = 200, description = "The preferences.", body = NotificationPreferences)))]
async fn get_preferences(caller: Member) -> Answer<NotificationPreferences> {
    reply(caller.read(async move |tx| community::notification_preferences(&tx).await).await?)
}

/// Change my notification preferences
///
/// Members that are missing keep their values. A mail that is already scheduled is checked against the preferences when it is sent.
#[utoipa::path(patch, path = "/me/notification-preferences",
    tag = "notifications", operation_id = "updateMyNotificationPreferences", security(("bearer" = [])),
    request_body = PatchNotificationPreferences,
    responses((status = 200, description = "The changed preferences.", body = NotificationPreferences)))]
async fn update_preferences(
    caller: Member,
    seen: IfMatch,
    body: Json<PatchNotificationPreferences>,
) -> Answer<NotificationPreferences> {
    let change = PreferencesChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| community::change_notification_preferences(&tx, matches, change).await;
    reply(caller.run(work).await?)
}

fn reply(preferences: Preferences) -> Answer<NotificationPreferences> {
    let version = preferences.version;
    Ok(Reply::ok(&NotificationPreferences::from(preferences))?.version(version))
}
