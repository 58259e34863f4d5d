//! The statements about files.

use database::{MapDbErr, Tx, constraint, values};
use entity::{enums::FileStatus, files};
use kernel::{FileId, Result, Timestamp, UserId};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
};

use super::model::{File, PendingUploads, Verdict};

pub(crate) async fn insert(tx: &Tx, file: File) -> Result<()> {
    let insert = files::Entity::insert(file.into_active_model());
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

pub(crate) async fn find(tx: &Tx, id: FileId) -> Result<Option<File>> {
    let file = files::Entity::find_by_id(id);
    file.into_partial_model().one(tx).await.map_db_err()
}

/// A file, which cannot be deleted until the transaction ends.
pub(crate) async fn lock(tx: &Tx, id: FileId) -> Result<Option<File>> {
    let file = files::Entity::find_by_id(id).lock_exclusive();
    file.into_partial_model().one(tx).await.map_db_err()
}

/// The uploads that somebody began after `since` and that may still arrive, here or at Mux, which does not tell us their sizes.
pub(crate) async fn pending(tx: &Tx, owner_id: UserId, since: Timestamp) -> Result<PendingUploads> {
    // Text, because it is a sum over two tables.
    let sql = "SELECT count(*) AS files, CAST(coalesce(sum(p.bytes), 0) AS bigint) AS bytes FROM (\
               SELECT size_bytes AS bytes FROM files \
               WHERE owner_id = :owner_id AND created_at > :since AND status = 'PENDING' AND expires_at > :now \
               UNION ALL SELECT 0 FROM video_assets \
               WHERE owner_id = :owner_id AND created_at > :since AND status = 'WAITING' AND provider = 'MUX') p";
    let values = values! { owner_id, since, now: tx.now() };
    let pending = tx.fetch_optional(sql, values).await?;
    Ok(pending.unwrap_or(PendingUploads { files: 0, bytes: 0 }))
}

/// Takes a file to check it until then; answers whether nobody else has it.
pub(crate) async fn claim(tx: &Tx, id: FileId, until: Timestamp) -> Result<bool> {
    let unclaimed = Condition::any()
        .add(files::COLUMN.checked_until.is_null())
        .add(files::COLUMN.checked_until.lte(tx.now()));
    let claimed = files::Entity::update_many()
        .set(files::ActiveModel { checked_until: Set(Some(until)), ..Default::default() })
        .filter(files::COLUMN.id.eq(id))
        .filter(files::COLUMN.status.eq(FileStatus::Pending))
        .filter(unclaimed)
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(claimed.rows_affected == 1)
}

/// Gives a file back that could not be checked.
pub(crate) async fn release(tx: &Tx, id: FileId, until: Timestamp) -> Result<()> {
    files::Entity::update_many()
        .set(files::ActiveModel { checked_until: Set(None), ..Default::default() })
        .filter(files::COLUMN.id.eq(id))
        .filter(files::COLUMN.checked_until.eq(until))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Writes the verdict about a file that was claimed until then; answers whether the claim still held.
pub(crate) async fn settle(tx: &Tx, id: FileId, until: Timestamp, verdict: Verdict) -> Result<bool> {
    let is_good = verdict.problem.is_none();
    let status = if is_good { FileStatus::Ready } else { FileStatus::Rejected };
    let settled = files::Entity::update_many()
        .set(files::ActiveModel {
            status: Set(status),
            problem: Set(verdict.problem.map(str::to_owned)),
            detail: Set(verdict.detail),
            content_type: verdict.content_type.map_or(NotSet, Set),
            size_bytes: verdict.size_bytes.map_or(NotSet, Set),
            sha256: verdict.sha256.map_or(NotSet, |sha256| Set(Some(sha256))),
            ready_at: Set(is_good.then(|| tx.now())),
            checked_until: Set(None),
            ..Default::default()
        })
        .filter(files::COLUMN.id.eq(id))
        .filter(files::COLUMN.status.eq(FileStatus::Pending))
        .filter(files::COLUMN.checked_until.eq(until))
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(settled.rows_affected == 1)
}

/// Replaces the checksum of a file whose bytes change.
pub(crate) async fn set_checksum(tx: &Tx, id: FileId, sha256: Option<Vec<u8>>) -> Result<()> {
    let changed = files::ActiveModel { sha256: Set(sha256), ..Default::default() };
    let update = files::Entity::update_many().set(changed).filter(files::COLUMN.id.eq(id));
    update.exec(tx).await.map(drop).map_db_err()
}

/// A column that refers to files.
#[derive(FromQueryResult)]
pub(crate) struct Reference {
    table_name: String,
    column_name: String,
}

/// Every foreign key that refers to files, whichever crate's table has it. The schema is asked, so that none is forgotten.
pub(crate) async fn references(tx: &Tx) -> Result<Vec<Reference>> {
    // Text, because the catalog has no entities.
    let sql = if tx.is_postgres() {
        "SELECT CAST(c.conrelid::regclass AS text) AS table_name, CAST(a.attname AS text) AS column_name \
         FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
         WHERE c.contype = 'f' AND c.confrelid = 'files'::regclass"
    } else {
        "SELECT t.name AS table_name, k.\"from\" AS column_name \
         FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) k \
         WHERE t.type = 'table' AND k.\"table\" = 'files'"
    };
    tx.fetch_all(sql, values! {}).await
}

/// The oldest files to which nothing refers: those that were made before `before`, and announced ones that have expired.
pub(crate) async fn unused(
    tx: &Tx,
    references: &[Reference],
    before: Timestamp,
    limit: u64,
) -> Result<Vec<FileId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: FileId,
    }
    let unreferenced: String = references
        .iter()
        .map(|Reference { table_name, column_name }| {
            format!(" AND NOT EXISTS (SELECT 1 FROM {table_name} r WHERE r.{column_name} = f.id)")
        })
        .collect();
    // Text, because the tables are known when it runs.
    let sql = format!(
        "SELECT f.id FROM files f WHERE ((f.status = 'PENDING' AND f.expires_at <= :now \
         AND (f.checked_until IS NULL OR f.checked_until <= :now)) \
         OR (f.status <> 'PENDING' AND f.created_at <= :before)){unreferenced} \
         ORDER BY f.created_at, f.id LIMIT {limit}"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { now: tx.now(), before }).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Deletes a file; one to which something has come to refer in the meantime stays, and with it all of the transaction.
pub(crate) async fn delete(tx: &Tx, id: FileId) -> Result<bool> {
    match files::Entity::delete_by_id(id).exec(tx).await {
        Ok(deleted) => Ok(deleted.rows_affected == 1),
        Err(error) if constraint(&error).is_some_and(|name| name.starts_with("fk")) => Ok(false),
        Err(error) => Err(error).map_db_err(),
    }
}

/// Those of these files that exist, with their status.
pub(crate) async fn statuses(tx: &Tx, ids: &[FileId]) -> Result<Vec<(FileId, FileStatus)>> {
    files::Entity::find()
        .select_only()
        .columns([files::Column::Id, files::Column::Status])
        .filter(files::COLUMN.id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}
