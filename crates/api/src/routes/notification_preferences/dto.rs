//! Preferences for notifications in requests and answers.

use community::{Channel, ChannelChange, Digest, NotificationKind, Preferences, PreferencesChange};

use crate::routes::shared::prelude::*;

/// Where a person is notified of a kind of event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationChannel {
    /// Whether in the list of notifications.
    in_app: bool,
    /// Whether by mail to a verified address: at once, or in the digest.
    #[schema(example = false)]
    email: bool,
}

/// The channels of every kind.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationChannels {
    /// Comments on the person's posts and lessons.
    comment: NotificationChannel,
    /// Replies to the person's comments.
    reply: NotificationChannel,
    /// Mentions of the person.
    mention: NotificationChannel,
    /// Messages.
    message: NotificationChannel,
    /// Announcements of trainers.
    announcement: NotificationChannel,
    /// Decisions of moderators about the person.
    moderation: NotificationChannel,
    /// Access to courses that was given by hand.
    access: NotificationChannel,
}

/// How a person wants to be notified.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationPreferences {
    /// The channels of every kind.
    channels: NotificationChannels,
    /// The time zone of quiet hours and digests, as a name of the IANA database.
    #[schema(example = "Europe/Stockholm")]
    time_zone: String,
    /// When no mail is sent: it waits until the quiet hours end. Null where mail is sent all day.
    quiet_hours: Option<NotificationQuietHours>,
    /// `OFF` (each mail at once), `DAILY` or `WEEKLY` (at eight in the morning, on Mondays); more may be added.
    #[schema(value_type = String, example = "OFF")]
    digest: Digest,
}

/// A part of the day; it goes over midnight where it ends before it begins.
#[derive(Serialize, ToSchema)]
struct NotificationQuietHours {
    /// The first quiet minute, as `HH:MM`.
    #[schema(example = "22:00")]
    from: String,
    /// The first minute after the quiet ones, as `HH:MM`.
    #[schema(example = "07:00")]
    to: String,
}

impl From<Preferences> for NotificationPreferences {
    fn from(preferences: Preferences) -> Self {
        let channel = |kind| {
            let Channel { in_app, email } = preferences.channel(kind);
            NotificationChannel { in_app, email }
        };
        let channels = NotificationChannels {
            comment: channel(NotificationKind::Comment),
            reply: channel(NotificationKind::Reply),
            mention: channel(NotificationKind::Mention),
            message: channel(NotificationKind::Message),
            announcement: channel(NotificationKind::Announcement),
            moderation: channel(NotificationKind::Moderation),
            access: channel(NotificationKind::Access),
        };
        let Preferences { channels: _, time_zone, quiet_hours, digest, digest_at: _, version: _ } =
            preferences;
        Self {
            channels,
            time_zone: time_zone.name().to_owned(),
            quiet_hours: quiet_hours.map(|hours| NotificationQuietHours {
                from: clock_time(hours.from),
                to: clock_time(hours.to),
            }),
            digest,
        }
    }
}

fn clock_time(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The minutes since midnight of a clock time that has the form of the schema.
fn minutes(clock_time: &str) -> u16 {
    let part = |text: Option<&str>| text.and_then(|text| text.parse::<u16>().ok()).unwrap_or(0);
    let mut parts = clock_time.split(':');
    part(parts.next()) * 60 + part(parts.next())
}

/// A change of the channels of a kind. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchNotificationChannel {
    /// Whether in the list of notifications.
    #[schema(nullable = false)]
    in_app: Option<bool>,
    /// Whether by mail.
    #[schema(nullable = false)]
    email: Option<bool>,
}

/// The kinds whose channels change.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchNotificationChannels {
    /// Comments on the person's posts and lessons.
    #[schema(nullable = false)]
    comment: Option<PatchNotificationChannel>,
    /// Replies to the person's comments.
    #[schema(nullable = false)]
    reply: Option<PatchNotificationChannel>,
    /// Mentions of the person.
    #[schema(nullable = false)]
    mention: Option<PatchNotificationChannel>,
    /// Messages.
    #[schema(nullable = false)]
    message: Option<PatchNotificationChannel>,
    /// Announcements of trainers.
    #[schema(nullable = false)]
    announcement: Option<PatchNotificationChannel>,
    /// Decisions of moderators about the person.
    #[schema(nullable = false)]
    moderation: Option<PatchNotificationChannel>,
    /// Access to courses that was given by hand.
    #[schema(nullable = false)]
    access: Option<PatchNotificationChannel>,
}

impl PatchNotificationChannels {
    fn changes(self) -> Vec<ChannelChange> {
        let Self { comment, reply, mention, message, announcement, moderation, access } = self;
        [
            (NotificationKind::Comment, comment),
            (NotificationKind::Reply, reply),
            (NotificationKind::Mention, mention),
            (NotificationKind::Message, message),
            (NotificationKind::Announcement, announcement),
            (NotificationKind::Moderation, moderation),
            (NotificationKind::Access, access),
        ]
        .into_iter()
        .filter_map(|(kind, change)| {
            let PatchNotificationChannel { in_app, email } = change?;
            Some(ChannelChange { kind, in_app, email })
        })
        .collect()
    }
}

/// A part of the day; it goes over midnight where it ends before it begins. The two times differ.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietHours {
    /// The first quiet minute, as `HH:MM`.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "22:00")]
    from: String,
    /// The first minute after the quiet ones, as `HH:MM`.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "07:00")]
    to: String,
}

/// A change of the preferences. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchNotificationPreferences {
    /// The kinds whose channels change.
    #[schema(nullable = false)]
    channels: Option<PatchNotificationChannels>,
    /// The time zone of quiet hours and digests, as a name of the IANA database.
    #[schema(nullable = false, max_length = 64, example = "Europe/Stockholm")]
    time_zone: Option<String>,
    /// When no mail is sent; null removes the quiet hours.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<QuietHours>)]
    quiet_hours: Option<Option<QuietHours>>,
    /// How often notifications are collected into one mail.
    #[schema(value_type = Option<schema::Digest>, nullable = false)]
    digest: Option<Digest>,
}

impl From<PatchNotificationPreferences> for PreferencesChange {
    fn from(body: PatchNotificationPreferences) -> Self {
        let hours =
            |hours: QuietHours| community::QuietHours { from: minutes(&hours.from), to: minutes(&hours.to) };
        Self {
            channels: body.channels.map(PatchNotificationChannels::changes).unwrap_or_default(),
            time_zone: body.time_zone,
            quiet_hours: body.quiet_hours.map(|given| given.map(hours)),
            digest: body.digest,
        }
    }
}
