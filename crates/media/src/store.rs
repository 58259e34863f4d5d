//! All SQL of this crate.

use std::collections::HashSet;

use database::{MapDbErr, Tx, constraint};
use entity::files;
use kernel::{FileId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Set};

use crate::File;

const FILE: &str = "f.id, f.owner_id, f.purpose, f.name, f.content_type, f.size_bytes, f.sha256, f.status, f.problem, \
                    f.created_at, f.expires_at";

pub(crate) async fn insert(tx: &Tx, file: &File) -> Result<()> {
    let row = files::ActiveModel {
        id: Set(file.id),
        owner_id: Set(file.owner_id),
        purpose: Set(file.purpose),
        name: Set(file.name.clone()),
        content_type: Set(file.content_type.clone()),
        size_bytes: Set(file.size_bytes),
        sha256: Set(file.sha256.clone()),
        status: Set(file.status),
        problem: Set(None),
        created_at: Set(file.created_at),
        expires_at: Set(file.expires_at),
        checked_until: Set(None),
        ready_at: Set(None),
    };
    files::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// A file; locked, it is there until the transaction ends.
pub(crate) async fn file(tx: &Tx, id: FileId, locked: bool) -> Result<Option<File>> {
    let lock = if locked { tx.for_update() } else { "" };
    let sql = format!("SELECT {FILE} FROM files f WHERE f.id = ?{lock}");
    tx.one(&sql, [id.into()]).await
}

/// What somebody has announced and not completed.
#[derive(FromQueryResult)]
pub(crate) struct Pending {
    pub(crate) files: i64,
    pub(crate) bytes: i64,
}

/// The uploads that somebody began after `since` and that may still arrive, here or at Mux, which does not tell us their sizes.
pub(crate) async fn pending(tx: &Tx, owner_id: UserId, since: Timestamp) -> Result<Pending> {
    let sql = "SELECT count(*) AS files, CAST(coalesce(sum(p.bytes), 0) AS bigint) AS bytes FROM (\
               SELECT size_bytes AS bytes FROM files \
               WHERE owner_id = ? AND created_at > ? AND status = 'PENDING' AND expires_at > ? \
               UNION ALL SELECT 0 FROM video_assets \
               WHERE owner_id = ? AND created_at > ? AND status = 'WAITING' AND provider = 'MUX') p";
    let values = [
        owner_id.into(),
        since.into(),
        tx.now().into(),
        owner_id.into(),
        since.into(),
    ];
    Ok(tx
        .one(sql, values)
        .await?
        .unwrap_or(Pending { files: 0, bytes: 0 }))
}

/// Takes a file to look at until then; answers whether nobody else has it.
pub(crate) async fn claim(tx: &Tx, id: FileId, until: Timestamp) -> Result<bool> {
    let sql = "UPDATE files SET checked_until = ? WHERE id = ? AND status = 'PENDING' \
               AND (checked_until IS NULL OR checked_until <= ?)";
    Ok(tx.change(sql, [until.into(), id.into(), tx.now().into()]).await? == 1)
}

/// Gives a file back that could not be looked at.
pub(crate) async fn release(tx: &Tx, id: FileId, until: Timestamp) -> Result<()> {
    let sql = "UPDATE files SET checked_until = NULL WHERE id = ? AND checked_until = ?";
    tx.change(sql, [id.into(), until.into()]).await.map(drop)
}

/// Writes what was found; answers whether the file was still ours to look at.
pub(crate) async fn settle(
    tx: &Tx,
    id: FileId,
    until: Timestamp,
    sha256: Option<Vec<u8>>,
    problem: Option<&str>,
) -> Result<bool> {
    let sql = "UPDATE files SET status = ?, problem = ?, sha256 = COALESCE(?, sha256), ready_at = ?, checked_until = NULL \
               WHERE id = ? AND status = 'PENDING' AND checked_until = ?";
    let status = if problem.is_none() { "READY" } else { "REJECTED" };
    let ready_at = problem.is_none().then(|| tx.now());
    let values = [
        status.into(),
        problem.into(),
        sha256.into(),
        ready_at.into(),
        id.into(),
        until.into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

// Collection -----------------------------------------------------------------------------------------------------

#[derive(FromQueryResult)]
struct Id {
    id: FileId,
}

/// Files to which nothing refers: those that were made before `before`, and announced ones that have expired.
pub(crate) async fn unused(tx: &Tx, before: Timestamp, limit: u64) -> Result<Vec<FileId>> {
    let sql = format!(
        "SELECT f.id FROM files f WHERE ((f.status = 'PENDING' AND f.expires_at <= ? \
         AND (f.checked_until IS NULL OR f.checked_until <= ?)) OR (f.status <> 'PENDING' AND f.created_at <= ?)) \
         AND NOT EXISTS (SELECT 1 FROM courses c WHERE c.image_id = f.id) \
         AND NOT EXISTS (SELECT 1 FROM categories g WHERE g.image_id = f.id) \
         AND NOT EXISTS (SELECT 1 FROM attachments a WHERE a.file_id = f.id) \
         AND NOT EXISTS (SELECT 1 FROM video_assets v WHERE v.file_id = f.id) \
         AND NOT EXISTS (SELECT 1 FROM video_captions k WHERE k.file_id = f.id) \
         AND NOT EXISTS (SELECT 1 FROM post_images i WHERE i.file_id = f.id) \
         ORDER BY f.created_at, f.id LIMIT {limit}"
    );
    let rows: Vec<Id> = tx
        .all(&sql, [tx.now().into(), tx.now().into(), before.into()])
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Removes a file; one to which something has come to refer in the meantime stays, and with it all of the transaction.
pub(crate) async fn delete(tx: &Tx, id: FileId) -> Result<bool> {
    let sql = "DELETE FROM files WHERE id = ?";
    match tx.execute_raw(tx.statement(sql, [id.into()])).await {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if constraint(&error).is_some_and(|name| name.starts_with("fk")) => Ok(false),
        Err(error) => Err(error).map_db_err(),
    }
}

/// Which of these files exist, and whether each is still announced only.
pub(crate) async fn known(tx: &Tx, ids: &[FileId]) -> Result<(HashSet<FileId>, HashSet<FileId>)> {
    #[derive(FromQueryResult)]
    struct Row {
        id: FileId,
        status: String,
    }
    let marks = vec!["?"; ids.len()].join(", ");
    let sql = format!("SELECT id, status FROM files WHERE id IN ({marks})");
    let rows: Vec<Row> = tx.all(&sql, ids.iter().map(|id| (*id).into())).await?;
    let pending = rows
        .iter()
        .filter(|row| row.status == "PENDING")
        .map(|row| row.id)
        .collect();
    Ok((rows.into_iter().map(|row| row.id).collect(), pending))
}
