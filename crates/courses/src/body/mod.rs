//! What chapters and lessons teach: text, or a video.

mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{Result, VideoAssetId, Written};

use crate::content::{self, Content};

pub(crate) use model::BodyOwner;
pub use model::{Body, BodyChange};

/// A new body as it will be stored.
pub(crate) fn checked(tx: &Tx, body: Body) -> Result<Written<Body>> {
    let text = content::checked(body.content, body.content_format, tx.players(), content::POINTER)?;
    Ok(with_text(body.video_url, body.video_asset_id, text))
}

/// A body with a change applied to it.
pub(crate) fn changed(tx: &Tx, body: Body, change: BodyChange) -> Result<Written<Body>> {
    let BodyChange { content, content_format, video_url, video_asset_id } = change;
    let text = content::changed(tx, (body.content, body.content_format), content, content_format)?;
    Ok(with_text(video_url.unwrap_or(body.video_url), video_asset_id.unwrap_or(body.video_asset_id), text))
}

fn with_text(
    video_url: Option<String>,
    video_asset_id: Option<VideoAssetId>,
    text: Content,
) -> Written<Body> {
    let Content { text: content, format: content_format, warnings } = text;
    Written { value: Body { content, content_format, video_url, video_asset_id }, warnings }
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
