use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{ChapterId, Code, LessonId, Result, Uuid, VideoAssetId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{Caller, Member, Path},
        problem::Problem,
        reply::Reply,
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        play_video_asset,
        play_lesson,
        play_chapter,
        play_course_preview
    );
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

/// Play a video of one's own
///
/// Its owner and admins, wherever it is shown: the addresses hold for some hours, for whoever has them. Learners play a
/// lesson, a chapter or a course's preview instead.
#[utoipa::path(post, path = "/video-assets/{video_asset_id}/playback",
    tag = "video", operation_id = "playVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["video_not_ready"]))),
    responses((status = 200, description = "How to play it.", body = Playback)))]
async fn play_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<VideoAssetId>,
) -> Result<Reply<Playback>, Problem> {
    let work = move |tx| async move { media::own_playback_source(&tx, id).await };
    let source = state.db.read(actor, work).await?;
    play(&state, source).await
}

/// Play a lesson's video
///
/// Addresses that expire, for whoever may read the lesson; the refusal says why.
#[utoipa::path(post, path = "/lessons/{lesson_id}/playback",
    tag = "video", operation_id = "playLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "The addresses.", body = Playback)))]
async fn play_lesson(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<LessonId>,
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
#[utoipa::path(post, path = "/chapters/{chapter_id}/playback",
    tag = "video", operation_id = "playChapter", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "The addresses.", body = Playback)))]
async fn play_chapter(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<ChapterId>,
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
#[utoipa::path(post, path = "/courses/{course}/preview-playback",
    tag = "video", operation_id = "playCoursePreview", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["video_not_ready", "unavailable"]))),
    responses((status = 200, description = "The addresses.", body = Playback)))]
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
