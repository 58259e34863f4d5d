use database::Tx;
use kernel::{CourseId, Result, UserId, Uuid};
use sea_orm::{FromQueryResult, Value};

/// What a moderator took away.
#[derive(FromQueryResult)]
pub(crate) struct Removed {
    pub(crate) title: String,
    pub(crate) content: String,
}

pub(crate) async fn insert(
    tx: &Tx,
    subject_id: impl Into<Uuid>,
    (course_id, author_id): (Option<CourseId>, UserId),
    removed: &Removed,
) -> Result<()> {
    let sql = "INSERT INTO removed_contents (subject_id, course_id, author_id, title, content, removed_by, removed_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values: [Value; 7] = [
        subject_id.into().into(),
        course_id.into(),
        author_id.into(),
        removed.title.clone().into(),
        removed.content.clone().into(),
        tx.actor().user_id().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn find(tx: &Tx, subject_id: impl Into<Uuid>) -> Result<Option<Removed>> {
    let sql = "SELECT title, content FROM removed_contents WHERE subject_id = ?";
    tx.one(sql, [subject_id.into().into()]).await
}

/// Answers whether it was there.
pub(crate) async fn delete(tx: &Tx, subject_id: impl Into<Uuid>) -> Result<bool> {
    let sql = "DELETE FROM removed_contents WHERE subject_id = ?";
    Ok(tx.change(sql, [subject_id.into().into()]).await? == 1)
}
