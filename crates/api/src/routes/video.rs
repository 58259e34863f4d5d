use std::collections::BTreeMap;

use actix_web::{HttpRequest, delete, get, post, put, web::Data};
use chrono::{DateTime, Utc};
use database::Pool;
use kernel::{Actor, Code, Error, Result, Uuid};
use media::{MuxEvent, NewVideo};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::{PageQuery, page};
use crate::{
    extract::{Caller, Idempotency, Json, Member, Path, Query, Raw, Trainer},
    problem::Problem,
    reply::{Nothing, Reply},
    service_config::ServiceConfig,
    state::State,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_video_upload)
        .service(list_video_assets)
        .service(get_video_asset)
        .service(complete_video_upload)
        .service(play_video_asset)
        .service(play_lesson)
        .service(play_chapter)
        .service(play_course_preview)
        .service(delete_video_asset)
        .service(put_captions)
        .service(delete_captions)
        .service(mux_hook);
}

/// A video, as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VideoAsset {
    /// The video's id.
    id: Uuid,
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
#[derive(Deserialize, ToSchema)]
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

/// How to play a video: addresses that hold until they expire, for whoever has them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Playback {
    /// `MUX` or `LOCAL`; more may be added.
    #[schema(value_type = String, example = "MUX")]
    provider: &'static str,
    /// Always `READY`.
    #[schema(value_type = String, example = "READY")]
    status: &'static str,
    /// An HLS playlist (`MUX`), or a file that takes ranges (`LOCAL`).
    #[schema(
        format = "uri",
        example = "https://stream.mux.com/6RkPUOZDMZoK8sMqLdJ1.m3u8?token=x"
    )]
    stream_url: String,
    /// A picture of it, at Mux.
    #[schema(format = "uri")]
    thumbnail_url: Option<String>,
    /// Pictures for the timeline of a player, as `WebVTT`, at Mux.
    #[schema(format = "uri")]
    storyboard_url: Option<String>,
    /// How long it plays, where that is known.
    #[schema(minimum = 0, example = 61.5)]
    duration_seconds: Option<f64>,
    /// The captions, by language.
    captions: Vec<PlaybackCaptions>,
    /// Until when the addresses hold.
    expires_at: DateTime<Utc>,
}

/// Captions as a player takes them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlaybackCaptions {
    /// A BCP 47 tag.
    #[schema(example = "en-GB")]
    language: String,
    /// What a player's menu shows.
    #[schema(example = "English")]
    label: String,
    /// A `WebVTT` file.
    #[schema(format = "uri")]
    url: String,
}

impl From<media::Playback> for Playback {
    fn from(playback: media::Playback) -> Self {
        let media::Playback {
            provider,
            status,
            stream_url,
            thumbnail_url,
            storyboard_url,
            duration_seconds,
            captions,
            expires_at,
        } = playback;
        Self {
            provider: provider.as_str(),
            status: status.as_str(),
            stream_url,
            thumbnail_url,
            storyboard_url,
            duration_seconds,
            captions: captions.into_iter().map(Into::into).collect(),
            expires_at,
        }
    }
}

impl From<media::CaptionLink> for PlaybackCaptions {
    fn from(link: media::CaptionLink) -> Self {
        let media::CaptionLink { language, label, url } = link;
        Self { language, label, url }
    }
}

/// The captions of a video in one language.
#[derive(Deserialize, ToSchema)]
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
    file_id: Uuid,
}

/// An event of Mux's, as far as it is read here; see Mux's documentation of its webhooks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what is read from the signed bytes")]
struct MuxWebhook {
    /// Its name, the same in each delivery.
    #[schema(example = "3a56ac3d-33da-4366-855b-f592d898409d", max_length = 255)]
    id: String,
    /// What happened.
    #[schema(rename = "type", example = "video.asset.ready", max_length = 255)]
    kind: String,
    /// The upload or asset it happened to.
    #[schema(value_type = Object, example = json!({
        "id": "SqQnqz6s5MBuXGvJaUWdXuXM93J9Q2yv", "status": "ready", "duration": 61.5,
        "passthrough": "0198c0de-0000-7000-8000-000000000001",
        "playback_ids": [{ "id": "6RkPUOZDMZoK8sMqLdJ1SoXaRDUe02uMv", "policy": "signed" }]
    }))]
    data: serde_json::Value,
}

/// That a hook has arrived.
#[derive(Serialize, ToSchema)]
struct HookReceipt {
    /// Always true: what was not noted is refused.
    received: bool,
}

/// Announce a video
///
/// Trainers and admins. Send the file to `target`, then say so (`completeVideoUpload`); the video is `READY` some time after.
/// With Mux configured the file goes straight to Mux, otherwise into our own storage.
#[utoipa::path(tag = "video", operation_id = "createVideoUpload", security(("bearer" = [])), request_body = CreateVideoUpload,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The video, and where its file goes.", body = VideoUpload)))]
#[post("/video-uploads")]
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
    let work = move |tx| async move {
        let (video, target) = announced.write_down(&tx).await?;
        let location = format!("/video-assets/{}", video.asset.id);
        let (video_asset, target) = (video.into(), target.into());
        Reply::created(&location, &VideoUpload { video_asset, target })
    };
    Ok(key.run(&state.db, whose, OPERATION, &body.raw, work).await?)
}

/// My videos
///
/// Newest first.
#[utoipa::path(tag = "video", operation_id = "listMyVideoAssets", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of videos.", body = VideoAssetPage)))]
#[get("/me/video-assets")]
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
#[utoipa::path(tag = "video", operation_id = "getVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    responses((status = 200, description = "The video.", body = VideoAsset)))]
#[get("/video-assets/{video_asset_id}")]
async fn get_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<VideoAsset>, Problem> {
    let work = move |tx| async move { media::video(&tx, id).await };
    let video = state.db.read(actor, work).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Complete an upload
///
/// Says that the file was sent. In our own storage it is looked at now; Mux tells by itself, and nothing changes. Doing it
/// again changes nothing.
#[utoipa::path(tag = "video", operation_id = "completeVideoUpload", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["upload_incomplete", "upload_checking"]))),
    responses((status = 200, description = "The video as it is now.", body = VideoAsset)))]
#[post("/video-assets/{video_asset_id}/complete")]
async fn complete_video_upload(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<VideoAsset>, Problem> {
    let video = state.videos.complete(&state.media, &state.db, actor, id).await?;
    Ok(Reply::ok(&VideoAsset::from(video))?)
}

/// Play a video of one's own
///
/// Its owner and admins, wherever it is shown: the addresses hold for some hours, for whoever has them. Learners play a
/// lesson, a chapter or a course's preview instead.
#[utoipa::path(tag = "video", operation_id = "playVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["video_not_ready"]))),
    responses((status = 200, description = "How to play it.", body = Playback)))]
#[post("/video-assets/{video_asset_id}/playback")]
async fn play_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<Playback>, Problem> {
    let work = move |tx| async move { media::own_playback_source(&tx, id).await };
    let source = state.db.read(actor, work).await?;
    play(&state, source).await
}

/// Play a lesson's video
///
/// Addresses that expire, for whoever may read the lesson; the refusal says why.
#[utoipa::path(tag = "video", operation_id = "playLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "The addresses.", body = Playback)))]
#[post("/lessons/{lesson_id}/playback")]
async fn play_lesson(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<Uuid>,
) -> Result<Reply<Playback>, Problem> {
    let work = move |tx| async move {
        let video = enrollment::read_lesson(&tx, id).await?.body.video_asset_id;
        media::playback_source(&tx, video.ok_or(Code::NotFound)?).await
    };
    play(&state, state.db.read(actor, work).await?).await
}

/// Play a chapter's video
///
/// Addresses that expire, for whoever may read the chapter; the refusal says why.
#[utoipa::path(tag = "video", operation_id = "playChapter", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "The addresses.", body = Playback)))]
#[post("/chapters/{chapter_id}/playback")]
async fn play_chapter(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<Uuid>,
) -> Result<Reply<Playback>, Problem> {
    let work = move |tx| async move {
        let video = enrollment::read_chapter(&tx, id).await?.body.video_asset_id;
        media::playback_source(&tx, video.ok_or(Code::NotFound)?).await
    };
    play(&state, state.db.read(actor, work).await?).await
}

/// Play a course's preview
///
/// Addresses that expire, for everybody who sees the course.
#[utoipa::path(tag = "video", operation_id = "playCoursePreview", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["video_not_ready", "unavailable"]))),
    responses((status = 200, description = "The addresses.", body = Playback)))]
#[post("/courses/{course}/preview-playback")]
async fn play_course_preview(
    state: Data<State>,
    Caller(actor): Caller,
    Path(key): Path<String>,
) -> Result<Reply<Playback>, Problem> {
    let work = |tx| async move {
        let video = courses::course(&tx, &key).await?.course.preview_video_asset_id;
        media::playback_source(&tx, video.ok_or(Code::NotFound)?).await
    };
    play(&state, state.db.read(actor, work).await?).await
}

/// Signs, outside the transaction that decided.
async fn play(state: &State, source: media::PlaybackSource) -> Result<Reply<Playback>, Problem> {
    let playback = state.videos.playback(&state.media, &state.db, source).await?;
    Ok(Reply::ok(&Playback::from(playback))?)
}

/// Delete a video
///
/// Its owner and admins; not while a lesson, a chapter or a course shows it. What Mux has of it is deleted too.
#[utoipa::path(tag = "video", operation_id = "deleteVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["video_in_use"]))),
    responses((status = 204, description = "It is deleted.")))]
#[delete("/video-assets/{video_asset_id}")]
async fn delete_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
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
#[utoipa::path(tag = "video", operation_id = "putVideoCaptions", security(("bearer" = [])), request_body = PutCaptions,
    params(("video_asset_id" = Uuid, Path, description = "The video's id."),
        ("language" = String, Path, description = "A BCP 47 tag: language, script, region.", max_length = 11, example = "en-GB",
            pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$")),
    responses((status = 200, description = "The video as it is now.", body = VideoAsset)))]
#[put("/video-assets/{video_asset_id}/captions/{language}")]
async fn put_captions(
    state: Data<State>,
    Member(actor): Member,
    Path((id, language)): Path<(Uuid, String)>,
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
#[utoipa::path(tag = "video", operation_id = "deleteVideoCaptions", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id."),
        ("language" = String, Path, description = "A BCP 47 tag: language, script, region.", max_length = 11, example = "en-GB",
            pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$")),
    responses((status = 204, description = "They are deleted.")))]
#[delete("/video-assets/{video_asset_id}/captions/{language}")]
async fn delete_captions(
    state: Data<State>,
    Member(actor): Member,
    Path((id, language)): Path<(Uuid, String)>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { media::delete_captions(&tx, id, &language).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// Hook of Mux
///
/// Mux tells what becomes of a video. The body is signed (`Mux-Signature`, at most five minutes old); an event counts once,
/// however often it is delivered, and one of an unknown type counts nothing.
#[utoipa::path(tag = "hooks", operation_id = "receiveMuxHook", security(()), request_body = MuxWebhook,
    params(("Mux-Signature" = String, Header, description = "When it was signed, and HMAC-SHA-256 of that, a dot and the body.",
        max_length = 2000, example = "t=1795200000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")),
    extensions(("x-problem-codes" = json!(["hook_signature_invalid"]))),
    responses((status = 200, description = "It was noted.", body = HookReceipt)))]
#[post("/hooks/mux")]
async fn mux_hook(
    state: Data<State>,
    request: HttpRequest,
    Raw(body): Raw,
) -> Result<Reply<HookReceipt>, Problem> {
    let signature = request.headers().get("mux-signature");
    let signature = signature
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    state
        .videos
        .verify_hook(signature, &body, state.db.ambient().now())?;
    let event: MuxEvent = serde_json::from_slice(&body)
        .map_err(|_| Error::new(Code::MalformedRequest).detail("The body is no event of Mux's."))?;
    let work = move |tx| async move { media::note_event(&tx, &event).await };
    state.db.run_in(Pool::Worker, Actor::System, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::ok(&HookReceipt { received: true })?)
}
