//! All SQL about video.

use std::collections::HashMap;

use database::{MapDbErr, Tx};
use entity::video_assets;
use kernel::{Code, Cursor, FileId, Limit, Result, Timestamp, UserId, Uuid, VideoAssetId};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Set, Value};

use super::{Captions, VideoAsset, VideoProvider, VideoStatus};

const ASSET: &str = "id, owner_id, provider, status, file_id, content_type, upload_id, asset_id, playback_id, duration_seconds, problem, \
                     created_at, updated_at";

pub(crate) async fn insert(tx: &Tx, asset: &VideoAsset) -> Result<()> {
    let row = video_assets::ActiveModel {
        id: Set(asset.id),
        owner_id: Set(asset.owner_id),
        provider: Set(asset.provider),
        status: Set(asset.status),
        file_id: Set(asset.file_id),
        content_type: Set(asset.content_type.clone()),
        upload_id: Set(asset.upload_id.clone()),
        asset_id: Set(asset.asset_id.clone()),
        playback_id: Set(asset.playback_id.clone()),
        duration_seconds: Set(asset.duration_seconds),
        problem: Set(asset.problem.clone()),
        created_at: Set(asset.created_at),
        updated_at: Set(asset.updated_at),
    };
    let inserted = video_assets::Entity::insert(row).exec_without_returning(tx).await;
    inserted.map(drop).map_db_err()
}

pub(crate) async fn asset(tx: &Tx, id: VideoAssetId, lock: bool) -> Result<Option<VideoAsset>> {
    let lock = if lock { tx.for_update() } else { "" };
    let sql = format!("SELECT {ASSET} FROM video_assets WHERE id = ?{lock}");
    tx.one(&sql, [id.into()]).await
}

/// The video that Mux means by the name of its upload or of its asset, locked.
pub(crate) async fn asset_at_mux(
    tx: &Tx,
    upload_id: Option<&str>,
    asset_id: Option<&str>,
) -> Result<Option<VideoAsset>> {
    for (column, name) in [("asset_id", asset_id), ("upload_id", upload_id)] {
        let Some(name) = name else { continue };
        let lock = tx.for_update();
        let sql = format!("SELECT {ASSET} FROM video_assets WHERE {column} = ?{lock}");
        if let Some(asset) = tx.one(&sql, [name.into()]).await? {
            return Ok(Some(asset));
        }
    }
    Ok(None)
}

pub(crate) async fn of_owner(
    tx: &Tx,
    owner_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<VideoAsset>> {
    let mut sql = format!("SELECT {ASSET} FROM video_assets WHERE owner_id = ?");
    let mut values: Vec<Value> = vec![owner_id.into()];
    if let Some(after) = after {
        sql.push_str(" AND (created_at < ? OR (created_at = ? AND id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY created_at DESC, id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

/// Videos at Mux of which nothing was heard since `before`, the longest silence first.
pub(crate) async fn silent(tx: &Tx, before: Timestamp, limit: u64) -> Result<Vec<VideoAsset>> {
    let sql = format!(
        "SELECT {ASSET} FROM video_assets WHERE provider = 'MUX' AND status IN ('WAITING', 'PREPARING') \
         AND updated_at < ? ORDER BY updated_at, id LIMIT {limit}"
    );
    tx.all(&sql, [before.into()]).await
}

pub(crate) async fn set_upload(tx: &Tx, id: VideoAssetId, upload_id: &str) -> Result<()> {
    let sql = "UPDATE video_assets SET upload_id = ?, updated_at = ? WHERE id = ? AND upload_id IS NULL";
    tx.change(sql, [upload_id.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

/// Gives an announced video up, unless it has come along meanwhile.
pub(crate) async fn fail_waiting(tx: &Tx, id: VideoAssetId, problem: &str) -> Result<()> {
    let sql = "UPDATE video_assets SET status = 'ERRORED', problem = ?, updated_at = ? \
               WHERE id = ? AND status = 'WAITING'";
    tx.change(sql, [problem.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

/// Writes what was learnt about a video, if it still is as it was when that was decided.
pub(crate) async fn advance(tx: &Tx, before: &VideoAsset, after: &VideoAsset) -> Result<()> {
    let sql = "UPDATE video_assets SET status = ?, upload_id = ?, asset_id = ?, playback_id = ?, duration_seconds = ?, \
               problem = ?, updated_at = ? WHERE id = ? AND status = ?";
    let values: [Value; 9] = [
        after.status.as_str().into(),
        after.upload_id.clone().into(),
        after.asset_id.clone().into(),
        after.playback_id.clone().into(),
        after.duration_seconds.into(),
        after.problem.clone().into(),
        tx.now().into(),
        before.id.into(),
        before.status.as_str().into(),
    ];
    // How long a video is says when it is watched to the end: whoever watches it has to hear of it.
    tx.invalidate_public_cache().await?;
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn touch(tx: &Tx, id: VideoAssetId) -> Result<()> {
    let sql = "UPDATE video_assets SET updated_at = ? WHERE id = ?";
    tx.change(sql, [tx.now().into(), id.into()]).await.map(drop)
}

/// The foreign keys of lessons, chapters and courses say whether it is shown somewhere.
pub(crate) async fn delete(tx: &Tx, id: VideoAssetId) -> Result<()> {
    let statement = tx.statement("DELETE FROM video_assets WHERE id = ?", [id.into()]);
    let deleted = tx.execute_raw(statement).await;
    deleted.map(drop).map_err(|error| {
        if database::constraint(&error).is_some_and(|name| name.starts_with("fk")) {
            Code::VideoInUse.into()
        } else {
            database::from_db(error)
        }
    })
}

// Captions -------------------------------------------------------------------------------------------------------

#[derive(FromQueryResult)]
struct CaptionsRow {
    video_asset_id: VideoAssetId,
    language: String,
    label: String,
    file_id: FileId,
}

/// The captions of these videos, by language, in one statement.
pub(crate) async fn captions(tx: &Tx, ids: &[VideoAssetId]) -> Result<HashMap<VideoAssetId, Vec<Captions>>> {
    let mut found: HashMap<VideoAssetId, Vec<Captions>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let marks = vec!["?"; ids.len()].join(", ");
    let sql = format!(
        "SELECT video_asset_id, language, label, file_id FROM video_captions WHERE video_asset_id IN ({marks}) \
         ORDER BY language"
    );
    let rows = tx
        .all::<CaptionsRow>(&sql, ids.iter().map(|id| (*id).into()))
        .await?;
    for row in rows {
        let CaptionsRow {
            video_asset_id,
            language,
            label,
            file_id,
        } = row;
        let captions = Captions {
            language,
            label,
            file_id,
        };
        found.entry(video_asset_id).or_default().push(captions);
    }
    Ok(found)
}

pub(crate) async fn put_captions(tx: &Tx, id: VideoAssetId, captions: &Captions) -> Result<()> {
    let sql = "INSERT INTO video_captions (id, video_asset_id, language, label, file_id, created_at) \
               VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (video_asset_id, language) DO UPDATE \
               SET label = excluded.label, file_id = excluded.file_id";
    let values: [Value; 6] = [
        tx.new_id::<Uuid>().into(),
        id.into(),
        captions.language.clone().into(),
        captions.label.clone().into(),
        captions.file_id.into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Whether there were any.
pub(crate) async fn delete_captions(tx: &Tx, id: VideoAssetId, language: &str) -> Result<bool> {
    let sql = "DELETE FROM video_captions WHERE video_asset_id = ? AND language = ?";
    Ok(tx.change(sql, [id.into(), language.into()]).await? > 0)
}

// Events ---------------------------------------------------------------------------------------------------------
