use actix_web::{get, patch, post, web::Data};
use chrono::{DateTime, Utc};
use courses::{
    CourseChange, CourseDetail, CourseFilter, Direction, NewCourse, OutlineChapter, OutlineLesson,
};
use database::Pool;
use kernel::{Actor, FieldError, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    categories::Category,
    shared::{Level, Money, PageQuery, page, twenty},
};
use crate::{
    extract::{Caller, Idempotency, IfMatch, Json, Member, Path, Query, Trainer, merge},
    problem::Problem,
    reply::Reply,
    state::State,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_courses)
        .service(create_course)
        .service(list_my_courses)
        .service(get_course)
        .service(update_course)
        .service(check_publication)
        .service(publish_course)
        .service(unpublish_course);
}

/// A course, without its outline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Course {
    /// The course's id.
    id: Uuid,
    /// Whose it is: `GET /users/{authorId}`.
    author_id: Uuid,
    /// The title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// Its address, made from the title.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// Plain text.
    #[schema(example = "Four weeks to a solid squat, hinge, push and pull.")]
    description: String,
    /// Sanitised HTML.
    #[schema(example = "<p>What you will learn …</p>")]
    content: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    image_url: Option<String>,
    /// A video for everybody.
    #[schema(format = "uri")]
    preview_video_url: Option<String>,
    /// Minutes.
    #[schema(minimum = 0, example = 95)]
    duration: Option<i64>,
    /// `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(example = "BEGINNER")]
    difficulty: String,
    /// Null or an amount of 0 is free.
    price: Option<Money>,
    /// Below the price.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// Whether it can be had without paying.
    #[schema(example = false)]
    is_free: bool,
    /// Whether the catalogue shows it.
    is_published: bool,
    /// When it was first published.
    published_at: Option<DateTime<Utc>>,
    /// Since when it is closed for new learners.
    archived_at: Option<DateTime<Utc>>,
    /// The shelves it stands on.
    categories: Vec<Category>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<courses::Course> for Course {
    fn from(course: courses::Course) -> Self {
        let is_free = course.is_free();
        let courses::Course {
            id,
            author_id,
            title,
            slug,
            description,
            content,
            image_url,
            preview_video_url,
            duration,
            difficulty,
            price,
            discount_price,
            is_published,
            published_at,
            archived_at,
            version: _,
            created_at,
            updated_at,
            categories,
        } = course;
        Self {
            id,
            author_id,
            title,
            slug,
            description,
            content,
            image_url,
            preview_video_url,
            duration,
            difficulty,
            price: price.map(Into::into),
            discount_price: discount_price.map(Into::into),
            is_free,
            is_published,
            published_at,
            archived_at,
            categories: categories.into_iter().map(Into::into).collect(),
            created_at,
            updated_at,
        }
    }
}

/// A course as lists show it, without the text of its page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseCard {
    /// The course's id.
    id: Uuid,
    /// Whose it is: `GET /users/{authorId}`.
    author_id: Uuid,
    /// The title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// Its address, made from the title.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// Plain text.
    #[schema(example = "Four weeks to a solid squat, hinge, push and pull.")]
    description: String,
    /// A picture.
    #[schema(format = "uri")]
    image_url: Option<String>,
    /// A video for everybody.
    #[schema(format = "uri")]
    preview_video_url: Option<String>,
    /// Minutes.
    #[schema(minimum = 0, example = 95)]
    duration: Option<i64>,
    /// `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(example = "BEGINNER")]
    difficulty: String,
    /// Null or an amount of 0 is free.
    price: Option<Money>,
    /// Below the price.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// Whether it can be had without paying.
    #[schema(example = false)]
    is_free: bool,
    /// Whether the catalogue shows it.
    is_published: bool,
    /// When it was first published.
    published_at: Option<DateTime<Utc>>,
    /// Since when it is closed for new learners.
    archived_at: Option<DateTime<Utc>>,
    /// The shelves it stands on.
    categories: Vec<Category>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<courses::Course> for CourseCard {
    fn from(course: courses::Course) -> Self {
        let is_free = course.is_free();
        let courses::Course {
            id,
            author_id,
            title,
            slug,
            description,
            content: _,
            image_url,
            preview_video_url,
            duration,
            difficulty,
            price,
            discount_price,
            is_published,
            published_at,
            archived_at,
            version: _,
            created_at,
            updated_at,
            categories,
        } = course;
        Self {
            id,
            author_id,
            title,
            slug,
            description,
            image_url,
            preview_video_url,
            duration,
            difficulty,
            price: price.map(Into::into),
            discount_price: discount_price.map(Into::into),
            is_free,
            is_published,
            published_at,
            archived_at,
            categories: categories.into_iter().map(Into::into).collect(),
            created_at,
            updated_at,
        }
    }
}

/// A course with its outline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseWithOutline {
    /// The course.
    #[serde(flatten)]
    course: Course,
    /// Its chapters in their order; its author also sees what is not published.
    chapters: Vec<ChapterOutline>,
}

/// A chapter without its body.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChapterOutline {
    /// The chapter's id.
    id: Uuid,
    /// The title.
    #[schema(example = "Week 1")]
    title: String,
    /// Plain text.
    #[schema(example = "Finding your positions.")]
    description: Option<String>,
    /// Its place among the chapters.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Minutes.
    #[schema(minimum = 0, example = 30)]
    duration: Option<i64>,
    /// Whether everybody may read it.
    is_free: bool,
    /// Whether learners see it.
    is_published: bool,
    /// Whether it has content or a video of its own.
    has_body: bool,
    /// Its lessons in their order.
    lessons: Vec<LessonOutline>,
}

/// A lesson without its body.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LessonOutline {
    /// The lesson's id.
    id: Uuid,
    /// The title.
    #[schema(example = "The hinge")]
    title: String,
    /// Its place among the lessons.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Minutes.
    #[schema(minimum = 0, example = 10)]
    duration: Option<i64>,
    /// Whether it has a video.
    has_video: bool,
    /// Whether learners see it.
    is_published: bool,
}

impl From<OutlineChapter> for ChapterOutline {
    fn from(chapter: OutlineChapter) -> Self {
        let OutlineChapter {
            id,
            title,
            description,
            position,
            duration,
            is_free,
            is_published,
            has_body,
            lessons,
        } = chapter;
        let lessons = lessons.into_iter().map(Into::into).collect();
        Self {
            id,
            title,
            description,
            position,
            duration,
            is_free,
            is_published,
            has_body,
            lessons,
        }
    }
}

impl From<OutlineLesson> for LessonOutline {
    fn from(lesson: OutlineLesson) -> Self {
        let OutlineLesson {
            id,
            title,
            position,
            duration,
            has_video,
            is_published,
        } = lesson;
        Self {
            id,
            title,
            position,
            duration,
            has_video,
            is_published,
        }
    }
}

page! {
    /// A page of courses.
    CoursePage of CourseCard
}

/// A new draft.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateCourse {
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
    #[schema(max_length = 50000, example = "<p>What you will learn …</p>")]
    content: Option<String>,
    /// A picture; https only.
    #[schema(format = "uri", pattern = "^https://", max_length = 2000)]
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
    #[schema(nullable = false)]
    difficulty: Option<Level>,
    /// Null or an amount of 0 is free.
    price: Option<Money>,
    /// Below the price, in its currency.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// The shelves it stands on.
    #[serde(default)]
    #[schema(max_items = 20)]
    category_ids: Vec<Uuid>,
}

/// What changes in a course.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchCourse {
    /// A new title makes a new slug; the old one keeps resolving.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "Strength Foundations"
    )]
    title: Option<String>,
    /// Plain text.
    #[schema(
        max_length = 5000,
        nullable = false,
        example = "Four weeks to a solid squat, hinge, push and pull."
    )]
    description: Option<String>,
    /// HTML; sanitised.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 50000, example = "<p>What you will learn …</p>")]
    content: Option<Option<String>>,
    /// A picture; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    image_url: Option<Option<String>>,
    /// A video for everybody; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    preview_video_url: Option<Option<String>>,
    /// Minutes.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000, example = 95)]
    duration: Option<Option<i64>>,
    /// For whom.
    #[schema(nullable = false)]
    difficulty: Option<Level>,
    /// The whole price; null or an amount of 0 is free.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Money>)]
    price: Option<Option<Money>>,
    /// Below the price, in its currency.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Money>, example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Option<Money>>,
    /// The whole new set of shelves.
    #[schema(max_items = 20, nullable = false)]
    category_ids: Option<Vec<Uuid>>,
}

/// The order of the catalogue.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
enum CourseSort {
    /// Newest first.
    #[default]
    #[serde(rename = "-publishedAt")]
    Newest,
    /// Oldest first.
    #[serde(rename = "publishedAt")]
    Oldest,
}

/// Which courses.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CourseQuery {
    /// How many rows.
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before, with the same `sort`.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// The order: `-publishedAt` (newest first) or `publishedAt`.
    #[serde(default)]
    #[param(inline, required = false)]
    sort: CourseSort,
    /// Only this difficulty.
    #[param(inline, nullable = false)]
    difficulty: Option<Level>,
    /// Only this author's.
    #[param(nullable = false)]
    author_id: Option<Uuid>,
    /// Only those on this shelf, by id or slug.
    #[param(max_length = 120, nullable = false, example = "strength")]
    category: Option<String>,
    /// Only free ones (`true`), or only those with a price (`false`).
    #[param(nullable = false)]
    is_free: Option<bool>,
}

/// What stands between something and its publication.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicationCheck {
    /// Whether nothing does.
    is_publishable: bool,
    /// Everything that does.
    problems: Vec<PublicationProblem>,
}

/// Something that is missing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicationProblem {
    /// A JSON Pointer into the resource.
    #[schema(example = "/imageUrl")]
    pointer: String,
    /// A stable code; more may be added.
    #[schema(value_type = String, example = "image_missing")]
    code: &'static str,
    /// In words.
    #[schema(example = "A course needs a picture.")]
    detail: String,
}

impl From<FieldError> for PublicationProblem {
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

/// The catalogue
///
/// Published courses. Filters combine.
#[utoipa::path(tag = "courses", operation_id = "listCourses", security(()), params(CourseQuery),
    responses((status = 200, description = "A page of courses.", body = CoursePage)))]
#[get("/courses")]
async fn list_courses(
    state: Data<State>,
    Query(query): Query<CourseQuery>,
) -> Result<Reply<CoursePage>, Problem> {
    let CourseQuery {
        limit,
        cursor,
        sort,
        difficulty,
        author_id,
        category,
        is_free,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let direction = match sort {
        CourseSort::Newest => Direction::Descending,
        CourseSort::Oldest => Direction::Ascending,
    };
    let difficulty = difficulty.map(|level| level.as_str().to_owned());
    let filter = CourseFilter {
        direction,
        difficulty,
        author_id,
        category,
        free: is_free,
    };
    let work = move |tx| async move { courses::list_courses(&tx, &filter, after, limit).await };
    let page = state.db.read(Actor::Anonymous, work).await?;
    Ok(Reply::ok(&CoursePage::from(page))?)
}

/// Make a course
///
/// A draft of the caller's. Trainers and admins only.
#[utoipa::path(tag = "courses", operation_id = "createCourse", security(("bearer" = [])), request_body = CreateCourse,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The draft.", body = Course)))]
#[post("/courses")]
async fn create_course(
    state: Data<State>,
    Trainer(actor): Trainer,
    key: Idempotency,
    body: Json<CreateCourse>,
) -> Result<Reply<Course>, Problem> {
    let new = new_course(body.value)?;
    let work = |tx| async move {
        let course = courses::create_course(&tx, new).await?;
        let (location, version) = (format!("/courses/{}", course.id), course.version);
        Ok(Reply::created(&location, &Course::from(course))?.version(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createCourse", &body.raw, work)
        .await?)
}

fn new_course(body: CreateCourse) -> Result<NewCourse> {
    let CreateCourse {
        title,
        description,
        content,
        image_url,
        preview_video_url,
        duration,
        difficulty,
        price,
        discount_price,
        category_ids,
    } = body;
    Ok(NewCourse {
        title,
        description,
        content,
        image_url,
        preview_video_url,
        duration,
        difficulty: difficulty.unwrap_or(Level::Beginner).as_str().to_owned(),
        price: price.map(|price| price.into_kernel("/price")).transpose()?,
        discount_price: discount_price
            .map(|price| price.into_kernel("/discountPrice"))
            .transpose()?,
        category_ids,
    })
}

/// My courses
///
/// The caller's own courses, drafts included, newest first.
#[utoipa::path(tag = "courses", operation_id = "listMyCourses", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of courses.", body = CoursePage)))]
#[get("/me/courses")]
async fn list_my_courses(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<CoursePage>, Problem> {
    let (after, limit) = page.position();
    let page = state
        .db
        .read(actor, move |tx| async move {
            courses::list_own_courses(&tx, after, limit).await
        })
        .await?;
    Ok(Reply::ok(&CoursePage::from(page))?)
}

/// A course
///
/// By id, slug or former slug, with the outline of its chapters and lessons, and without what they teach. Its author and
/// admins also see drafts.
#[utoipa::path(tag = "courses", operation_id = "getCourse", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    responses((status = 200, description = "The course.", body = CourseWithOutline)))]
#[get("/courses/{course}")]
async fn get_course(
    state: Data<State>,
    Caller(actor): Caller,
    Path(key): Path<String>,
) -> Result<Reply<CourseWithOutline>, Problem> {
    let detail = state
        .db
        .read(actor, |tx| async move { courses::course(&tx, &key).await })
        .await?;
    let CourseDetail { course, outline } = detail;
    let version = course.version;
    let chapters = outline.chapters.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&CourseWithOutline {
        course: course.into(),
        chapters,
    })?
    .version_and_content(version))
}

/// Change a course
///
/// Its author or an admin. What is published has to stay complete.
#[utoipa::path(tag = "courses", operation_id = "updateCourse", security(("bearer" = [])), request_body = PatchCourse,
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
#[patch("/courses/{course}")]
async fn update_course(
    state: Data<State>,
    Member(actor): Member,
    Path(key): Path<String>,
    seen: IfMatch,
    body: Json<PatchCourse>,
) -> Result<Reply<Course>, Problem> {
    let PatchCourse {
        title,
        description,
        content,
        image_url,
        preview_video_url,
        duration,
        difficulty,
        price,
        discount_price,
        category_ids,
    } = body.value;
    let money = |given: Option<Option<Money>>, pointer: &str| {
        given
            .map(|given| given.map(|price| price.into_kernel(pointer)).transpose())
            .transpose()
    };
    let change = CourseChange {
        title,
        description,
        content,
        image_url,
        preview_video_url,
        duration,
        difficulty: difficulty.map(|level| level.as_str().to_owned()),
        price: money(price, "/price")?,
        discount_price: money(discount_price, "/discountPrice")?,
        category_ids,
    };
    let matches = move |version| seen.accepts(version);
    let work = |tx| async move { courses::change_course(&tx, &key, matches, change).await };
    reply(state.db.run(actor, work).await?)
}

/// Could it be published?
///
/// Everything that stands between a course and its publication, without publishing it.
#[utoipa::path(tag = "courses", operation_id = "checkCoursePublication", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "What is missing.", body = PublicationCheck)))]
#[get("/courses/{course_id}/publish-check")]
async fn check_publication(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<PublicationCheck>, Problem> {
    let problems = state
        .db
        .run(
            actor,
            move |tx| async move { courses::publish_check(&tx, id).await },
        )
        .await?;
    let is_publishable = problems.is_empty();
    Ok(Reply::ok(&PublicationCheck {
        is_publishable,
        problems: problems.into_iter().map(Into::into).collect(),
    })?)
}

/// Publish a course
///
/// It needs a title, a description, a picture, a category and a published chapter. Doing it again changes nothing.
#[utoipa::path(tag = "courses", operation_id = "publishCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
#[post("/courses/{course_id}/publish")]
async fn publish_course(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<Course>, Problem> {
    reply(
        state
            .db
            .run(
                actor,
                move |tx| async move { courses::publish_course(&tx, id).await },
            )
            .await?,
    )
}

/// Unpublish a course
///
/// Takes it out of the catalogue; learners keep their records. Doing it again changes nothing.
#[utoipa::path(tag = "courses", operation_id = "unpublishCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
#[post("/courses/{course_id}/unpublish")]
async fn unpublish_course(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<Course>, Problem> {
    reply(
        state
            .db
            .run(actor, move |tx| async move {
                courses::unpublish_course(&tx, id).await
            })
            .await?,
    )
}

fn reply(course: courses::Course) -> Result<Reply<Course>, Problem> {
    let version = course.version;
    Ok(Reply::ok(&Course::from(course))?.version(version))
}
