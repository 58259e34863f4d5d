use database::{Tx, constraint, from_db};
use kernel::{Code, CourseId, Cursor, Limit, MuteId, Result, UserId};
use sea_orm::{ConnectionTrait, Value};

use super::moderation::edited;
use crate::mute::{Mute, MuteFilter, Muted};

const MUTE: &str = "m.id, m.user_id, m.course_id, m.reason, m.ends_at, m.created_at";

/// # Errors
/// [`Code::NotFound`] for somebody who is not there.
pub(crate) async fn insert(tx: &Tx, mute: &Mute) -> Result<()> {
    let sql = "INSERT INTO mutes (id, user_id, course_id, reason, ends_at, imposed_by, created_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values: [Value; 7] = [
        mute.id.into(),
        mute.user_id.into(),
        mute.course_id.into(),
        mute.reason.clone().into(),
        mute.ends_at.into(),
        tx.actor().user_id().into(),
        mute.created_at.into(),
    ];
    let done = tx.execute_raw(tx.statement(sql, values)).await;
    done.map(drop).map_err(|error| match constraint(&error) {
        Some(name) if name.starts_with("fk") => Code::NotFound.into(),
        _ => from_db(error),
    })
}

/// What has not ended at this moment.
const LASTS: &str = "m.lifted_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > ?)";

/// Those that last, of places where the caller decides.
pub(crate) async fn page(
    tx: &Tx,
    filter: &MuteFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Muted>> {
    let (edited, mut values) = edited(tx, "m.course_id")?;
    let mut sql = format!(
        "SELECT {MUTE}, m.imposed_by, u.username, u.name, u.avatar_url FROM mutes m JOIN users u ON u.id = m.user_id \
         WHERE {edited} AND {LASTS}"
    );
    values.push(tx.now().into());
    let wanted: [(&str, Option<Value>); 2] = [
        ("course_id", filter.course_id.map(Into::into)),
        ("user_id", filter.user_id.map(Into::into)),
    ];
    for (column, wanted) in wanted {
        if let Some(wanted) = wanted {
            sql.push_str(&format!(" AND m.{column} = ?"));
            values.push(wanted);
        }
    }
    if let Some(after) = after {
        sql.push_str(" AND m.id < ?");
        values.push(after.id.into());
    }
    sql.push_str(&format!(" ORDER BY m.id DESC LIMIT {}", limit.fetch()));
    tx.all(&sql, values).await
}

/// One of a place where the caller decides, whether it lasts or not.
pub(crate) async fn find(tx: &Tx, id: MuteId) -> Result<Option<Mute>> {
    let (edited, mut values) = edited(tx, "m.course_id")?;
    values.push(id.into());
    let sql = format!("SELECT {MUTE} FROM mutes m WHERE {edited} AND m.id = ?");
    tx.one(&sql, values).await
}

/// Answers whether it lasted until now.
pub(crate) async fn lift(tx: &Tx, id: MuteId) -> Result<bool> {
    let sql = format!("UPDATE mutes AS m SET lifted_at = ?, lifted_by = ? WHERE m.id = ? AND {LASTS}");
    let values = [
        tx.now().into(),
        tx.actor().user_id().into(),
        id.into(),
        tx.now().into(),
    ];
    Ok(tx.change(&sql, values).await? > 0)
}

/// The one that lasts longest.
pub(crate) async fn active(tx: &Tx, user_id: UserId, course_id: Option<CourseId>) -> Result<Option<Mute>> {
    let sql = format!(
        "SELECT {MUTE} FROM mutes m WHERE m.user_id = ? AND {LASTS} AND (m.course_id IS NULL OR m.course_id = ?) \
         ORDER BY CASE WHEN m.ends_at IS NULL THEN 0 ELSE 1 END, m.ends_at DESC LIMIT 1"
    );
    let values = [user_id.into(), tx.now().into(), course_id.into()];
    tx.one(&sql, values).await
}
