//! What chapters and lessons teach: text, or a video.

mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{Result, VideoAssetId};

use crate::html;

pub(crate) use model::BodyOwner;
pub use model::{Body, BodyChange};

/// Sanitises the text of a new body.
pub(crate) fn sanitised(body: Body) -> Result<Body> {
    Ok(Body { content: html::sanitise_content(body.content)?, ..body })
}

/// A body with a change applied to it.
pub(crate) fn changed(body: Body, change: BodyChange) -> Result<Body> {
    let BodyChange { content, video_url, video_asset_id } = change;
    Ok(Body {
        content: content.map_or(Ok(body.content), html::sanitise_content)?,
        video_url: video_url.unwrap_or(body.video_url),
        video_asset_id: video_asset_id.unwrap_or(body.video_asset_id),
    })
}

/// Refuses an uploaded video that is neither the caller's nor the present one. `pointer` is where the request names it.
pub(crate) async fn check_video(
    tx: &Tx,
    id: Option<VideoAssetId>,
    current: Option<VideoAssetId>,
    pointer: &str,
) -> Result<()> {
    match id {
        Some(id) if current != Some(id) => media::usable_video(tx, id, pointer).await.map(drop),
        _ => Ok(()),
    }
}
