//! Preferences for notifications: channels, quiet hours and digests.

pub(crate) mod model;
mod quiet;
pub(crate) mod store;

use database::{Tx, outbox};
use entity::enums::{Digest, NotificationKind};
use kernel::{Code, Error, FieldError, Result, Timestamp, UserId};
use sea_orm::Iterable;
use serde_json::json;

pub use model::{Channel, ChannelChange, Preferences, PreferencesChange};
pub use quiet::QuietHours;

/// The outbox message about a digest that is due.
pub(crate) const DIGEST_DUE: &str = "notification.digest_due";

/// The caller's preferences for notifications.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn notification_preferences(tx: &Tx) -> Result<Preferences> {
    let found = store::of(tx, &[tx.user_id()?]).await?;
    Ok(found.into_values().next().unwrap_or_default())
}

/// Changes the caller's preferences, if their version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`]; [`Code::ValidationFailed`] for an unknown time zone and for quiet hours that end when they begin.
pub async fn change_notification_preferences(
    tx: &Tx,
    matches: impl Fn(i64) -> bool,
    change: PreferencesChange,
) -> Result<Preferences> {
    let user_id = tx.user_id()?;
    // By name, because before the first change there is no row to lock.
    tx.advisory_lock(&format!("notification preferences {user_id}")).await?;
    let before = notification_preferences(tx).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let mut after = apply(before.clone(), change)?;
    if after == before {
        return Ok(before);
    }
    if (after.time_zone, after.digest) != (before.time_zone, before.digest) {
        after.digest_at = quiet::next_digest(after.time_zone, after.digest, tx.now());
    }
    after.version += 1;
    store::write(tx, user_id, &after).await?;
    if after.digest_at != before.digest_at {
        schedule_digest(tx, user_id, after.digest_at).await?;
    }
    Ok(after)
}

fn apply(before: Preferences, change: PreferencesChange) -> Result<Preferences> {
    let mut after = before;
    let mut reasons = Vec::new();
    for change in change.channels {
        let channel = after.channel(change.kind);
        let chosen = Channel {
            in_app: change.in_app.unwrap_or(channel.in_app),
            email: change.email.unwrap_or(channel.email),
        };
        after.channels.insert(change.kind, chosen);
    }
    match change.time_zone.as_deref().map(str::parse) {
        Some(Ok(time_zone)) => after.time_zone = time_zone,
        Some(Err(_)) => {
            let detail = "No time zone of the IANA database, such as Europe/Berlin.";
            reasons.push(FieldError::new("/timeZone", "unknown_timezone", detail));
        }
        None => {}
    }
    if let Some(hours) = change.quiet_hours {
        if hours.is_some_and(|hours| hours.from == hours.to) {
            let detail = "They end when they begin; leave mail out instead, or name other hours.";
            reasons.push(FieldError::new("/quietHours", "empty_window", detail));
        }
        after.quiet_hours = hours;
    }
    after.digest = change.digest.unwrap_or(after.digest);
    if reasons.is_empty() { Ok(after) } else { Err(Error::invalid(reasons)) }
}

async fn schedule_digest(tx: &Tx, user_id: UserId, at: Option<Timestamp>) -> Result<()> {
    let Some(at) = at else { return Ok(()) };
    let payload = json!({ "userId": user_id, "at": at });
    outbox::schedule(tx, DIGEST_DUE, vec![(payload, at)]).await
}

/// Schedules the digest after the one that was due at this instant. Answers whether that one is still wanted: a change of the
/// preferences has moved the instant. Runs as the recipient.
pub(crate) async fn advance_digest(tx: &Tx, due: Timestamp) -> Result<bool> {
    let user_id = tx.user_id()?;
    tx.advisory_lock(&format!("notification preferences {user_id}")).await?;
    let mut preferences = notification_preferences(tx).await?;
    if preferences.digest_at != Some(due) {
        return Ok(false);
    }
    preferences.digest_at = quiet::next_digest(preferences.time_zone, preferences.digest, tx.now());
    store::write(tx, user_id, &preferences).await?;
    schedule_digest(tx, user_id, preferences.digest_at).await?;
    Ok(true)
}

/// Turns mails of one kind off, or all mails. Runs as the recipient.
pub(crate) async fn stop_mails(tx: &Tx, kind: Option<NotificationKind>) -> Result<()> {
    let kinds = kind.map_or_else(|| NotificationKind::iter().collect(), |kind| vec![kind]);
    let without_mail = |kind| ChannelChange { kind, in_app: None, email: Some(false) };
    let change = PreferencesChange {
        channels: kinds.into_iter().map(without_mail).collect(),
        digest: kind.is_none().then_some(Digest::Off),
        ..PreferencesChange::default()
    };
    change_notification_preferences(tx, |_| true, change).await.map(drop)
}
