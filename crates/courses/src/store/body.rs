use database::Tx;
use kernel::{CourseId, Result, Uuid};

use crate::Body;

/// Whose body it is: both tables have the same columns behind another key.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Chapter,
    Lesson,
}

impl Of {
    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Chapter => ("chapter_bodies", "chapter_id"),
            Self::Lesson => ("lesson_bodies", "lesson_id"),
        }
    }
}

pub(crate) async fn find(tx: &Tx, of: Of, id: impl Into<Uuid>) -> Result<Body> {
    let (table, key) = of.table();
    let sql = format!("SELECT content, video_url, video_asset_id FROM {table} WHERE {key} = ?");
    Ok(tx.one(&sql, [id.into().into()]).await?.unwrap_or_default())
}

/// Several bodies of one course, in one statement.
pub(crate) async fn insert<I: Copy + Into<Uuid>>(
    tx: &Tx,
    of: Of,
    course_id: CourseId,
    bodies: &[(I, &Body)],
) -> Result<()> {
    let (table, key) = of.table();
    let rows = vec!["(?, ?, ?, ?, ?)"; bodies.len()].join(", ");
    let sql =
        format!("INSERT INTO {table} ({key}, course_id, content, video_url, video_asset_id) VALUES {rows}");
    let values = bodies.iter().flat_map(|(id, body)| {
        [
            Uuid::into((*id).into()),
            course_id.into(),
            body.content.clone().into(),
            body.video_url.clone().into(),
            body.video_asset_id.into(),
        ]
    });
    tx.change(&sql, values).await.map(drop)
}

pub(crate) async fn update(tx: &Tx, of: Of, id: impl Into<Uuid>, body: &Body) -> Result<()> {
    let (table, key) = of.table();
    let sql = format!("UPDATE {table} SET content = ?, video_url = ?, video_asset_id = ? WHERE {key} = ?");
    let values = [
        body.content.clone().into(),
        body.video_url.clone().into(),
        body.video_asset_id.into(),
        id.into().into(),
    ];
    tx.change(&sql, values).await.map(drop)
}
