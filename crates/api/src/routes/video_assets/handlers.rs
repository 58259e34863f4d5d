//! The operations of videos.

use kernel::VideoAssetId;

use super::dto::{CreateVideoUpload, PutCaptions, VideoAsset, VideoAssetPage, VideoUpload};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        create_video_upload,
        list_video_assets,
        get_video_asset,
        complete_video_upload,
        delete_video_asset,
        put_captions,
        delete_captions
    );
}

/// Create a video upload
///
/// Announces a video of a trainer or an admin. Send the file to `target`, then complete the upload; the video is `READY` some time
/// after. Where Mux is configured the file goes straight to Mux, otherwise into our own storage.
#[utoipa::path(post, path = "/video-uploads",
    tag = "video", operation_id = "createVideoUpload", security(("bearer" = [])), request_body = CreateVideoUpload,
    extensions(("x-problem-codes" = json!(["forbidden", "too_many_uploads"]))),
    responses((status = 201, description = "The video, and where to send its file.", body = VideoUpload)))]
async fn create_video_upload(
    caller: Trainer,
    key: Idempotency,
    body: Json<CreateVideoUpload>,
) -> Answer<VideoUpload> {
    const OPERATION: &str = "createVideoUpload";
    // A repetition gets the first answer without a second upload at Mux.
    if let Some(reply) = key.kept(&caller, OPERATION, &body.raw).await? {
        return Ok(reply);
    }
    let new = body.value.into();
    let prepared =
        caller.state.videos.prepare_upload(&caller.state.media, &caller.state.db, caller.actor, new).await?;
    let limits = caller.state.media.limits;
    let work = async move |tx| {
        let (video, target) = prepared.save(&tx, limits).await?;
        let location = format!("/video-assets/{}", video.asset.id);
        let (video_asset, target) = (video.into(), target.into());
        Ok(Reply::created(&location, &VideoUpload { video_asset, target })?.content())
    };
    Ok(key.run(&caller, OPERATION, &body.raw, work).await?)
}

/// List my videos
///
/// The caller's own videos, newest first.
#[utoipa::path(get, path = "/me/video-assets",
    tag = "video", operation_id = "listMyVideoAssets", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of videos.", body = VideoAssetPage)))]
async fn list_video_assets(caller: Member, list: List) -> Answer<VideoAssetPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| media::list_own_videos(&tx, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&VideoAssetPage::of(list_id, page))?)
}

/// Get a video
///
/// For its owner and admins. Ask again while it is `WAITING` or `PREPARING`.
#[utoipa::path(get, path = "/video-assets/{video_asset_id}",
    tag = "video", operation_id = "getVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    responses((status = 200, description = "The video.", body = VideoAsset)))]
async fn get_video_asset(caller: Member, Path(id): Path<VideoAssetId>) -> Answer<VideoAsset> {
    let video = caller.read(async move |tx| media::video(&tx, id).await).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Complete a video upload
///
/// Says that the file was sent. A file in our own storage is checked now: whether it is whole and can be played; and the place where it
/// was filmed is removed. Mux reports by itself, and nothing changes. Doing it again changes nothing.
#[utoipa::path(post, path = "/video-assets/{video_asset_id}/complete",
    tag = "video", operation_id = "completeVideoUpload", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["upload_incomplete", "upload_checking"]))),
    responses((status = 200, description = "The video as it is now.", body = VideoAsset)))]
async fn complete_video_upload(caller: Member, Path(id): Path<VideoAssetId>) -> Answer<VideoAsset> {
    let video = caller.state.videos.complete(&caller.state.media, &caller.state.db, caller.actor, id).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Delete a video
///
/// For its owner and admins; not while a lesson, a chapter or a course shows it. What Mux stores of it is deleted too.
#[utoipa::path(delete, path = "/video-assets/{video_asset_id}",
    tag = "video", operation_id = "deleteVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["video_in_use"]))),
    responses((status = 204, description = "The video was deleted.")))]
async fn delete_video_asset(caller: Member, Path(id): Path<VideoAssetId>) -> Answer<Nothing> {
    caller.run(async move |tx| media::delete_video(&tx, id).await).await?;
    caller.state.wake_worker.notify_one();
    Ok(Reply::no_content())
}

/// Put captions of a video
///
/// In one language, in place of those that were there. Doing it again changes nothing. They are served from our own storage,
/// whoever streams the video.
#[utoipa::path(put, path = "/video-assets/{video_asset_id}/captions/{language}",
    tag = "video", operation_id = "putVideoCaptions", security(("bearer" = [])), request_body = PutCaptions,
    params(("video_asset_id" = Uuid, Path, description = "The video's id."),
        ("language" = String, Path, description = "The BCP 47 tag of the language, with script and region where needed.", max_length = 11, example = "en-GB",
            pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$")),
    responses((status = 200, description = "The video as it is now.", body = VideoAsset)))]
async fn put_captions(
    caller: Member,
    Path((id, language)): Path<(VideoAssetId, String)>,
    body: Json<PutCaptions>,
) -> Answer<VideoAsset> {
    let captions = body.value.into_captions(language);
    let video = caller.run(async move |tx| media::put_captions(&tx, id, captions).await).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Delete captions of a video
///
/// Deletes the captions of one language.
#[utoipa::path(delete, path = "/video-assets/{video_asset_id}/captions/{language}",
    tag = "video", operation_id = "deleteVideoCaptions", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id."),
        ("language" = String, Path, description = "The BCP 47 tag of the language, with script and region where needed.", max_length = 11, example = "en-GB",
            pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$")),
    responses((status = 204, description = "The captions were deleted.")))]
async fn delete_captions(
    caller: Member,
    Path((id, language)): Path<(VideoAssetId, String)>,
) -> Answer<Nothing> {
    caller.run(async move |tx| media::delete_captions(&tx, id, &language).await).await?;
    Ok(Reply::no_content())
}
