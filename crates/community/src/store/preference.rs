use std::collections::BTreeMap;

use database::Tx;
use kernel::{Result, Timestamp, UserId};
use sea_orm::{FromQueryResult, Value};

use crate::{
    notification::Kind,
    preference::{Channel, Digest, Preferences, QuietHours},
};

#[derive(FromQueryResult)]
struct Row {
    user_id: UserId,
    channels: serde_json::Value,
    time_zone: String,
    quiet_from: Option<i64>,
    quiet_to: Option<i64>,
    digest: String,
    digest_at: Option<Timestamp>,
    version: i64,
}

impl From<Row> for Preferences {
    fn from(row: Row) -> Self {
        let minutes = |minute: Option<i64>| minute.and_then(|minute| u16::try_from(minute).ok());
        let hours = minutes(row.quiet_from).zip(minutes(row.quiet_to));
        let channel = |kind: Kind| {
            let written = row.channels.get(kind.as_str()).cloned();
            let chosen = written.and_then(|written| serde_json::from_value(written).ok());
            (kind, chosen.unwrap_or_else(|| Channel::default_of(kind)))
        };
        Self {
            channels: Kind::ALL.map(channel).into(),
            zone: row.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
            quiet_hours: hours.map(|(from, to)| QuietHours { from, to }),
            digest: Digest::of(&row.digest),
            digest_at: row.digest_at,
            version: row.version,
        }
    }
}

/// The preferences of those among these who have some.
pub(crate) async fn of(tx: &Tx, users: &[UserId]) -> Result<Vec<(UserId, Preferences)>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let marks = vec!["?"; users.len()].join(", ");
    let sql = format!(
        "SELECT user_id, channels, time_zone, quiet_from, quiet_to, digest, digest_at, version \
         FROM notification_preferences WHERE user_id IN ({marks})"
    );
    let rows = tx
        .all::<Row>(&sql, users.iter().map(|id| Value::from(*id)))
        .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.into())).collect())
}

pub(crate) async fn write(tx: &Tx, user_id: UserId, preferences: &Preferences) -> Result<()> {
    let departing: BTreeMap<&str, Channel> = preferences
        .channels
        .iter()
        .filter(|(kind, channel)| **channel != Channel::default_of(**kind))
        .map(|(kind, channel)| (kind.as_str(), *channel))
        .collect();
    let sql = "INSERT INTO notification_preferences (user_id, channels, time_zone, quiet_from, quiet_to, digest, digest_at, \
               version, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET \
               channels = excluded.channels, time_zone = excluded.time_zone, quiet_from = excluded.quiet_from, \
               quiet_to = excluded.quiet_to, digest = excluded.digest, digest_at = excluded.digest_at, \
               version = excluded.version, updated_at = excluded.updated_at";
    let hours = preferences.quiet_hours;
    let values = [
        user_id.into(),
        serde_json::json!(departing).into(),
        preferences.zone.name().into(),
        hours.map(|hours| i64::from(hours.from)).into(),
        hours.map(|hours| i64::from(hours.to)).into(),
        preferences.digest.as_str().into(),
        preferences.digest_at.into(),
        preferences.version.into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}
