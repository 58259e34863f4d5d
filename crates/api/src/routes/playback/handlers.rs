//! The operations that play a video.

use kernel::{ChapterId, Code, LessonId, VideoAssetId};

use super::dto::Playback;
use crate::http::prelude::*;

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
async fn play_video_asset(caller: Member, Path(id): Path<VideoAssetId>) -> Answer<Playback> {
    let source = caller.read(async move |tx| media::own_playback_source(&tx, id).await).await?;
    play(&caller.state, source).await
}

/// Play the video of a lesson
///
/// URLs that expire, for whoever may read the lesson; a refusal says why.
#[utoipa::path(post, path = "/lessons/{lesson_id}/playback",
    tag = "video", operation_id = "playLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
async fn play_lesson(caller: Caller, Path(id): Path<LessonId>) -> Answer<Playback> {
    let work = async move |tx| {
        let video = enrollment::read_lesson(&tx, id).await?.body.video_asset_id;
        media::playback_source(&tx, video.ok_or(Code::NotFound)?).await
    };
    play(&caller.state, caller.read(work).await?).await
}

/// Play the video of a chapter
///
/// URLs that expire, for whoever may read the chapter; a refusal says why.
#[utoipa::path(post, path = "/chapters/{chapter_id}/playback",
    tag = "video", operation_id = "playChapter", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "video_not_ready", "unavailable"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
async fn play_chapter(caller: Caller, Path(id): Path<ChapterId>) -> Answer<Playback> {
    let work = async move |tx| {
        let video = enrollment::read_chapter(&tx, id).await?.body.video_asset_id;
        media::playback_source(&tx, video.ok_or(Code::NotFound)?).await
    };
    play(&caller.state, caller.read(work).await?).await
}

/// Play the preview of a course
///
/// URLs that expire, for everybody who sees the course.
#[utoipa::path(post, path = "/courses/{course}/preview-playback",
    tag = "video", operation_id = "playCoursePreview", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "The course's id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["video_not_ready", "unavailable"]))),
    responses((status = 200, description = "How to play the video.", body = Playback)))]
async fn play_course_preview(caller: Caller, Path(key): Path<String>) -> Answer<Playback> {
    let work = async move |tx| {
        let video = courses::course(&tx, &key).await?.course.preview_video_asset_id;
        media::playback_source(&tx, video.ok_or(Code::NotFound)?).await
    };
    play(&caller.state, caller.read(work).await?).await
}

/// Signs the URLs, outside the transaction that decided about access.
async fn play(state: &State, source: media::PlaybackSource) -> Answer<Playback> {
    let playback = state.videos.playback(&state.media, &state.db, source).await?;
    Ok(Reply::ok(&Playback::from(playback))?)
}
