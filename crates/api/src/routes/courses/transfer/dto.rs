//! The document of a course, and what an import answers.

use courses::{ContentFormat, ImportCheck, Level};
use kernel::FieldError;

use crate::{config::Config, http::extract::Large, routes::shared::prelude::*};

/// A course as one document: what its author wrote, and nothing that only one installation knows.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CourseDocument {
    /// What the document is.
    pub(super) format: DocumentFormat,
    /// The version of the format.
    #[schema(minimum = 1, maximum = 1, example = 1)]
    pub(super) version: i64,
    /// The course.
    pub(super) course: DocumentCourse,
}

impl Large for CourseDocument {
    fn limit(config: &Config) -> usize {
        config.import_limit_bytes
    }
}

/// What a document is.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(super) enum DocumentFormat {
    /// A course.
    #[serde(rename = "palestra.course")]
    Course,
}

/// Whether a text is what documents have always had, so that installations of before take them too.
fn is_html(format: &ContentFormat) -> bool {
    *format == ContentFormat::Html
}

/// A course in a document.
#[derive(Serialize, Deserialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(from = courses::CourseDocument, used(difficulty))]
pub(super) struct DocumentCourse {
    /// The title; the slug is made from it.
    #[schema(value_type = Title, example = "Strength Foundations")]
    pub(super) title: String,
    /// A description in plain text.
    #[serde(default)]
    #[schema(value_type = Summary, example = "Four weeks to a solid squat, hinge, push and pull.")]
    pub(super) description: String,
    /// The text.
    #[schema(value_type = Option<RichText>, example = "<p>What you will learn …</p>")]
    pub(super) content: Option<String>,
    /// What the text is; `HTML` where it is missing.
    #[serde(default, skip_serializing_if = "is_html")]
    #[schema(value_type = schema::ContentFormat, required = false)]
    pub(super) content_format: ContentFormat,
    /// The address of a picture, with `https`. In an export it may be an uploaded picture, at its address there.
    #[schema(format = "uri", pattern = "^https?://", max_length = 2000)]
    pub(super) image_url: Option<String>,
    /// The address of a preview video, which everybody may watch.
    #[schema(value_type = Option<HttpsUrl>, example = "https://videos.example.com/preview.mp4")]
    pub(super) preview_video_url: Option<String>,
    /// The length in minutes.
    #[schema(value_type = Option<Minutes>, example = 95)]
    pub(super) duration: Option<i64>,
    /// How much experience it asks for; `BEGINNER` where it is missing.
    #[schema(value_type = schema::Level, required = false)]
    #[dto(with = Some(difficulty))]
    pub(super) difficulty: Option<Level>,
    /// The price. The course is free where it is null or its amount is 0.
    pub(super) price: Option<Money>,
    /// A reduced price, below the price and in its currency.
    pub(super) discount_price: Option<Money>,
    /// The slugs of the categories it is in, which have to exist.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(super) categories: Vec<CategorySlug>,
    /// The chapters in their order, with at most 2,000 lessons in all.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub(super) chapters: Vec<DocumentChapter>,
}

/// The slug of a category.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 120, example = "strength")]
pub(super) struct CategorySlug(pub(super) String);

impl From<String> for CategorySlug {
    fn from(slug: String) -> Self {
        Self(slug)
    }
}

/// A chapter in a document.
#[derive(Serialize, Deserialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(from = courses::ChapterDocument, into = courses::ChapterDocument)]
pub(super) struct DocumentChapter {
    /// The title.
    #[schema(value_type = Title, example = "Week 1")]
    title: String,
    /// A description in plain text.
    #[schema(value_type = Option<Summary>, example = "Finding your positions.")]
    description: Option<String>,
    /// The text.
    #[schema(value_type = Option<RichText>, example = "<p>Take your time …</p>")]
    content: Option<String>,
    /// What the text is; `HTML` where it is missing.
    #[serde(default, skip_serializing_if = "is_html")]
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: ContentFormat,
    /// The address of a video elsewhere.
    #[schema(value_type = Option<HttpsUrl>, example = "https://videos.example.com/week-1.mp4")]
    video_url: Option<String>,
    /// The length in minutes.
    #[schema(value_type = Option<Minutes>, example = 30)]
    duration: Option<i64>,
    /// Whether it is a free preview, which everybody may read.
    #[serde(default)]
    is_free: bool,
    /// Whether learners see it once the course is published. It then needs a published lesson, text or a video.
    #[serde(default)]
    is_published: bool,
    /// The lessons in their order.
    #[serde(default)]
    #[schema(max_items = 500)]
    lessons: Vec<DocumentLesson>,
}

/// A lesson in a document.
#[derive(Serialize, Deserialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(from = courses::LessonDocument, into = courses::LessonDocument)]
pub(super) struct DocumentLesson {
    /// The title.
    #[schema(value_type = Title, example = "The hinge")]
    title: String,
    /// A description in plain text.
    #[schema(value_type = Option<Summary>, example = "Hips back, spine long.")]
    description: Option<String>,
    /// The text.
    #[schema(value_type = Option<RichText>, example = "<p>Stand tall …</p>")]
    content: Option<String>,
    /// What the text is; `HTML` where it is missing.
    #[serde(default, skip_serializing_if = "is_html")]
    #[schema(value_type = schema::ContentFormat, required = false)]
    content_format: ContentFormat,
    /// The address of a video elsewhere.
    #[schema(value_type = Option<HttpsUrl>, example = "https://videos.example.com/hinge.mp4")]
    video_url: Option<String>,
    /// The length in minutes.
    #[schema(value_type = Option<Minutes>, example = 10)]
    duration: Option<i64>,
    /// Whether learners see it once its chapter and the course are published. It then needs text or a video.
    #[serde(default)]
    is_published: bool,
}

/// How to import.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// Whether to check the document only: nothing is written.
    #[serde(default)]
    #[param(default = false)]
    pub(super) dry_run: bool,
}

/// What an import would create, or why it would be refused.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = ImportCheck)]
pub(super) struct ImportReport {
    /// Whether nothing prevents it.
    #[dto(with = problems.is_empty())]
    is_importable: bool,
    /// Everything that prevents it.
    problems: Vec<ImportProblem>,
    /// What the import would leave out of the texts, a thousand at most; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<TextWarning>,
    /// The number of chapters in the document.
    #[schema(minimum = 0, example = 4)]
    chapters: usize,
    /// The number of lessons in the document.
    #[schema(minimum = 0, example = 30)]
    lessons: usize,
    /// The slugs in the document that no category has.
    #[schema(example = json!(["kettlebell"]))]
    unknown_categories: Vec<String>,
}

/// Something that prevents an import.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = FieldError)]
struct ImportProblem {
    /// A JSON Pointer into the document.
    #[schema(example = "/course/chapters/0/lessons/2/content")]
    pointer: String,
    /// A stable code: those of every validation, such as `required`, `too_long` and `repeated_member`, and `unknown_category`,
    /// `title_missing`, `body_missing`, `content_missing`, `too_many_lessons`; more may be added.
    #[schema(value_type = String, example = "body_missing")]
    code: &'static str,
    /// An explanation for people.
    #[schema(example = "A lesson needs content or a video.")]
    detail: String,
}

impl From<courses::CourseDocument> for CourseDocument {
    fn from(document: courses::CourseDocument) -> Self {
        Self { format: DocumentFormat::Course, version: 1, course: document.into() }
    }
}
