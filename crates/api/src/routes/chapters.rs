use actix_web::web::Data;
use chrono::{DateTime, Utc};
use courses::{Body, BodyChange, ChapterChange, NewChapter};
use database::Pool;
use kernel::{ChapterId, CourseId, Result, Uuid, VideoAssetId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{courses::ChapterOutline, lessons::AccessReason};
use crate::{
    http::{
        extract::{Caller, Idempotency, IfMatch, Json, Member, Path, merge},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_chapters,
        create_chapter,
        order_chapters,
        get_chapter,
        update_chapter,
        delete_chapter,
        publish_chapter,
        unpublish_chapter
    );
}

/// A chapter with what it teaches.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chapter {
    /// The chapter's id.
    id: ChapterId,
    /// Where it belongs.
    course_id: CourseId,
    /// The title.
    #[schema(example = "Week 1")]
    title: String,
    /// Plain text.
    #[schema(example = "Finding your positions.")]
    description: Option<String>,
    /// Its place among the chapters.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Sanitised HTML.
    #[schema(example = "<p>Take your time …</p>")]
    content: Option<String>,
    /// A video that is hosted elsewhere.
    #[schema(format = "uri")]
    video_url: Option<String>,
    /// A video that was uploaded: `POST /chapters/{chapterId}/playback`.
    video_asset_id: Option<VideoAssetId>,
    /// Minutes. How long its video is taken to be, where that is an address: rounded up.
    #[schema(minimum = 0, example = 30)]
    duration: Option<i64>,
    /// Whether learners see it.
    is_published: bool,
    /// Whether everybody may read it.
    is_free: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// A chapter, and why the caller may read it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReadableChapter {
    /// The chapter.
    #[serde(flatten)]
    chapter: Chapter,
    /// Why the caller may read it.
    access: AccessReason,
}

/// The chapters of a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChapterList {
    /// All of them, in their order.
    data: Vec<ChapterOutline>,
}

/// The chapters of a course in their order.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChapterOrder {
    /// Every chapter of the course, once.
    #[schema(max_items = 500)]
    chapter_ids: Vec<ChapterId>,
}

/// A new chapter at the end of its course.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateChapter {
    /// The title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "Week 1"
    )]
    title: String,
    /// Plain text.
    #[schema(max_length = 5000, example = "Finding your positions.")]
    description: Option<String>,
    /// HTML; sanitised.
    #[schema(max_length = 60000, example = "<p>Take your time …</p>")]
    content: Option<String>,
    /// A video that is hosted elsewhere; https only.
    #[schema(
        format = "uri",
        pattern = "^https://",
        max_length = 2000,
        example = "https://videos.example.com/week-1.mp4"
    )]
    video_url: Option<String>,
    /// A video of the caller's that was uploaded (`POST /video-uploads`).
    video_asset_id: Option<VideoAssetId>,
    /// Minutes. How long its video is taken to be, where that is an address: rounded up.
    #[schema(minimum = 0, maximum = 100_000, example = 30)]
    duration: Option<i64>,
    /// Whether everybody may read it.
    #[serde(default)]
    is_free: bool,
}

/// What changes in a chapter.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchChapter {
    /// The title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "Week 1"
    )]
    title: Option<String>,
    /// Plain text.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 5000, example = "Finding your positions.")]
    description: Option<Option<String>>,
    /// HTML; sanitised.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 60000, example = "<p>Take your time …</p>")]
    content: Option<Option<String>>,
    /// A video that is hosted elsewhere; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    video_url: Option<Option<String>>,
    /// A video of the caller's that was uploaded (`POST /video-uploads`).
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Uuid>)]
    video_asset_id: Option<Option<VideoAssetId>>,
    /// Minutes. How long its video is taken to be, where that is an address: rounded up.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000, example = 30)]
    duration: Option<Option<i64>>,
    /// Whether everybody may read it.
    #[schema(nullable = false)]
    is_free: Option<bool>,
}

impl From<(courses::Chapter, Body)> for Chapter {
    fn from((chapter, body): (courses::Chapter, Body)) -> Self {
        let courses::Chapter {
            id,
            course_id,
            title,
            description,
            position,
            duration,
            has_content: _,
            has_video: _,
            is_published,
            is_free,
            version: _,
            created_at,
            updated_at,
        } = chapter;
        let Body {
            content,
            video_url,
            video_asset_id,
        } = body;
        Self {
            id,
            course_id,
            title,
            description,
            position,
            content,
            video_url,
            video_asset_id,
            duration,
            is_published,
            is_free,
            created_at,
            updated_at,
        }
    }
}

fn reply(chapter: (courses::Chapter, Body)) -> Result<Reply<Chapter>, Problem> {
    let version = chapter.0.version;
    Ok(Reply::ok(&Chapter::from(chapter))?.version(version))
}

/// Make a chapter
///
/// A draft at the end of a course, by an editor of the course or an admin.
#[utoipa::path(post, path = "/courses/{course_id}/chapters",
    tag = "chapters", operation_id = "createChapter", security(("bearer" = [])), request_body = CreateChapter,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "list_full"]))),
    responses((status = 201, description = "The draft.", body = Chapter)))]
async fn create_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
    body: Json<CreateChapter>,
) -> Result<Reply<Chapter>, Problem> {
    let CreateChapter {
        title,
        description,
        content,
        video_url,
        video_asset_id,
        duration,
        is_free,
    } = body.value;
    let new = NewChapter {
        title,
        description,
        duration,
        is_free,
        body: Body {
            content,
            video_url,
            video_asset_id,
        },
    };
    let work = move |tx| async move {
        let chapter = courses::create_chapter(&tx, course_id, new).await?;
        let (location, version) = (format!("/chapters/{}", chapter.0.id), chapter.0.version);
        Ok(Reply::created(&location, &Chapter::from(chapter))?.version(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createChapter", &body.raw, work)
        .await?)
}

/// A chapter
///
/// With what it teaches of its own, for whoever may read it: editors, everybody where it is free, and whoever holds an
/// active grant. The refusal says why.
#[utoipa::path(get, path = "/chapters/{chapter_id}",
    tag = "chapters", operation_id = "getChapter", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The chapter.", body = ReadableChapter)))]
async fn get_chapter(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<ChapterId>,
) -> Result<Reply<ReadableChapter>, Problem> {
    let work = move |tx| async move { enrollment::read_chapter(&tx, id).await };
    let readable = state.db.read(actor, work).await?;
    let version = readable.chapter.version;
    let chapter = ReadableChapter {
        chapter: (readable.chapter, readable.body).into(),
        access: readable.access.into(),
    };
    Ok(Reply::ok(&chapter)?.version_and_content(version))
}

/// The chapters of a course
///
/// In their order, each with the outline of its lessons and without what they teach. Whoever may edit the course also sees
/// drafts.
#[utoipa::path(get, path = "/courses/{course_id}/chapters",
    tag = "chapters", operation_id = "getChapters", security((), ("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The chapters.", body = ChapterList)))]
async fn list_chapters(
    state: Data<State>,
    Caller(actor): Caller,
    Path(course_id): Path<CourseId>,
) -> Result<Reply<ChapterList>, Problem> {
    let work = move |tx| async move { courses::course(&tx, &course_id.to_string()).await };
    let chapters = state.db.read(actor, work).await?.outline.chapters;
    let data = chapters.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&ChapterList { data })?.content())
}

/// Put chapters in order
///
/// Names every chapter of the course once; anything but exactly that set is refused, with all reasons.
#[utoipa::path(put, path = "/courses/{course_id}/chapters/order",
    tag = "chapters", operation_id = "orderChapters", security(("bearer" = [])), request_body = ChapterOrder,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The order as it is now.", body = ChapterOrder)))]
async fn order_chapters(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    body: Json<ChapterOrder>,
) -> Result<Reply<ChapterOrder>, Problem> {
    let ids = body.value.chapter_ids;
    let work = move |tx| async move { courses::order_chapters(&tx, course_id, &ids).await };
    let chapters = state.db.run(actor, work).await?;
    let chapter_ids = chapters.iter().map(|chapter| chapter.id).collect();
    Ok(Reply::ok(&ChapterOrder { chapter_ids })?)
}

/// Delete a chapter
///
/// With its lessons, as long as nobody has learnt from it. A course in which nothing published is left is unpublished.
#[utoipa::path(delete, path = "/chapters/{chapter_id}",
    tag = "chapters", operation_id = "deleteChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "course_has_learners"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { progress::delete_chapter(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// Change a chapter
///
/// The course's editors and admins. What is published has to stay complete.
#[utoipa::path(patch, path = "/chapters/{chapter_id}",
    tag = "chapters", operation_id = "updateChapter", security(("bearer" = [])), request_body = PatchChapter,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The chapter as it is now.", body = Chapter)))]
async fn update_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
    seen: IfMatch,
    body: Json<PatchChapter>,
) -> Result<Reply<Chapter>, Problem> {
    let PatchChapter {
        title,
        description,
        content,
        video_url,
        video_asset_id,
        duration,
        is_free,
    } = body.value;
    let change = ChapterChange {
        title,
        description,
        duration,
        is_free,
        body: BodyChange {
            content,
            video_url,
            video_asset_id,
        },
    };
    let matches = move |version| seen.accepts(version);
    reply(
        state
            .db
            .run(actor, move |tx| async move {
                courses::change_chapter(&tx, id, matches, change).await
            })
            .await?,
    )
}

/// Publish a chapter
///
/// It needs a title, and a published lesson or content or a video of its own. Doing it again changes nothing.
#[utoipa::path(post, path = "/chapters/{chapter_id}/publish",
    tag = "chapters", operation_id = "publishChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The chapter as it is now.", body = Chapter)))]
async fn publish_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
) -> Result<Reply<Chapter>, Problem> {
    reply(
        state
            .db
            .run(actor, move |tx| async move {
                let chapter = courses::publish_chapter(&tx, id).await?;
                progress::recount(&tx, chapter.0.course_id).await?;
                Ok(chapter)
            })
            .await?,
    )
}

/// Unpublish a chapter
///
/// Hides it; a course in which nothing published is left is unpublished with it. Doing it again changes nothing.
#[utoipa::path(post, path = "/chapters/{chapter_id}/unpublish",
    tag = "chapters", operation_id = "unpublishChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The chapter as it is now.", body = Chapter)))]
async fn unpublish_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
) -> Result<Reply<Chapter>, Problem> {
    reply(
        state
            .db
            .run(actor, move |tx| async move {
                let chapter = courses::unpublish_chapter(&tx, id).await?;
                progress::recount(&tx, chapter.0.course_id).await?;
                Ok(chapter)
            })
            .await?,
    )
}
