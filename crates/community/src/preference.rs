mod quiet;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use database::{Tx, outbox};
use kernel::{Code, Error, FieldError, Result, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{notification::Kind, store};

/// The outbox message of a digest that is due.
pub(crate) const DIGEST_DUE: &str = "notification.digest_due";

/// On which ways somebody is told of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// In the list of notifications.
    pub in_app: bool,
    /// By mail, at once or in the digest.
    pub email: bool,
}

impl Channel {
    /// What holds for whoever never said otherwise: mail only of what is seldom and matters.
    #[must_use]
    pub fn default_of(kind: Kind) -> Self {
        Self {
            in_app: true,
            email: matches!(kind, Kind::Announcement | Kind::Moderation | Kind::Access),
        }
    }
}

/// How often what is new is gathered into one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// Each has a mail of its own, at once.
    Off,
    /// Every morning.
    Daily,
    /// Every Monday morning.
    Weekly,
}

impl Digest {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        match text {
            "DAILY" => Self::Daily,
            "WEEKLY" => Self::Weekly,
            _ => Self::Off,
        }
    }
}

/// A part of the day, in minutes from its beginning; over midnight where it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute.
    pub from: u16,
    /// The first one that is not.
    pub to: u16,
}

/// How somebody wants to be told of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// The ways, by kind; every kind is there.
    pub channels: BTreeMap<Kind, Channel>,
    /// The time zone of the reader's days.
    pub zone: Tz,
    /// When no mail is sent: what falls into them waits until they end.
    pub quiet_hours: Option<QuietHours>,
    /// Whether mails are gathered.
    pub digest: Digest,
    /// When the next digest is due.
    pub digest_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
}

impl Default for Preferences {
    fn default() -> Self {
        let defaults = Kind::ALL.map(|kind| (kind, Channel::default_of(kind)));
        Self {
            channels: defaults.into(),
            zone: Tz::UTC,
            quiet_hours: None,
            digest: Digest::Off,
            digest_at: None,
            version: 0,
        }
    }
}

impl Preferences {
    /// The ways of one kind.
    #[must_use]
    pub fn channel(&self, kind: Kind) -> Channel {
        let chosen = self.channels.get(&kind).copied();
        chosen.unwrap_or_else(|| Channel::default_of(kind))
    }

    /// Until when it is quiet at this instant; `None` where it is not.
    pub(crate) fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        self.quiet_hours
            .and_then(|hours| quiet::until(self.zone, hours, at))
    }

    /// When a mail may leave that would be sent at this instant.
    pub(crate) fn leaves_at(&self, at: Timestamp) -> Timestamp {
        self.quiet_until(at).unwrap_or(at)
    }
}

/// What somebody changes in their preferences: `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct PreferencesChange {
    /// Ways that change: in the app, by mail.
    pub channels: Vec<(Kind, Option<bool>, Option<bool>)>,
    /// A name of the IANA database.
    pub time_zone: Option<String>,
    /// `Some(None)` takes them away.
    pub quiet_hours: Option<Option<QuietHours>>,
    /// How mails are gathered.
    pub digest: Option<Digest>,
}

/// The caller's preferences.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn notification_preferences(tx: &Tx) -> Result<Preferences> {
    let found = store::preference::of(tx, &[tx.user_id()?]).await?;
    Ok(found
        .into_iter()
        .next()
        .map(|(_, found)| found)
        .unwrap_or_default())
}

/// Changes the caller's preferences, if their version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`]; [`Code::ValidationFailed`] for a time zone that does not exist and for hours that are none.
pub async fn change_notification_preferences(
    tx: &Tx,
    matches: impl Fn(i64) -> bool,
    change: PreferencesChange,
) -> Result<Preferences> {
    let user_id = tx.user_id()?;
    // Whoever has no row yet has none to lock.
    tx.advisory_lock(&format!("notification preferences {user_id}"))
        .await?;
    let before = notification_preferences(tx).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let mut after = apply(before.clone(), change)?;
    if after == before {
        return Ok(before);
    }
    if (after.zone, after.digest) != (before.zone, before.digest) {
        after.digest_at = quiet::next_digest(after.zone, after.digest, tx.now());
    }
    after.version += 1;
    store::preference::write(tx, user_id, &after).await?;
    if after.digest_at != before.digest_at {
        schedule_digest(tx, user_id, after.digest_at).await?;
    }
    Ok(after)
}

fn apply(before: Preferences, change: PreferencesChange) -> Result<Preferences> {
    let mut after = before;
    let mut reasons = Vec::new();
    for (kind, in_app, email) in change.channels {
        let channel = after.channel(kind);
        let chosen = Channel {
            in_app: in_app.unwrap_or(channel.in_app),
            email: email.unwrap_or(channel.email),
        };
        after.channels.insert(kind, chosen);
    }
    match change.time_zone.as_deref().map(str::parse) {
        Some(Ok(zone)) => after.zone = zone,
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
    if reasons.is_empty() {
        Ok(after)
    } else {
        Err(Error::invalid(reasons))
    }
}

async fn schedule_digest(tx: &Tx, user_id: UserId, at: Option<Timestamp>) -> Result<()> {
    let Some(at) = at else { return Ok(()) };
    let payload = json!({ "userId": user_id, "at": at });
    outbox::schedule(tx, DIGEST_DUE, vec![(payload, at)]).await
}

/// Moves on to the digest after the one that was due at this instant; answers whether that one is still wanted: whoever has
/// changed their mind has another instant. As the reader.
pub(crate) async fn advance_digest(tx: &Tx, due: Timestamp) -> Result<bool> {
    let user_id = tx.user_id()?;
    tx.advisory_lock(&format!("notification preferences {user_id}"))
        .await?;
    let mut preferences = notification_preferences(tx).await?;
    if preferences.digest_at != Some(due) {
        return Ok(false);
    }
    preferences.digest_at = quiet::next_digest(preferences.zone, preferences.digest, tx.now());
    store::preference::write(tx, user_id, &preferences).await?;
    schedule_digest(tx, user_id, preferences.digest_at).await?;
    Ok(true)
}

/// Wants no more mails: of one kind, or none at all. As the reader.
pub(crate) async fn stop_mails(tx: &Tx, kind: Option<Kind>) -> Result<()> {
    let kinds = kind.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]);
    let change = PreferencesChange {
        channels: kinds.into_iter().map(|kind| (kind, None, Some(false))).collect(),
        digest: kind.is_none().then_some(Digest::Off),
        ..PreferencesChange::default()
    };
    change_notification_preferences(tx, |_| true, change)
        .await
        .map(drop)
}
