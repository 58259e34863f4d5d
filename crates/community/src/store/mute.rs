use database::{Tx, constraint, from_db};
use kernel::{Code, Result, Uuid};
use sea_orm::{ConnectionTrait, Value};

use crate::mute::Mute;

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

/// Answers whether somebody was muted.
pub(crate) async fn lift(tx: &Tx, user_id: Uuid, course_id: Option<Uuid>) -> Result<bool> {
    let place = if course_id.is_some() {
        "course_id = ?"
    } else {
        "course_id IS NULL"
    };
    let sql = format!(
        "UPDATE mutes SET lifted_at = ?, lifted_by = ? WHERE user_id = ? AND lifted_at IS NULL \
         AND (ends_at IS NULL OR ends_at > ?) AND {place}"
    );
    let mut values: Vec<Value> = vec![
        tx.now().into(),
        tx.actor().user_id().into(),
        user_id.into(),
        tx.now().into(),
    ];
    values.extend(course_id.map(Value::from));
    Ok(tx.change(&sql, values).await? > 0)
}

/// The one that lasts longest.
pub(crate) async fn active(tx: &Tx, user_id: Uuid, course_id: Option<Uuid>) -> Result<Option<Mute>> {
    let sql = format!(
        "SELECT {MUTE} FROM mutes m WHERE m.user_id = ? AND m.lifted_at IS NULL \
         AND (m.ends_at IS NULL OR m.ends_at > ?) AND (m.course_id IS NULL OR m.course_id = ?) \
         ORDER BY CASE WHEN m.ends_at IS NULL THEN 0 ELSE 1 END, m.ends_at DESC LIMIT 1"
    );
    let values = [user_id.into(), tx.now().into(), course_id.into()];
    tx.one(&sql, values).await
}
