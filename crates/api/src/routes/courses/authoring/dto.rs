//! Courses in requests, and what only their authors see.

use courses::{ContentFormat, CourseChange, Level, NewCourse};
use kernel::{CategoryId, Error, FieldError, FileId, Result, VideoAssetId};

use super::super::dto::Course;
use crate::routes::{chapters::Chapter, lessons::AuthoredLesson, shared::prelude::*};

/// A course to create, as a draft.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateCourse {
    /// The title; the slug is made from it.
    #[schema(example = "Strength Foundations")]
    title: Title,
    /// A description in plain text.
    #[serde(default)]
    #[schema(value_type = Summary, example = "Four weeks to a solid squat, hinge, push and pull.")]
    description: String,
    /// The text of its page.
    #[schema(example = "<p>What you will learn …</p>")]
    content: Option<RichText>,
    /// What the text is; `HTML` where it is missing.
    #[serde(default)]
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: ContentFormat,
    /// The address of a picture elsewhere.
    image_url: Option<HttpsUrl>,
    /// The id of a picture that the caller has uploaded (`POST /uploads`); it replaces `imageUrl`.
    image_id: Option<FileId>,
    /// The address of a preview video elsewhere, which everybody may watch.
    #[schema(example = "https://videos.example.com/preview.mp4")]
    preview_video_url: Option<HttpsUrl>,
    /// The id of a preview video that the caller has uploaded (`POST /video-uploads`), which everybody may watch; it replaces
    /// `previewVideoUrl`.
    preview_video_asset_id: Option<VideoAssetId>,
    /// The length in minutes.
    #[schema(example = 95)]
    duration: Option<Minutes>,
    /// How much experience it asks for; `BEGINNER` where it is missing.
    #[schema(value_type = schema::Level, required = false)]
    difficulty: Option<Level>,
    /// The price. The course is free where it is null or its amount is 0.
    price: Option<Money>,
    /// A reduced price, below the price and in its currency.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// The categories it is in.
    #[serde(default)]
    #[schema(max_items = 20)]
    category_ids: Vec<CategoryId>,
}

impl TryFrom<CreateCourse> for NewCourse {
    type Error = Error;

    fn try_from(body: CreateCourse) -> Result<Self> {
        let CreateCourse {
            title,
            description,
            content,
            content_format,
            image_url,
            image_id,
            preview_video_url,
            preview_video_asset_id,
            duration,
            difficulty,
            price,
            discount_price,
            category_ids,
        } = body;
        Ok(Self {
            title: title.into(),
            description,
            content: content.map(Into::into),
            content_format,
            image_url: image_url.map(Into::into),
            image_id,
            preview_video_url: preview_video_url.map(Into::into),
            preview_video_asset_id,
            duration: duration.map(Into::into),
            difficulty: difficulty.unwrap_or_default(),
            price: into_kernel(price, "/price")?,
            discount_price: into_kernel(discount_price, "/discountPrice")?,
            category_ids,
        })
    }
}

/// A change of a course.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchCourse {
    /// The title. A new title makes a new slug; the old one keeps resolving.
    #[schema(nullable = false, example = "Strength Foundations")]
    title: Option<Title>,
    /// A description in plain text.
    #[schema(nullable = false, example = "Four weeks to a solid squat, hinge, push and pull.")]
    description: Option<Summary>,
    /// The text of its page, in the format that is named or was there.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<RichText>, example = "<p>What you will learn …</p>")]
    content: Option<Option<RichText>>,
    /// What the text is.
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: Option<ContentFormat>,
    /// The address of a picture elsewhere.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<HttpsUrl>)]
    image_url: Option<Option<HttpsUrl>>,
    /// The id of a picture that the caller has uploaded (`POST /uploads`); it replaces `imageUrl`.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<FileId>)]
    image_id: Option<Option<FileId>>,
    /// The address of a preview video elsewhere, which everybody may watch.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<HttpsUrl>)]
    preview_video_url: Option<Option<HttpsUrl>>,
    /// The id of a preview video that the caller has uploaded (`POST /video-uploads`), which everybody may watch; it replaces
    /// `previewVideoUrl`.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<VideoAssetId>)]
    preview_video_asset_id: Option<Option<VideoAssetId>>,
    /// The length in minutes.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Minutes>, example = 95)]
    duration: Option<Option<Minutes>>,
    /// How much experience it asks for.
    #[schema(value_type = schema::Level, required = false)]
    difficulty: Option<Level>,
    /// The whole price. The course is free where it is null or its amount is 0.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Money>)]
    price: Option<Option<Money>>,
    /// A reduced price, below the price and in its currency.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Money>, example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Option<Money>>,
    /// All categories it is to be in.
    #[schema(max_items = 20, nullable = false)]
    category_ids: Option<Vec<CategoryId>>,
}

impl TryFrom<PatchCourse> for CourseChange {
    type Error = Error;

    fn try_from(body: PatchCourse) -> Result<Self> {
        let PatchCourse {
            title,
            description,
            content,
            content_format,
            image_url,
            image_id,
            preview_video_url,
            preview_video_asset_id,
            duration,
            difficulty,
            price,
            discount_price,
            category_ids,
        } = body;
        let price_change = |change: Option<Option<Money>>, pointer: &str| {
            change.map(|price| into_kernel(price, pointer)).transpose()
        };
        Ok(Self {
            title: title.map(Into::into),
            description: description.map(Into::into),
            content: content.map(|text| text.map(Into::into)),
            content_format,
            image_url: image_url.map(|url| url.map(Into::into)),
            image_id,
            preview_video_url: preview_video_url.map(|url| url.map(Into::into)),
            preview_video_asset_id,
            duration: duration.map(|minutes| minutes.map(Into::into)),
            difficulty,
            price: price_change(price, "/price")?,
            discount_price: price_change(discount_price, "/discountPrice")?,
            category_ids,
        })
    }
}

fn into_kernel(price: Option<Money>, pointer: &str) -> Result<Option<kernel::Money>> {
    price.map(|price| price.into_kernel(pointer)).transpose()
}

/// Whether a course can be published.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicationCheck {
    /// Whether nothing prevents it.
    is_publishable: bool,
    /// Everything that prevents it.
    problems: Vec<PublicationProblem>,
}

impl From<Vec<FieldError>> for PublicationCheck {
    fn from(problems: Vec<FieldError>) -> Self {
        Self { is_publishable: problems.is_empty(), problems: problems.into_iter().map(Into::into).collect() }
    }
}

/// Something that is missing.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = FieldError)]
struct PublicationProblem {
    /// A JSON Pointer into the course.
    #[schema(example = "/imageUrl")]
    pointer: String,
    /// A stable code: `title_missing`, `description_missing`, `image_missing`, `category_missing`, `chapter_missing`, `body_missing` or
    /// `content_missing`; more may be added.
    #[schema(value_type = String, example = "image_missing")]
    code: &'static str,
    /// An explanation for people.
    #[schema(example = "A course needs a picture.")]
    detail: String,
}

/// A whole course, as its editors work on it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::CourseTree)]
pub(super) struct CourseTree {
    /// The course.
    #[serde(flatten)]
    course: Course,
    /// Its chapters in their order, drafts included.
    chapters: Vec<ChapterTree>,
}

/// A chapter with everything in it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::TreeChapter, used(chapter, body))]
struct ChapterTree {
    /// The chapter.
    #[serde(flatten)]
    #[dto(with = (chapter, body).into())]
    chapter: Chapter,
    /// Its lessons in their order, drafts included.
    lessons: Vec<AuthoredLesson>,
}
