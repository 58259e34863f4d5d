//! Lessons in requests and answers.

use courses::{Body, BodyChange, ContentFormat, LessonChange, NewLesson};
use enrollment::{Access, ReadableLesson};
use kernel::{ChapterId, CourseId, GrantId, LessonId, VideoAssetId, Written};

use crate::routes::{courses::LessonOutline, shared::prelude::*};

/// A lesson with what it teaches.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct AuthoredLesson {
    /// The lesson's id.
    id: LessonId,
    /// The course it belongs to.
    course_id: CourseId,
    /// The chapter it belongs to.
    chapter_id: ChapterId,
    /// The title.
    #[schema(example = "The hinge")]
    title: String,
    /// A description in plain text.
    #[schema(example = "Hips back, spine long.")]
    description: Option<String>,
    /// The position among the lessons of the chapter; a smaller one comes first.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// The text.
    #[schema(example = "<p>Stand tall …</p>")]
    content: Option<String>,
    /// What the text is: `HTML`, or `JSON` where it was written as the document of an editor; more may be added.
    #[schema(value_type = String, example = "HTML")]
    content_format: ContentFormat,
    /// The address of a video that is hosted elsewhere.
    #[schema(format = "uri")]
    video_url: Option<String>,
    /// The id of an uploaded video: `POST /lessons/{lessonId}/playback`.
    video_asset_id: Option<VideoAssetId>,
    /// The length in minutes, rounded up. A video elsewhere counts as this long.
    #[schema(minimum = 0, example = 10)]
    duration: Option<i64>,
    /// Whether learners see it.
    is_published: bool,
    /// When the lesson was created.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<(courses::Lesson, Body)> for AuthoredLesson {
    fn from((lesson, body): (courses::Lesson, Body)) -> Self {
        let courses::Lesson {
            id,
            course_id,
            chapter_id,
            title,
            description,
            position,
            duration,
            has_content: _,
            has_video: _,
            is_published,
            version: _,
            created_at,
            updated_at,
        } = lesson;
        let Body { content, content_format, video_url, video_asset_id } = body;
        Self {
            id,
            course_id,
            chapter_id,
            title,
            description,
            position,
            content,
            content_format,
            video_url,
            video_asset_id,
            duration,
            is_published,
            created_at,
            updated_at,
        }
    }
}

/// A lesson, and why the caller may read it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lesson {
    /// The lesson.
    #[serde(flatten)]
    lesson: AuthoredLesson,
    /// Why the caller may read it.
    access: AccessReason,
    /// What of the text is different from what was sent; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<TextWarning>,
}

impl From<ReadableLesson> for Lesson {
    fn from(readable: ReadableLesson) -> Self {
        let ReadableLesson { lesson, body, access } = readable;
        Self { lesson: (lesson, body).into(), access: access.into(), warnings: Vec::new() }
    }
}

/// Whoever writes a lesson reads it as staff.
impl From<Written<(courses::Lesson, Body)>> for Lesson {
    fn from(written: Written<(courses::Lesson, Body)>) -> Self {
        let Written { value, warnings } = written;
        Self { lesson: value.into(), access: Access::Staff.into(), warnings: warned(warnings) }
    }
}

/// Why the caller may read something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct AccessReason {
    /// `staff`, `free_preview` or `granted`; more may be added.
    #[schema(value_type = String, example = "granted")]
    reason: &'static str,
    /// The grant that gives access; null where the reason is another one.
    grant_id: Option<GrantId>,
    /// When the grant ends; null where it does not end, or where the reason is another one.
    expires_at: Option<DateTime<Utc>>,
}

impl From<Access> for AccessReason {
    fn from(access: Access) -> Self {
        let reason = access.reason();
        match access {
            Access::Granted { grant_id, until } => {
                Self { reason, grant_id: Some(grant_id), expires_at: until }
            }
            Access::Staff | Access::FreePreview => Self { reason, grant_id: None, expires_at: None },
        }
    }
}

/// The lessons of a chapter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LessonList {
    /// All of them, in their order.
    pub(super) data: Vec<LessonOutline>,
}

/// The order of the lessons of a chapter.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LessonOrder {
    /// Every lesson of the chapter, once.
    #[schema(max_items = 500)]
    pub(super) lesson_ids: Vec<LessonId>,
}

/// Where to move a lesson.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MoveLesson {
    /// A chapter of the same course.
    pub(super) chapter_id: ChapterId,
    /// The position there, counted from 1; at the end where it is missing.
    #[schema(minimum = 1, maximum = 500, nullable = false, example = 1)]
    pub(super) position: Option<usize>,
}

/// A lesson to create at the end of its chapter, as a draft.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewLesson, used(content, content_format, video_url, video_asset_id))]
#[dto(make(body = Body { content, content_format, video_url, video_asset_id }))]
pub(super) struct CreateLesson {
    /// The title.
    title: Title,
    /// A description in plain text.
    description: Option<Summary>,
    /// The text.
    content: Option<RichText>,
    /// What the text is; `HTML` where it is missing.
    #[serde(default)]
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: ContentFormat,
    /// The address of a video that is hosted elsewhere.
    video_url: Option<HttpsUrl>,
    /// The id of a video that the caller has uploaded (`POST /video-uploads`).
    video_asset_id: Option<VideoAssetId>,
    /// The length in minutes, rounded up. A video elsewhere counts as this long.
    duration: Option<Minutes>,
}

/// A change of a lesson.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = LessonChange, used(content, content_format, video_url, video_asset_id))]
#[dto(make(body = BodyChange { content, content_format, video_url, video_asset_id }))]
pub(super) struct PatchLesson {
    /// The title.
    #[schema(nullable = false)]
    title: Option<Title>,
    /// A description in plain text.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Summary>)]
    description: Option<Option<Summary>>,
    /// The text, in the format that is named or was there.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<RichText>)]
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
    #[schema(value_type = Option<Minutes>)]
    duration: Option<Option<Minutes>>,
}
