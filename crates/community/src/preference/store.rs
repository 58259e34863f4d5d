//! The statements about preferences.

use std::collections::{BTreeMap, HashMap};

use database::{MapDbErr, Tx, values};
use entity::{
    enums::{Digest, NotificationKind},
    notification_preferences,
};
use kernel::{Result, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, EntityTrait, FromQueryResult, Iterable, sea_query::OnConflict};
use serde_json::{Value, json};

use super::{
    model::{Channel, Preferences},
    quiet::QuietHours,
};

#[derive(FromQueryResult)]
struct Row {
    user_id: UserId,
    channels: Value,
    time_zone: String,
    quiet_from: Option<i64>,
    quiet_to: Option<i64>,
    digest: Digest,
    digest_at: Option<Timestamp>,
    version: i64,
}

impl From<Row> for Preferences {
    fn from(row: Row) -> Self {
        let minutes = |minutes: Option<i64>| minutes.and_then(|minutes| u16::try_from(minutes).ok());
        let hours = minutes(row.quiet_from).zip(minutes(row.quiet_to));
        let channel = |kind: NotificationKind| {
            let stored = row.channels.get(kind.as_str()).cloned();
            let chosen = stored.and_then(|stored| serde_json::from_value(stored).ok());
            (kind, chosen.unwrap_or_else(|| Channel::default_of(kind)))
        };
        Self {
            channels: NotificationKind::iter().map(channel).collect(),
            time_zone: row.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
            quiet_hours: hours.map(|(from, to)| QuietHours { from, to }),
            digest: row.digest,
            digest_at: row.digest_at,
            version: row.version,
        }
    }
}

/// The preferences of those of these accounts that have some.
pub(crate) async fn of(tx: &Tx, users: &[UserId]) -> Result<HashMap<UserId, Preferences>> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let (any_of, users) = tx.any_of("users", users);
    // Text, so that the statement is the same however many accounts there are.
    let sql = format!(
        "SELECT user_id, channels, time_zone, quiet_from, quiet_to, digest, digest_at, version \
         FROM notification_preferences WHERE user_id {any_of}"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { users }).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.into())).collect())
}

/// Writes all preferences of an account; of the channels only those that differ from the defaults.
pub(super) async fn write(tx: &Tx, user_id: UserId, preferences: &Preferences) -> Result<()> {
    use notification_preferences::Column;
    let channels: BTreeMap<&str, Channel> = preferences
        .channels
        .iter()
        .filter(|(kind, channel)| **channel != Channel::default_of(**kind))
        .map(|(kind, channel)| (kind.as_str(), *channel))
        .collect();
    let hours = preferences.quiet_hours;
    let row = notification_preferences::ActiveModel {
        user_id: Set(user_id),
        channels: Set(json!(channels)),
        time_zone: Set(preferences.time_zone.name().to_owned()),
        quiet_from: Set(hours.map(|hours| hours.from.into())),
        quiet_to: Set(hours.map(|hours| hours.to.into())),
        digest: Set(preferences.digest),
        digest_at: Set(preferences.digest_at),
        version: Set(preferences.version),
        updated_at: Set(tx.now()),
    };
    let mut replace = OnConflict::column(Column::UserId);
    replace.update_columns([
        Column::Channels,
        Column::TimeZone,
        Column::QuietFrom,
        Column::QuietTo,
        Column::Digest,
        Column::DigestAt,
        Column::Version,
        Column::UpdatedAt,
    ]);
    let insert = notification_preferences::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}
