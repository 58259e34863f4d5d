use database::Tx;
use kernel::{Result, Uuid};
use sea_orm::Value;

/// Whose children are put in order.
#[derive(Clone, Copy)]
pub(crate) enum Children {
    /// The chapters of a course.
    Chapters,
    /// The lessons of a chapter.
    Lessons,
}

impl Children {
    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Chapters => ("chapters", "course_id"),
            Self::Lessons => ("lessons", "chapter_id"),
        }
    }
}

/// How many there are, and the place behind the last one.
pub(crate) async fn room(tx: &Tx, of: Children, parent_id: impl Into<Uuid>) -> Result<(i64, i64)> {
    let (table, parent) = of.table();
    let parent_id = parent_id.into();
    let count = format!("SELECT count(*) FROM {table} WHERE {parent} = ?");
    let next = format!("SELECT coalesce(max(position), 0) + 1 FROM {table} WHERE {parent} = ?");
    Ok((
        tx.count(&count, [parent_id.into()]).await?,
        tx.count(&next, [parent_id.into()]).await?,
    ))
}

/// Gives these children, which are all of this parent's, the places 1, 2, 3, …, in one statement.
pub(crate) async fn set<I: Copy + Into<Uuid>>(
    tx: &Tx,
    of: Children,
    parent_id: impl Into<Uuid>,
    ids: &[I],
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let (table, parent) = of.table();
    let places = "WHEN ? THEN CAST(? AS bigint) ".repeat(ids.len());
    let sql = format!("UPDATE {table} SET position = CASE id {places} ELSE position END WHERE {parent} = ?");
    let mut values: Vec<Value> = Vec::with_capacity(ids.len() * 2 + 1);
    for (position, id) in (1_i64..).zip(ids) {
        values.extend([Uuid::into((*id).into()), position.into()]);
    }
    values.push(parent_id.into().into());
    tx.change(&sql, values).await.map(drop)
}
