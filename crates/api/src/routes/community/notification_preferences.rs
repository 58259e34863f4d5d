use actix_web::web::Data;
use community::{Channel, Kind, Preferences, PreferencesChange};
use kernel::Result;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    http::{
        extract::{IfMatch, Json, Member, merge},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, get_preferences, update_preferences);
}

/// On which ways one is told of a kind.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationChannel {
    /// In the list of notifications.
    in_app: bool,
    /// By mail, to a verified address: at once, or in the digest.
    #[schema(example = false)]
    email: bool,
}

/// The ways, by kind.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationChannels {
    /// Comments on one's posts and lessons.
    comment: NotificationChannel,
    /// Answers to one's comments.
    reply: NotificationChannel,
    /// Where somebody mentions one.
    mention: NotificationChannel,
    /// Messages.
    message: NotificationChannel,
    /// Announcements of trainers.
    announcement: NotificationChannel,
    /// What moderators decide about one.
    moderation: NotificationChannel,
    /// Access that was given.
    access: NotificationChannel,
}

/// How one wants to be told of things.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationPreferences {
    /// The ways, by kind.
    channels: NotificationChannels,
    /// A name of the IANA database: quiet hours and digests go by its clock.
    #[schema(example = "Europe/Stockholm")]
    time_zone: String,
    /// When no mail is sent; what falls into them waits until they end.
    quiet_hours: Option<NotificationQuietHours>,
    /// `OFF` (each mail at once), `DAILY` or `WEEKLY` (in the morning at eight, on Mondays); more may be added.
    #[schema(example = "OFF")]
    digest: String,
}

/// A part of the day; over midnight where it ends before it begins.
#[derive(Serialize, ToSchema)]
struct NotificationQuietHours {
    /// The first quiet minute.
    #[schema(example = "22:00")]
    from: String,
    /// The first one that is not.
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
            comment: channel(Kind::Comment),
            reply: channel(Kind::Reply),
            mention: channel(Kind::Mention),
            message: channel(Kind::Message),
            announcement: channel(Kind::Announcement),
            moderation: channel(Kind::Moderation),
            access: channel(Kind::Access),
        };
        let Preferences {
            channels: _,
            zone,
            quiet_hours,
            digest,
            digest_at: _,
            version: _,
        } = preferences;
        Self {
            channels,
            time_zone: zone.name().to_owned(),
            quiet_hours: quiet_hours.map(|hours| NotificationQuietHours {
                from: clock(hours.from),
                to: clock(hours.to),
            }),
            digest: digest.as_str().to_owned(),
        }
    }
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A time of day that has the form of the schema.
fn minutes(clock: &str) -> u16 {
    let part = |text: Option<&str>| text.and_then(|text| text.parse::<u16>().ok()).unwrap_or(0);
    let mut parts = clock.split(':');
    part(parts.next()) * 60 + part(parts.next())
}

/// The ways of a kind that change.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchNotificationChannel {
    /// In the list of notifications.
    #[schema(nullable = false)]
    in_app: Option<bool>,
    /// By mail.
    #[schema(nullable = false)]
    email: Option<bool>,
}

/// The kinds whose ways change.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchNotificationChannels {
    /// Comments on one's posts and lessons.
    #[schema(nullable = false)]
    comment: Option<PatchNotificationChannel>,
    /// Answers to one's comments.
    #[schema(nullable = false)]
    reply: Option<PatchNotificationChannel>,
    /// Where somebody mentions one.
    #[schema(nullable = false)]
    mention: Option<PatchNotificationChannel>,
    /// Messages.
    #[schema(nullable = false)]
    message: Option<PatchNotificationChannel>,
    /// Announcements of trainers.
    #[schema(nullable = false)]
    announcement: Option<PatchNotificationChannel>,
    /// What moderators decide about one.
    #[schema(nullable = false)]
    moderation: Option<PatchNotificationChannel>,
    /// Access that was given.
    #[schema(nullable = false)]
    access: Option<PatchNotificationChannel>,
}

impl PatchNotificationChannels {
    fn changes(self) -> Vec<(Kind, Option<bool>, Option<bool>)> {
        let Self {
            comment,
            reply,
            mention,
            message,
            announcement,
            moderation,
            access,
        } = self;
        [
            (Kind::Comment, comment),
            (Kind::Reply, reply),
            (Kind::Mention, mention),
            (Kind::Message, message),
            (Kind::Announcement, announcement),
            (Kind::Moderation, moderation),
            (Kind::Access, access),
        ]
        .into_iter()
        .filter_map(|(kind, change)| change.map(|change| (kind, change.in_app, change.email)))
        .collect()
    }
}

/// A part of the day; over midnight where it ends before it begins. The two differ.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietHours {
    /// The first quiet minute.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "22:00")]
    from: String,
    /// The first one that is not.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "07:00")]
    to: String,
}

/// How often mails are gathered.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Digest {
    /// Each has a mail of its own, at once.
    Off,
    /// Every morning at eight.
    Daily,
    /// On Mondays at eight.
    Weekly,
}

impl From<Digest> for community::Digest {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Off => Self::Off,
            Digest::Daily => Self::Daily,
            Digest::Weekly => Self::Weekly,
        }
    }
}

/// What changes in one's preferences.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchNotificationPreferences {
    /// The kinds whose ways change.
    #[schema(nullable = false)]
    channels: Option<PatchNotificationChannels>,
    /// A name of the IANA database.
    #[schema(nullable = false, max_length = 64, example = "Europe/Stockholm")]
    time_zone: Option<String>,
    /// When no mail is sent; null for never.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<QuietHours>)]
    quiet_hours: Option<Option<QuietHours>>,
    /// How often mails are gathered.
    #[schema(nullable = false)]
    digest: Option<Digest>,
}

/// How I want to be told
///
/// By kind and way; quiet hours, and the digest. Whoever never said so has the defaults: everything in the list, and mail of
/// announcements, of what moderators decide and of access that was given.
#[utoipa::path(get, path = "/me/notification-preferences",
    tag = "notifications", operation_id = "getMyNotificationPreferences", security(("bearer" = [])),
    responses((status = 200, description = "The preferences.", body = NotificationPreferences)))]
async fn get_preferences(
    state: Data<State>,
    Member(actor): Member,
) -> Result<Reply<NotificationPreferences>, Problem> {
    let work = |tx| async move { community::notification_preferences(&tx).await };
    reply(state.db.read(actor, work).await?)
}

/// Change how I want to be told
///
/// What is not named stays. From then on; what was put in line before is looked at once more when it is sent.
#[utoipa::path(patch, path = "/me/notification-preferences",
    tag = "notifications", operation_id = "updateMyNotificationPreferences", security(("bearer" = [])),
    request_body = PatchNotificationPreferences,
    responses((status = 200, description = "The preferences as they are now.", body = NotificationPreferences)))]
async fn update_preferences(
    state: Data<State>,
    Member(actor): Member,
    seen: IfMatch,
    body: Json<PatchNotificationPreferences>,
) -> Result<Reply<NotificationPreferences>, Problem> {
    let PatchNotificationPreferences {
        channels,
        time_zone,
        quiet_hours,
        digest,
    } = body.value;
    let hours = |hours: QuietHours| community::QuietHours {
        from: minutes(&hours.from),
        to: minutes(&hours.to),
    };
    let change = PreferencesChange {
        channels: channels
            .map(PatchNotificationChannels::changes)
            .unwrap_or_default(),
        time_zone,
        quiet_hours: quiet_hours.map(|given| given.map(hours)),
        digest: digest.map(Into::into),
    };
    let matches = move |version| seen.accepts(version);
    let work =
        move |tx| async move { community::change_notification_preferences(&tx, matches, change).await };
    reply(state.db.run(actor, work).await?)
}

fn reply(preferences: Preferences) -> Result<Reply<NotificationPreferences>, Problem> {
    let version = preferences.version;
    Ok(Reply::ok(&NotificationPreferences::from(preferences))?.version(version))
}
