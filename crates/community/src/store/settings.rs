use database::Tx;
use kernel::{Code, CourseId, Result, Timestamp, UserId, Uuid};
use sea_orm::{FromQueryResult, Value};

use crate::settings::{Links, Settings, Writers};

#[derive(FromQueryResult)]
struct Row {
    course_id: Option<CourseId>,
    posting: String,
    commenting: String,
    slow_mode_seconds: i64,
    minimum_account_age_seconds: i64,
    links: String,
    words: String,
    version: i64,
    updated_at: Timestamp,
}

/// The settings of a course, else the school's, else what holds where nobody has said anything.
pub(crate) async fn effective(tx: &Tx, course_id: Option<CourseId>) -> Result<Settings> {
    let sql = "SELECT course_id, posting, commenting, slow_mode_seconds, minimum_account_age_seconds, links, words, \
               version, updated_at FROM community_settings WHERE scope_id IN (?, ?) \
               ORDER BY CASE WHEN course_id IS NULL THEN 1 ELSE 0 END LIMIT 1";
    let school = Uuid::nil();
    let values = [course_id.map_or(school, Uuid::from).into(), school.into()];
    let Some(row) = tx.one::<Row>(sql, values).await? else {
        return Ok(Settings {
            is_inherited: course_id.is_some(),
            ..Settings::default()
        });
    };
    let is_inherited = row.course_id != course_id;
    Ok(Settings {
        posting: Writers::named(&row.posting),
        commenting: Writers::named(&row.commenting),
        slow_mode_seconds: row.slow_mode_seconds,
        minimum_account_age_seconds: row.minimum_account_age_seconds,
        links: Links::named(&row.links),
        words: row.words.lines().map(ToOwned::to_owned).collect(),
        version: if is_inherited { 0 } else { row.version },
        updated_at: (!is_inherited).then_some(row.updated_at),
        is_inherited,
    })
}

/// Writes the next version; answers whether nobody was faster.
pub(crate) async fn write(tx: &Tx, course_id: Option<CourseId>, settings: &Settings) -> Result<bool> {
    let sql = "INSERT INTO community_settings (scope_id, course_id, posting, commenting, slow_mode_seconds, \
               minimum_account_age_seconds, links, words, version, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
               ON CONFLICT (scope_id) DO UPDATE SET posting = excluded.posting, commenting = excluded.commenting, \
               slow_mode_seconds = excluded.slow_mode_seconds, \
               minimum_account_age_seconds = excluded.minimum_account_age_seconds, links = excluded.links, \
               words = excluded.words, version = excluded.version, updated_at = excluded.updated_at \
               WHERE community_settings.version = excluded.version - 1";
    let values: [Value; 10] = [
        course_id.map_or(Uuid::nil(), Uuid::from).into(),
        course_id.into(),
        settings.posting.as_str().into(),
        settings.commenting.as_str().into(),
        settings.slow_mode_seconds.into(),
        settings.minimum_account_age_seconds.into(),
        settings.links.as_str().into(),
        settings.words.join("\n").into(),
        settings.version.into(),
        settings.updated_at.into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

/// Since when there is an account.
pub(crate) async fn account_since(tx: &Tx, user_id: UserId) -> Result<Timestamp> {
    #[derive(FromQueryResult)]
    struct Row {
        created_at: Timestamp,
    }
    let row = tx
        .one::<Row>("SELECT created_at FROM users WHERE id = ?", [user_id.into()])
        .await?;
    Ok(row.ok_or(Code::NotFound)?.created_at)
}

/// Notes that somebody writes now, unless they have written after `since`; answers whether they may.
pub(crate) async fn take_turn(tx: &Tx, scope_id: Uuid, user_id: UserId, since: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO community_writers (scope_id, user_id, wrote_at) VALUES (?, ?, ?) \
               ON CONFLICT (scope_id, user_id) DO UPDATE SET wrote_at = excluded.wrote_at \
               WHERE community_writers.wrote_at <= ?";
    let values = [scope_id.into(), user_id.into(), tx.now().into(), since.into()];
    Ok(tx.change(sql, values).await? == 1)
}

pub(crate) async fn wrote_at(tx: &Tx, scope_id: Uuid, user_id: UserId) -> Result<Option<Timestamp>> {
    #[derive(FromQueryResult)]
    struct Row {
        wrote_at: Timestamp,
    }
    let sql = "SELECT wrote_at FROM community_writers WHERE scope_id = ? AND user_id = ?";
    let row = tx.one::<Row>(sql, [scope_id.into(), user_id.into()]).await?;
    Ok(row.map(|row| row.wrote_at))
}
