//! The statements about captions.

use std::collections::HashMap;

use database::{MapDbErr, Tx};
use entity::video_captions;
use kernel::{Result, VideoAssetId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set, sea_query::OnConflict};

use super::model::{Captions, CaptionsOfVideo};

/// The captions of these videos, ordered by language, in one statement.
pub(crate) async fn list(tx: &Tx, ids: &[VideoAssetId]) -> Result<HashMap<VideoAssetId, Vec<Captions>>> {
    let mut found: HashMap<VideoAssetId, Vec<Captions>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let rows: Vec<CaptionsOfVideo> = video_captions::Entity::find()
        .filter(video_captions::COLUMN.video_asset_id.is_in(ids.iter().copied()))
        .order_by_asc(video_captions::Column::Language)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()?;
    for row in rows {
        found.entry(row.video_asset_id).or_default().push(row.captions);
    }
    Ok(found)
}

/// Writes the captions of a language, in place of those that were there.
pub(crate) async fn put(tx: &Tx, id: VideoAssetId, captions: Captions) -> Result<()> {
    use video_captions::Column::{FileId, Label, Language, VideoAssetId};
    let row = video_captions::ActiveModel {
        id: Set(tx.new_id()),
        video_asset_id: Set(id),
        language: Set(captions.language),
        label: Set(captions.label),
        file_id: Set(captions.file_id),
        created_at: Set(tx.now()),
    };
    let replace = OnConflict::columns([VideoAssetId, Language]).update_columns([Label, FileId]).to_owned();
    let insert = video_captions::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

/// Deletes the captions of a language; answers whether there were any.
pub(crate) async fn delete(tx: &Tx, id: VideoAssetId, language: &str) -> Result<bool> {
    let deleted = video_captions::Entity::delete_many()
        .filter(video_captions::COLUMN.video_asset_id.eq(id))
        .filter(video_captions::COLUMN.language.eq(language))
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(deleted.rows_affected > 0)
}
