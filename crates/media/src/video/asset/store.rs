//! The statements about videos.

use database::{MapDbErr, NewestFirst, Tx, literal};
use entity::{
    enums::{VideoProvider, VideoStatus},
    video_assets,
};
use kernel::{Cursor, Limit, Result, Timestamp, UserId, VideoAssetId};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, IntoSimpleExpr, QueryFilter, QueryOrder,
    QuerySelect, Set,
};

use super::model::VideoAsset;

pub(crate) async fn insert(tx: &Tx, asset: VideoAsset) -> Result<()> {
    let insert = video_assets::Entity::insert(asset.into_active_model());
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

pub(crate) async fn find(tx: &Tx, id: VideoAssetId) -> Result<Option<VideoAsset>> {
    let asset = video_assets::Entity::find_by_id(id);
    asset.one(tx).await.map_db_err()
}

pub(crate) async fn lock(tx: &Tx, id: VideoAssetId) -> Result<Option<VideoAsset>> {
    let asset = video_assets::Entity::find_by_id(id).lock_exclusive();
    asset.one(tx).await.map_db_err()
}

/// The video that has this asset or this upload at Mux, locked.
pub(crate) async fn lock_by_mux_id(
    tx: &Tx,
    upload_id: Option<&str>,
    asset_id: Option<&str>,
) -> Result<Option<VideoAsset>> {
    use video_assets::Column::{AssetId, UploadId};
    for (column, id) in [(AssetId, asset_id), (UploadId, upload_id)] {
        let Some(id) = id else { continue };
        let asset = video_assets::Entity::find().filter(column.eq(id));
        let asset = asset.lock_exclusive().one(tx).await;
        if let Some(asset) = asset.map_db_err()? {
            return Ok(Some(asset));
        }
    }
    Ok(None)
}

pub(crate) async fn list_by_owner(
    tx: &Tx,
    owner_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<VideoAsset>> {
    use video_assets::Column::{CreatedAt, Id};
    video_assets::Entity::find()
        .filter(video_assets::COLUMN.owner_id.eq(owner_id))
        .newest_first(CreatedAt, Id, after, limit)
        .all(tx)
        .await
        .map_db_err()
}

/// Videos at Mux that are being processed and have not changed since `before`, the longest silence first.
pub(crate) async fn list_silent(tx: &Tx, before: Timestamp, limit: u64) -> Result<Vec<VideoAsset>> {
    use video_assets::Column::{Id, Provider, Status, UpdatedAt};
    let in_progress = [VideoStatus::Waiting, VideoStatus::Preparing].map(literal);
    video_assets::Entity::find()
        .filter(Provider.into_simple_expr().eq(literal(VideoProvider::Mux)))
        .filter(Status.into_simple_expr().is_in(in_progress))
        .filter(video_assets::COLUMN.updated_at.lt(before))
        .order_by_asc(UpdatedAt)
        .order_by_asc(Id)
        .limit(limit)
        .all(tx)
        .await
        .map_db_err()
}

/// Videos in our own storage of the time before their files were inspected, the oldest first.
pub(crate) async fn list_uninspected(tx: &Tx, limit: u64) -> Result<Vec<VideoAsset>> {
    use video_assets::Column::{CreatedAt, Id, Provider, Status};
    video_assets::Entity::find()
        .filter(Provider.into_simple_expr().eq(literal(VideoProvider::Local)))
        .filter(Status.into_simple_expr().eq(literal(VideoStatus::Ready)))
        .filter(video_assets::COLUMN.codec.is_null())
        .order_by_asc(CreatedAt)
        .order_by_asc(Id)
        .limit(limit)
        .all(tx)
        .await
        .map_db_err()
}

/// Writes the id of the upload at Mux, where there is none yet.
pub(crate) async fn set_upload_id(tx: &Tx, id: VideoAssetId, upload_id: String) -> Result<()> {
    video_assets::Entity::update_many()
        .set(video_assets::ActiveModel {
            upload_id: Set(Some(upload_id)),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(video_assets::COLUMN.id.eq(id))
        .filter(video_assets::COLUMN.upload_id.is_null())
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Gives up an announced video, unless its file has arrived meanwhile.
pub(crate) async fn fail_waiting(tx: &Tx, id: VideoAssetId, problem: &str) -> Result<()> {
    video_assets::Entity::update_many()
        .set(video_assets::ActiveModel {
            status: Set(VideoStatus::Errored),
            problem: Set(Some(problem.to_owned())),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(video_assets::COLUMN.id.eq(id))
        .filter(video_assets::COLUMN.status.eq(VideoStatus::Waiting))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Writes what became of a video, if its status is still `from`.
pub(crate) async fn advance(tx: &Tx, from: VideoStatus, asset: VideoAsset) -> Result<()> {
    video_assets::Entity::update_many()
        .set(video_assets::ActiveModel {
            status: Set(asset.status),
            upload_id: Set(asset.upload_id),
            asset_id: Set(asset.asset_id),
            playback_id: Set(asset.playback_id),
            content_type: Set(asset.content_type),
            duration_seconds: Set(asset.duration_seconds),
            codec: Set(asset.codec),
            width: Set(asset.width),
            height: Set(asset.height),
            warnings: Set(asset.warnings),
            problem: Set(asset.problem),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(video_assets::COLUMN.id.eq(asset.id))
        .filter(video_assets::COLUMN.status.eq(from))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Writes that a video changed now.
pub(crate) async fn touch(tx: &Tx, id: VideoAssetId) -> Result<()> {
    video_assets::Entity::update_many()
        .set(video_assets::ActiveModel { updated_at: Set(tx.now()), ..Default::default() })
        .filter(video_assets::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

pub(crate) async fn delete(tx: &Tx, id: VideoAssetId) -> Result<(), DbErr> {
    let delete = video_assets::Entity::delete_by_id(id);
    delete.exec(tx).await.map(drop)
}
