//! Chapters in requests and answers.

use courses::{Body, BodyChange, ChapterChange, ContentFormat, NewChapter};
use enrollment::ReadableChapter;
use kernel::{ChapterId, CourseId, VideoAssetId, Written};

use crate::routes::{courses::ChapterOutline, lessons::AccessReason, shared::prelude::*};

/// A chapter with what it teaches.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Chapter {
    /// The chapter's id.
    id: ChapterId,
    /// The course it belongs to.
    course_id: CourseId,
    /// The title.
    #[schema(example = "Week 1")]
    title: String,
    /// A description in plain text.
    #[schema(example = "Finding your positions.")]
    description: Option<String>,
    /// The position among the chapters of the course; a smaller one comes first.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Its own text.
    #[schema(example = "<p>Take your time …</p>")]
    content: Option<String>,
    /// What the text is: `HTML`, or `JSON` where it was written as the document of an editor; more may be added.
    #[schema(value_type = String, example = "HTML")]
    content_format: ContentFormat,
    /// The address of a video that is hosted elsewhere.
    #[schema(format = "uri")]
    video_url: Option<String>,
    /// The id of an uploaded video: `POST /chapters/{chapterId}/playback`.
    video_asset_id: Option<VideoAssetId>,
    /// The length in minutes, rounded up. A video elsewhere counts as this long.
    #[schema(minimum = 0, example = 30)]
    duration: Option<i64>,
    /// Whether learners see it.
    is_published: bool,
    /// Whether it is a free preview, which everybody may read.
    is_free: bool,
    /// When the chapter was created.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// What of the text is different from what was sent; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<TextWarning>,
}

impl From<Written<(courses::Chapter, Body)>> for Chapter {
    fn from(written: Written<(courses::Chapter, Body)>) -> Self {
        Self { warnings: warned(written.warnings), ..written.value.into() }
    }
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
        let Body { content, content_format, video_url, video_asset_id } = body;
        Self {
            id,
            course_id,
            title,
            description,
            position,
            content,
            content_format,
            video_url,
            video_asset_id,
            duration,
            is_published,
            is_free,
            created_at,
            updated_at,
            warnings: Vec::new(),
        }
    }
}

/// A chapter, and why the caller may read it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReadableChapter)]
pub(super) struct ChapterWithAccess {
    /// The chapter.
    #[serde(flatten)]
    chapter: Chapter,
    /// Why the caller may read it.
    access: AccessReason,
}

impl From<ReadableChapter> for ChapterWithAccess {
    fn from(readable: ReadableChapter) -> Self {
        let ReadableChapter { chapter, body, access } = readable;
        Self { chapter: (chapter, body).into(), access: access.into() }
    }
}

/// The chapters of a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChapterList {
    /// All of them, in their order.
    pub(super) data: Vec<ChapterOutline>,
}

/// The order of the chapters of a course.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChapterOrder {
    /// Every chapter of the course, once.
    #[schema(max_items = 500)]
    pub(super) chapter_ids: Vec<ChapterId>,
}

/// A chapter to create at the end of its course, as a draft.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewChapter, used(content, content_format, video_url, video_asset_id))]
#[dto(make(body = Body { content, content_format, video_url, video_asset_id }))]
pub(super) struct CreateChapter {
    /// The title.
    #[schema(example = "Week 1")]
    title: Title,
    /// A description in plain text.
    #[schema(example = "Finding your positions.")]
    description: Option<Summary>,
    /// Its own text.
    #[schema(example = "<p>Take your time …</p>")]
    content: Option<RichText>,
    /// What the text is; `HTML` where it is missing.
    #[serde(default)]
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: ContentFormat,
    /// The address of a video that is hosted elsewhere.
    #[schema(example = "https://videos.example.com/week-1.mp4")]
    video_url: Option<HttpsUrl>,
    /// The id of a video that the caller has uploaded (`POST /video-uploads`).
    video_asset_id: Option<VideoAssetId>,
    /// The length in minutes, rounded up. A video elsewhere counts as this long.
    #[schema(example = 30)]
    duration: Option<Minutes>,
    /// Whether it is a free preview, which everybody may read.
    #[serde(default)]
    is_free: bool,
}

/// A change of a chapter.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = ChapterChange, used(content, content_format, video_url, video_asset_id))]
#[dto(make(body = BodyChange { content, content_format, video_url, video_asset_id }))]
pub(super) struct PatchChapter {
    /// The title.
    #[schema(nullable = false, example = "Week 1")]
    title: Option<Title>,
    /// A description in plain text.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Summary>, example = "Finding your positions.")]
    description: Option<Option<Summary>>,
    /// Its own text, in the format that is named or was there.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<RichText>, example = "<p>Take your time …</p>")]
    content: Option<Option<RichText>>,
    /// What the text is.
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: Option<ContentFormat>,
    /// The address of a video that is hosted elsewhere.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<HttpsUrl>)]
    video_url: Option<Option<HttpsUrl>>,
    /// The id of a video that the caller has uploaded (`POST /video-uploads`).
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<VideoAssetId>)]
    video_asset_id: Option<Option<VideoAssetId>>,
    /// The length in minutes, rounded up. A video elsewhere counts as this long.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Minutes>, example = 30)]
    duration: Option<Option<Minutes>>,
    /// Whether it is a free preview, which everybody may read.
    #[schema(nullable = false)]
    is_free: Option<bool>,
}
