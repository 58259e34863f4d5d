//! Taking a course out as one document, and bringing it in.

use actix_web::{Either, http::header, web::Data};
use courses::{Import, ImportCheck, Level};
use database::Pool;
use kernel::{CourseId, Error, FieldError, Result, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Course;
use crate::{
    config::Config,
    http::{
        extract::{Document, Idempotency, Judged, Large, Member, Path, Query, Trainer},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    routes::shared::{Money, schema},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, export_course, import_course);
}

/// Cleaning the texts of a large document keeps a core busy: one at a time is enough, and leaves the others to everybody else.
static CLEANING: Semaphore = Semaphore::const_new(1);

/// A course as one document: what its author wrote, and nothing that only one installation knows.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CourseDocument {
    /// What this is.
    format: DocumentFormat,
    /// Of the format.
    #[schema(minimum = 1, maximum = 1, example = 1)]
    version: i64,
    /// The course.
    course: DocumentCourse,
}

impl Large for CourseDocument {
    fn limit(config: &Config) -> usize {
        config.import_limit_bytes
    }
}

/// What a document is.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
enum DocumentFormat {
    /// A course.
    #[serde(rename = "palestra.course")]
    Course,
}

/// A course in a document.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentCourse {
    /// The title; the slug is made from it.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "Strength Foundations"
    )]
    title: String,
    /// Plain text.
    #[serde(default)]
    #[schema(
        max_length = 5000,
        example = "Four weeks to a solid squat, hinge, push and pull."
    )]
    description: String,
    /// HTML; sanitised.
    #[schema(max_length = 60000, example = "<p>What you will learn …</p>")]
    content: Option<String>,
    /// A picture; https only. In an export also one that was uploaded, at its address there.
    #[schema(format = "uri", pattern = "^https?://", max_length = 2000)]
    image_url: Option<String>,
    /// A video for everybody; https only.
    #[schema(
        format = "uri",
        pattern = "^https://",
        max_length = 2000,
        example = "https://videos.example.com/preview.mp4"
    )]
    preview_video_url: Option<String>,
    /// Minutes.
    #[schema(minimum = 0, maximum = 100_000, example = 95)]
    duration: Option<i64>,
    /// For whom; `BEGINNER` where it is missing.
    #[schema(value_type = schema::Level, required = false)]
    difficulty: Option<Level>,
    /// Null or an amount of 0 is free.
    price: Option<Money>,
    /// Below the price, in its currency.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// The slugs of the shelves it stands on; they have to be there.
    #[serde(default)]
    #[schema(max_items = 20)]
    categories: Vec<CategorySlug>,
    /// The chapters in their order. They may have 2,000 lessons in all.
    #[serde(default)]
    #[schema(max_items = 500)]
    chapters: Vec<DocumentChapter>,
}

/// A category by its slug.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 120, example = "strength")]
struct CategorySlug(String);

/// A chapter in a document.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentChapter {
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
    /// Minutes.
    #[schema(minimum = 0, maximum = 100_000, example = 30)]
    duration: Option<i64>,
    /// Whether everybody may read it.
    #[serde(default)]
    is_free: bool,
    /// Whether learners see it, once the course is published. It then needs a published lesson, or content or a video.
    #[serde(default)]
    is_published: bool,
    /// The lessons in their order.
    #[serde(default)]
    #[schema(max_items = 500)]
    lessons: Vec<DocumentLesson>,
}

/// A lesson in a document.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentLesson {
    /// The title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "The hinge"
    )]
    title: String,
    /// Plain text.
    #[schema(max_length = 5000, example = "Hips back, spine long.")]
    description: Option<String>,
    /// HTML; sanitised.
    #[schema(max_length = 60000, example = "<p>Stand tall …</p>")]
    content: Option<String>,
    /// A video that is hosted elsewhere; https only.
    #[schema(
        format = "uri",
        pattern = "^https://",
        max_length = 2000,
        example = "https://videos.example.com/hinge.mp4"
    )]
    video_url: Option<String>,
    /// Minutes.
    #[schema(minimum = 0, maximum = 100_000, example = 10)]
    duration: Option<i64>,
    /// Whether learners see it, once its chapter and the course are published. It then needs content or a video.
    #[serde(default)]
    is_published: bool,
}

/// How to import.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Whether only to look: nothing is written.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// What an import would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportReport {
    /// Whether nothing stands in its way.
    is_importable: bool,
    /// Everything that does.
    problems: Vec<ImportProblem>,
    /// Chapters in the document.
    #[schema(minimum = 0, example = 4)]
    chapters: usize,
    /// Lessons in the document.
    #[schema(minimum = 0, example = 30)]
    lessons: usize,
    /// Slugs that no category here has.
    #[schema(example = json!(["kettlebell"]))]
    unknown_categories: Vec<String>,
}

/// Something that stands in the way of an import.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportProblem {
    /// A JSON Pointer into the document.
    #[schema(example = "/course/chapters/0/lessons/2/content")]
    pointer: String,
    /// A stable code; more may be added.
    #[schema(value_type = String, example = "body_missing")]
    code: &'static str,
    /// In words.
    #[schema(example = "A lesson needs content or a video.")]
    detail: String,
}

impl From<ImportCheck> for ImportReport {
    fn from(check: ImportCheck) -> Self {
        let ImportCheck {
            problems,
            chapters,
            lessons,
            unknown_categories,
        } = check;
        Self {
            is_importable: problems.is_empty(),
            problems: problems.into_iter().map(Into::into).collect(),
            chapters,
            lessons,
            unknown_categories,
        }
    }
}

impl From<FieldError> for ImportProblem {
    fn from(error: FieldError) -> Self {
        let FieldError {
            pointer,
            code,
            detail,
        } = error;
        Self {
            pointer,
            code,
            detail,
        }
    }
}

impl From<courses::CourseDocument> for CourseDocument {
    fn from(document: courses::CourseDocument) -> Self {
        let courses::CourseDocument {
            title,
            description,
            content,
            image_url,
            preview_video_url,
            duration,
            difficulty,
            price,
            discount_price,
            categories,
            chapters,
        } = document;
        let course = DocumentCourse {
            title,
            description,
            content,
            image_url,
            preview_video_url,
            duration,
            difficulty: Some(difficulty),
            price: price.map(Into::into),
            discount_price: discount_price.map(Into::into),
            categories: categories.into_iter().map(CategorySlug).collect(),
            chapters: chapters.into_iter().map(Into::into).collect(),
        };
        Self {
            format: DocumentFormat::Course,
            version: 1,
            course,
        }
    }
}

impl From<courses::ChapterDocument> for DocumentChapter {
    fn from(chapter: courses::ChapterDocument) -> Self {
        let courses::ChapterDocument {
            title,
            description,
            content,
            video_url,
            duration,
            is_free,
            is_published,
            lessons,
        } = chapter;
        Self {
            title,
            description,
            content,
            video_url,
            duration,
            is_free,
            is_published,
            lessons: lessons.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<DocumentChapter> for courses::ChapterDocument {
    fn from(chapter: DocumentChapter) -> Self {
        let DocumentChapter {
            title,
            description,
            content,
            video_url,
            duration,
            is_free,
            is_published,
            lessons,
        } = chapter;
        Self {
            title,
            description,
            content,
            video_url,
            duration,
            is_free,
            is_published,
            lessons: lessons.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<courses::LessonDocument> for DocumentLesson {
    fn from(lesson: courses::LessonDocument) -> Self {
        let courses::LessonDocument {
            title,
            description,
            content,
            video_url,
            duration,
            is_published,
        } = lesson;
        Self {
            title,
            description,
            content,
            video_url,
            duration,
            is_published,
        }
    }
}

impl From<DocumentLesson> for courses::LessonDocument {
    fn from(lesson: DocumentLesson) -> Self {
        let DocumentLesson {
            title,
            description,
            content,
            video_url,
            duration,
            is_published,
        } = lesson;
        Self {
            title,
            description,
            content,
            video_url,
            duration,
            is_published,
        }
    }
}

/// The document for the use cases. Of one whose form is refused as much as can be read, so that its other reasons are told
/// with those of its form; what cannot be read counts as absent.
fn read(document: Judged<CourseDocument>) -> (courses::CourseDocument, Vec<FieldError>) {
    let (course, price, discount_price, mut problems) = match document {
        Ok(CourseDocument {
            format: DocumentFormat::Course,
            version: _,
            course,
        }) => whole(course),
        Err((value, problems)) => sketched(&value, problems),
    };
    let before = problems.len();
    let mut in_kernel = |price: Option<Money>, pointer| {
        let read = price.map(|price| price.into_kernel(pointer)).transpose();
        read.map_err(|error| problems.extend_from_slice(error.reasons()))
            .unwrap_or_default()
    };
    let price = in_kernel(price, "/course/price");
    let discount_price = in_kernel(discount_price, "/course/discountPrice");
    // Which of two prices is lower cannot be said of one that is none.
    let comparable = problems.len() == before;
    let document = courses::CourseDocument {
        price,
        discount_price: discount_price.filter(|_| comparable),
        ..course
    };
    (document, problems)
}

/// A document without its prices, its prices, and its problems.
type Parts = (
    courses::CourseDocument,
    Option<Money>,
    Option<Money>,
    Vec<FieldError>,
);

fn whole(course: DocumentCourse) -> Parts {
    let DocumentCourse {
        title,
        description,
        content,
        image_url,
        preview_video_url,
        duration,
        difficulty,
        price,
        discount_price,
        categories,
        chapters,
    } = course;
    let document = courses::CourseDocument {
        title,
        description,
        content,
        image_url,
        preview_video_url,
        duration,
        difficulty: difficulty.unwrap_or_default(),
        price: None,
        discount_price: None,
        categories: categories.into_iter().map(|CategorySlug(slug)| slug).collect(),
        chapters: chapters.into_iter().map(Into::into).collect(),
    };
    (document, price, discount_price, Vec::new())
}

/// What more than its form decides whether a document can be imported.
fn sketched(value: &Value, problems: Vec<FieldError>) -> Parts {
    let course = value.get("course").unwrap_or(&Value::Null);
    let price: Option<Money> = member(course, "price");
    let is_odd = price.is_none() && course.get("price").is_some_and(|price| !price.is_null());
    let discount = member::<Option<Money>>(course, "discountPrice").filter(|_| !is_odd);
    let slug = |slug: &Value| slug.as_str().unwrap_or_default().to_owned();
    let document = courses::CourseDocument {
        content: member(course, "content"),
        image_url: member(course, "imageUrl"),
        categories: items(course, "categories").take(20).map(slug).collect(),
        chapters: items(course, "chapters").map(sketched_chapter).collect(),
        ..courses::CourseDocument::default()
    };
    (document, price, discount, problems)
}

fn sketched_chapter(chapter: &Value) -> courses::ChapterDocument {
    courses::ChapterDocument {
        title: member(chapter, "title"),
        content: member(chapter, "content"),
        video_url: member(chapter, "videoUrl"),
        is_published: member(chapter, "isPublished"),
        lessons: items(chapter, "lessons").map(sketched_lesson).collect(),
        ..courses::ChapterDocument::default()
    }
}

fn sketched_lesson(lesson: &Value) -> courses::LessonDocument {
    courses::LessonDocument {
        title: member(lesson, "title"),
        content: member(lesson, "content"),
        video_url: member(lesson, "videoUrl"),
        is_published: member(lesson, "isPublished"),
        ..courses::LessonDocument::default()
    }
}

fn member<'a, T: Deserialize<'a> + Default>(of: &'a Value, name: &str) -> T {
    of.get(name)
        .and_then(|value| T::deserialize(value).ok())
        .unwrap_or_default()
}

fn items<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Makes a document ready to be imported, away from the threads that serve requests.
async fn prepared(document: Judged<CourseDocument>) -> Result<Import> {
    let place = CLEANING.acquire().await.map_err(Error::internal)?;
    let work = move || {
        let (document, problems) = read(document);
        let import = Import::new(document, problems);
        drop(place);
        import
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Export a course
///
/// Everything that its editors wrote, drafts included, as one document that `importCourse` takes, here or at another
/// installation. What only this installation knows does not travel: ids, learners, attachments, uploaded pictures and
/// videos. `imageUrl` of an uploaded picture is its address here. A lesson or chapter that taught by an uploaded video
/// alone is not published in the document, since nothing would be left of it.
#[utoipa::path(get, path = "/courses/{course_id}/export",
    tag = "courses", operation_id = "exportCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true)), ("x-file" = json!(true))),
    responses((status = 200, description = "The document.", body = CourseDocument)))]
async fn export_course(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<CourseDocument>, Problem> {
    let work = move |tx| async move { courses::export_course(&tx, id).await };
    let courses::CourseExport { slug, document } = state.db.read(actor, work).await?;
    let name = format!("attachment; filename=\"{slug}.palestra.json\"");
    Ok(Reply::ok(&CourseDocument::from(document))?
        .header(header::CONTENT_DISPOSITION, name)
        .content())
}

/// Import a course
///
/// Makes a draft of the caller's from the document of an export, with chapters and lessons as published as they are in the
/// document; all of it or nothing. Trainers and admins only. A document has at most 500 chapters, 500 lessons in a chapter
/// and 2,000 lessons in all, and by default 4 MiB. It is refused with all reasons at once (a thousand at most): those of its
/// form, categories that are not there, prices that cannot be, and whatever is published in it without anything to teach.
///
/// With `dryRun=true` nothing is written and no document is refused for what is in it: the answer is 200, and says what
/// would stand in the way.
#[utoipa::path(post, path = "/course-imports",
    tag = "courses", operation_id = "importCourse", security(("bearer" = [])), params(ImportQuery),
    request_body = CourseDocument, extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "What the import would do.", body = ImportReport),
        (status = 201, description = "The draft.", body = Course)))]
async fn import_course(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(how): Query<ImportQuery>,
    key: Idempotency,
    body: Document<CourseDocument>,
) -> Result<Either<Reply<ImportReport>, Reply<Course>>, Problem> {
    let import = prepared(body.value).await?;
    if how.dry_run {
        let work = |tx| async move { courses::check_import(&tx, import).await };
        let check = state.db.read(actor, work).await?;
        return Ok(Either::Left(Reply::ok(&ImportReport::from(check))?));
    }
    let work = |tx| async move {
        let course = courses::import_course(&tx, import).await?;
        let (location, version) = (format!("/courses/{}", course.id), course.version);
        Ok(Reply::created(&location, &Course::from(course))?.version(version))
    };
    let reply = key.run(&state.db, (Pool::App, actor), "importCourse", &body.raw, work);
    Ok(Either::Right(reply.await?))
}
