//! How somebody wants to be notified.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use entity::enums::{Digest, NotificationKind};
use kernel::Timestamp;
use sea_orm::Iterable;
use serde::{Deserialize, Serialize};

use super::quiet::{self, QuietHours};

/// Where somebody is notified of a kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// In the list of notifications.
    pub in_app: bool,
    /// By mail, at once or in the digest.
    pub email: bool,
}

impl Channel {
    /// The default of a kind: mail is sent only for what is rare and important.
    #[must_use]
    pub fn default_of(kind: NotificationKind) -> Self {
        Self {
            in_app: true,
            email: matches!(
                kind,
                NotificationKind::Announcement | NotificationKind::Moderation | NotificationKind::Access
            ),
        }
    }
}

/// How somebody wants to be notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// The channels of every kind.
    pub channels: BTreeMap<NotificationKind, Channel>,
    /// The time zone of quiet hours and digests.
    pub time_zone: Tz,
    /// When no mail is sent: it waits until the quiet hours end. `None` where mail is sent all day.
    pub quiet_hours: Option<QuietHours>,
    /// Whether notifications are collected into one mail.
    pub digest: Digest,
    /// When the next digest is due; `None` without digests.
    pub digest_at: Option<Timestamp>,
    /// Grows by one with every change; 0 before the first.
    pub version: i64,
}

impl Default for Preferences {
    fn default() -> Self {
        let channels = NotificationKind::iter().map(|kind| (kind, Channel::default_of(kind)));
        Self {
            channels: channels.collect(),
            time_zone: Tz::UTC,
            quiet_hours: None,
            digest: Digest::Off,
            digest_at: None,
            version: 0,
        }
    }
}

impl Preferences {
    /// The channels of a kind.
    #[must_use]
    pub fn channel(&self, kind: NotificationKind) -> Channel {
        let chosen = self.channels.get(&kind).copied();
        chosen.unwrap_or_else(|| Channel::default_of(kind))
    }

    /// When the quiet hours end in which this instant falls; `None` outside of quiet hours.
    pub(crate) fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        self.quiet_hours.and_then(|hours| quiet::until(self.time_zone, hours, at))
    }

    /// When a mail is sent that is ready at this instant.
    pub(crate) fn send_at(&self, at: Timestamp) -> Timestamp {
        self.quiet_until(at).unwrap_or(at)
    }
}

/// A change of one kind's channels: `None` keeps what is there.
#[derive(Clone, Copy, Debug)]
pub struct ChannelChange {
    /// The kind.
    pub kind: NotificationKind,
    /// See [`Channel::in_app`].
    pub in_app: Option<bool>,
    /// See [`Channel::email`].
    pub email: Option<bool>,
}

/// What changes in the preferences: `None` keeps what is there.
#[derive(Clone, Debug, Default)]
pub struct PreferencesChange {
    /// The channels that change.
    pub channels: Vec<ChannelChange>,
    /// A name of the IANA database, such as `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// `Some(None)` removes the quiet hours.
    pub quiet_hours: Option<Option<QuietHours>>,
    /// See [`Preferences::digest`].
    pub digest: Option<Digest>,
}
