use std::collections::BTreeMap;

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use database::Pool;
use kernel::{FileId, Result, Uuid, VideoAssetId};
use media::NewVideo;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::shared::{PageQuery, page};
use crate::{
    http::{
        extract::{Idempotency, Json, Member, Path, Query, Trainer},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
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

/// A video, as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VideoAsset {
    /// The video's id.
    id: VideoAssetId,
    /// `MUX` or `LOCAL`; more may be added.
    #[schema(value_type = String, example = "MUX")]
    provider: &'static str,
    /// `WAITING` for its file, `PREPARING`, `READY` or `ERRORED`; more may be added.
    #[schema(value_type = String, example = "READY")]
    status: &'static str,
    /// Why it is `ERRORED`: a code, such as `upload_timed_out` or `not_processable`.
    #[schema(example = "upload_timed_out")]
    problem: Option<String>,
    /// How long it plays, where that is known.
    #[schema(minimum = 0, example = 61.5)]
    duration_seconds: Option<f64>,
    /// The captions, by language.
    captions: Vec<VideoCaptions>,
    /// Mux's name of the asset.
    #[schema(example = "SqQnqz6s5MBuXGvJaUWdXuXM93J9Q2yv")]
    assets_id: Option<String>,
    /// Mux's name of the signed playback; it plays nothing without a token.
    #[schema(example = "6RkPUOZDMZoK8sMqLdJ1SoXaRDUe02uMv")]
    playback_id: Option<String>,
    /// When it was announced.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Captions in one language.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VideoCaptions {
    /// A BCP 47 tag.
    #[schema(example = "en-GB")]
    language: String,
    /// What a player's menu shows.
    #[schema(example = "English")]
    label: String,
}

impl From<media::Video> for VideoAsset {
    fn from(video: media::Video) -> Self {
        let media::Video { asset, captions } = video;
        let media::VideoAsset {
            id,
            owner_id: _,
            provider,
            status,
            file_id: _,
            content_type: _,
            upload_id: _,
            asset_id,
            playback_id,
            duration_seconds,
            problem,
            created_at,
            updated_at,
        } = asset;
        Self {
            id,
            provider: provider.as_str(),
            status: status.as_str(),
            problem,
            duration_seconds,
            captions: captions.into_iter().map(Into::into).collect(),
            assets_id: asset_id,
            playback_id,
            created_at,
            updated_at,
        }
    }
}

impl From<media::Captions> for VideoCaptions {
    fn from(captions: media::Captions) -> Self {
        let media::Captions {
            language,
            label,
            file_id: _,
        } = captions;
        Self { language, label }
    }
}

page! {
    /// A page of videos.
    VideoAssetPage of VideoAsset
}

/// A video to be sent.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateVideoUpload {
    /// The type of the file.
    content_type: VideoType,
    /// Its size; where we keep videos ourselves, less is allowed.
    #[schema(minimum = 1, maximum = 53_687_091_200_u64, example = 20_971_520)]
    size_bytes: u64,
    /// Its name, for people.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "hinge.mp4"
    )]
    name: String,
}

/// What a video may come as.
#[derive(Clone, Copy, Deserialize, ToSchema)]
enum VideoType {
    /// MPEG-4.
    #[serde(rename = "video/mp4")]
    Mp4,
    /// `WebM`.
    #[serde(rename = "video/webm")]
    Webm,
    /// QuickTime, as phones film.
    #[serde(rename = "video/quicktime")]
    QuickTime,
}

impl VideoType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::QuickTime => "video/quicktime",
        }
    }
}

/// A video that waits for its file, and where that goes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VideoUpload {
    /// The video.
    video_asset: VideoAsset,
    /// Where the file goes.
    target: VideoUploadTarget,
}

/// Where and how to send the file of a video.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VideoUploadTarget {
    /// The method.
    #[schema(value_type = String, example = "PUT")]
    method: &'static str,
    /// A signed address: whoever has it may send. At Mux it also takes the file in pieces, and goes on after a break.
    #[schema(format = "uri", example = "https://storage.example.com/upload?token=x")]
    url: String,
    /// Headers to send along.
    #[schema(example = json!({ "content-type": "video/mp4" }))]
    headers: BTreeMap<String, String>,
    /// Until when.
    expires_at: DateTime<Utc>,
}

impl From<media::UploadTarget> for VideoUploadTarget {
    fn from(target: media::UploadTarget) -> Self {
        let media::UploadTarget {
            method,
            url,
            headers,
            expires_at,
        } = target;
        Self {
            method,
            url,
            headers: headers.into_iter().collect(),
            expires_at,
        }
    }
}

/// The captions of a video in one language.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutCaptions {
    /// What a player's menu shows.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "English"
    )]
    label: String,
    /// A file of the video's owner, sent and found good as `CAPTIONS`.
    file_id: FileId,
}

/// Announce a video
///
/// Trainers and admins. Send the file to `target`, then say so (`completeVideoUpload`); the video is `READY` some time after.
/// With Mux configured the file goes straight to Mux, otherwise into our own storage.
#[utoipa::path(post, path = "/video-uploads",
    tag = "video", operation_id = "createVideoUpload", security(("bearer" = [])), request_body = CreateVideoUpload,
    extensions(("x-problem-codes" = json!(["forbidden", "too_many_uploads"]))),
    responses((status = 201, description = "The video, and where its file goes.", body = VideoUpload)))]
async fn create_video_upload(
    state: Data<State>,
    Trainer(actor): Trainer,
    key: Idempotency,
    body: Json<CreateVideoUpload>,
) -> Result<Reply<VideoUpload>, Problem> {
    const OPERATION: &str = "createVideoUpload";
    let whose = (Pool::App, actor);
    // Whoever asks again gets the first answer without a second upload at Mux.
    if let Some(reply) = key.kept(&state.db, whose, OPERATION, &body.raw).await? {
        return Ok(reply);
    }
    let new = NewVideo {
        content_type: body.value.content_type.as_str().to_owned(),
        size_bytes: body.value.size_bytes,
        name: body.value.name,
    };
    let announced = state.videos.announce(&state.media, &state.db, actor, new).await?;
    let limits = state.media.limits;
    let work = move |tx| async move {
        let (video, target) = announced.write_down(&tx, limits).await?;
        let location = format!("/video-assets/{}", video.asset.id);
        let (video_asset, target) = (video.into(), target.into());
        Reply::created(&location, &VideoUpload { video_asset, target })
    };
    Ok(key.run(&state.db, whose, OPERATION, &body.raw, work).await?)
}

/// My videos
///
/// Newest first.
#[utoipa::path(get, path = "/me/video-assets",
    tag = "video", operation_id = "listMyVideoAssets", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of videos.", body = VideoAssetPage)))]
async fn list_video_assets(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<VideoAssetPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { media::list_own_videos(&tx, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&VideoAssetPage::from(page))?)
}

/// A video
///
/// Its owner and admins. Ask again while it is `WAITING` or `PREPARING`.
#[utoipa::path(get, path = "/video-assets/{video_asset_id}",
    tag = "video", operation_id = "getVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    responses((status = 200, description = "The video.", body = VideoAsset)))]
async fn get_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<VideoAssetId>,
) -> Result<Reply<VideoAsset>, Problem> {
    let work = move |tx| async move { media::video(&tx, id).await };
    let video = state.db.read(actor, work).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Complete an upload
///
/// Says that the file was sent. In our own storage it is looked at now; Mux tells by itself, and nothing changes. Doing it
/// again changes nothing.
#[utoipa::path(post, path = "/video-assets/{video_asset_id}/complete",
    tag = "video", operation_id = "completeVideoUpload", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["upload_incomplete", "upload_checking"]))),
    responses((status = 200, description = "The video as it is now.", body = VideoAsset)))]
async fn complete_video_upload(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<VideoAssetId>,
) -> Result<Reply<VideoAsset>, Problem> {
    let video = state.videos.complete(&state.media, &state.db, actor, id).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Delete a video
///
/// Its owner and admins; not while a lesson, a chapter or a course shows it. What Mux has of it is deleted too.
#[utoipa::path(delete, path = "/video-assets/{video_asset_id}",
    tag = "video", operation_id = "deleteVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["video_in_use"]))),
    responses((status = 204, description = "It is deleted.")))]
async fn delete_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<VideoAssetId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { media::delete_video(&tx, id).await };
    state.db.run(actor, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::no_content())
}

/// Put captions
///
/// In one language, in place of those that were there. Doing it again changes nothing. They are served from our own storage,
/// whoever plays the video.
#[utoipa::path(put, path = "/video-assets/{video_asset_id}/captions/{language}",
    tag = "video", operation_id = "putVideoCaptions", security(("bearer" = [])), request_body = PutCaptions,
    params(("video_asset_id" = Uuid, Path, description = "The video's id."),
        ("language" = String, Path, description = "A BCP 47 tag: language, script, region.", max_length = 11, example = "en-GB",
            pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$")),
    responses((status = 200, description = "The video as it is now.", body = VideoAsset)))]
async fn put_captions(
    state: Data<State>,
    Member(actor): Member,
    Path((id, language)): Path<(VideoAssetId, String)>,
    body: Json<PutCaptions>,
) -> Result<Reply<VideoAsset>, Problem> {
    let PutCaptions { label, file_id } = body.value;
    let captions = media::Captions {
        language,
        label,
        file_id,
    };
    let work = move |tx| async move { media::put_captions(&tx, id, captions).await };
    let video = state.db.run(actor, work).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Delete captions
///
/// Of one language.
#[utoipa::path(delete, path = "/video-assets/{video_asset_id}/captions/{language}",
    tag = "video", operation_id = "deleteVideoCaptions", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id."),
        ("language" = String, Path, description = "A BCP 47 tag: language, script, region.", max_length = 11, example = "en-GB",
            pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$")),
    responses((status = 204, description = "They are deleted.")))]
async fn delete_captions(
    state: Data<State>,
    Member(actor): Member,
    Path((id, language)): Path<(VideoAssetId, String)>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { media::delete_captions(&tx, id, &language).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
