//! The operations that play a video.

use actix_web::web::Data;
use kernel::{ChapterId, Code, LessonId, VideoAssetId};

use super::dto::Playback;
use crate::{
    http::{
        extract::{Caller, Member, Path},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, play_video_asset, play_lesson, play_chapter, play_course_preview);
}

/// Play one of my videos
///
/// For its owner and admins: URLs that are valid for some hours, for whoever has them. Learners play a lesson, a chapter or a
/// course's preview instead.
#[utoipa::path(post, path = "/video-assets/{video_asset_id}/playback",
    tag = "video", operation_id = "playVideoAsset", security(("bearer" = [])),
    params(("video_asset_id" = Uuid, Path, description = "The video's id.")),
    extensions(("x-problem-codes" = json!(["video_not_ready"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
async fn play_video_asset(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<VideoAssetId>,
) -> Result<Reply<Playback>, Problem> {
    let work = move |tx| async move { media::own_playback_source(&tx, id).await };
    let source = state.db.read(actor, work).await?;
    play(&state, source).await
}

/// Play the video of a lesson
///
/// URLs that expire, for whoever may read the lesson; a refusal says why.
#[utoipa::path(post, path = "/lessons/{lesson_id}/playback",
    tag = "video", operation_id = "playLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
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

/// Play the video of a chapter
///
/// URLs that expire, for whoever may read the chapter; a refusal says why.
#[utoipa::path(post, path = "/chapters/{chapter_id}/playback",
    tag = "video", operation_id = "playChapter", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
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

/// Play the preview of a course
///
/// URLs that expire, for everybody who sees the course.
#[utoipa::path(post, path = "/courses/{course}/preview-playback",
    tag = "video", operation_id = "playCoursePreview", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "The course's id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["video_not_ready", "unavailable"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
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

/// Signs the URLs, outside the transaction that decided about access.
async fn play(state: &State, source: media::PlaybackSource) -> Result<Reply<Playback>, Problem> {
    let playback = state.videos.playback(&state.media, &state.db, source).await?;
    Ok(Reply::ok(&Playback::from(playback))?)
}
