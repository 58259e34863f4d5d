use actix_web::web::Data;
use courses::{CourseChange, Level, NewCourse};
use database::Pool;
use kernel::{CategoryId, CourseId, FieldError, FileId, Result, Uuid, VideoAssetId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Course, CoursePage, reply};
use crate::{
    http::{
        extract::{Idempotency, IfMatch, Json, Member, Path, Query, Trainer, merge},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::{
        chapters::Chapter,
        lessons::AuthoredLesson,
        shared::{Money, PageQuery, schema},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_my_courses,
        create_course,
        update_course,
        delete_course,
        get_tree,
        duplicate_course,
        check_publication,
        publish_course,
        unpublish_course,
        archive_course
    );
}

/// A new draft.
#[derive(Deserialize, ToSchema, Validate)]
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
    #[schema(max_length = 60000, example = "<p>What you will learn …</p>")]
    content: Option<String>,
    /// A picture; https only.
    #[schema(format = "uri", pattern = "^https://", max_length = 2000)]
    image_url: Option<String>,
    /// A picture of the caller's that was uploaded (`POST /uploads`); it takes the place of `imageUrl`.
    image_id: Option<FileId>,
    /// A video for everybody; https only.
    #[schema(
        format = "uri",
        pattern = "^https://",
        max_length = 2000,
        example = "https://videos.example.com/preview.mp4"
    )]
    preview_video_url: Option<String>,
    /// A video of the caller's that was uploaded (`POST /video-uploads`), for everybody; it takes the place of
    /// `previewVideoUrl`.
    preview_video_asset_id: Option<VideoAssetId>,
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
    /// The shelves it stands on.
    #[serde(default)]
    #[schema(max_items = 20)]
    category_ids: Vec<CategoryId>,
}

/// What changes in a course.
#[derive(Deserialize, ToSchema, Validate)]
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
    #[schema(value_type = Option<String>, max_length = 60000, example = "<p>What you will learn …</p>")]
    content: Option<Option<String>>,
    /// A picture; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    image_url: Option<Option<String>>,
    /// A picture of the caller's that was uploaded (`POST /uploads`); it takes the place of `imageUrl`.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Uuid>)]
    image_id: Option<Option<FileId>>,
    /// A video for everybody; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    preview_video_url: Option<Option<String>>,
    /// A video of the caller's that was uploaded (`POST /video-uploads`), for everybody; it takes the place of
    /// `previewVideoUrl`.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Uuid>)]
    preview_video_asset_id: Option<Option<VideoAssetId>>,
    /// Minutes.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000, example = 95)]
    duration: Option<Option<i64>>,
    /// For whom.
    #[schema(value_type = schema::Level, required = false)]
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
    category_ids: Option<Vec<CategoryId>>,
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

/// A whole course as its editors work on it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseTree {
    /// The course.
    #[serde(flatten)]
    course: Course,
    /// Its chapters in their order, drafts included.
    chapters: Vec<ChapterTree>,
}

/// A chapter with everything in it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChapterTree {
    /// The chapter.
    #[serde(flatten)]
    chapter: Chapter,
    /// Its lessons in their order, drafts included.
    lessons: Vec<AuthoredLesson>,
}

impl From<courses::TreeChapter> for ChapterTree {
    fn from(chapter: courses::TreeChapter) -> Self {
        let courses::TreeChapter {
            chapter,
            body,
            lessons,
        } = chapter;
        Self {
            chapter: (chapter, body).into(),
            lessons: lessons.into_iter().map(Into::into).collect(),
        }
    }
}

/// Make a course
///
/// A draft of the caller's. Trainers and admins only.
#[utoipa::path(post, path = "/courses",
    tag = "courses", operation_id = "createCourse", security(("bearer" = [])), request_body = CreateCourse,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The draft.", body = Course)))]
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
        image_id,
        preview_video_url,
        preview_video_asset_id,
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
        image_id,
        preview_video_url,
        preview_video_asset_id,
        duration,
        difficulty: difficulty.unwrap_or_default(),
        price: price.map(|price| price.into_kernel("/price")).transpose()?,
        discount_price: discount_price
            .map(|price| price.into_kernel("/discountPrice"))
            .transpose()?,
        category_ids,
    })
}

/// My courses
///
/// The courses that the caller owns or edits, drafts included, newest first.
#[utoipa::path(get, path = "/me/courses",
    tag = "courses", operation_id = "listMyCourses", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of courses.", body = CoursePage)))]
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

/// Change a course
///
/// Its editors and admins. What is published has to stay complete.
#[utoipa::path(patch, path = "/courses/{course}",
    tag = "courses", operation_id = "updateCourse", security(("bearer" = [])), request_body = PatchCourse,
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
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
        image_id,
        preview_video_url,
        preview_video_asset_id,
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
        image_id,
        preview_video_url,
        preview_video_asset_id,
        duration,
        difficulty,
        price: money(price, "/price")?,
        discount_price: money(discount_price, "/discountPrice")?,
        category_ids,
    };
    let matches = move |version| seen.accepts(version);
    let work = |tx| async move { courses::change_course(&tx, &key, matches, change).await };
    reply(state.db.run(actor, work).await?)
}

/// Delete a course
///
/// With everything in it, by its owner or an admin, as long as nobody has enrolled in it or bought it; such a course is
/// archived instead.
#[utoipa::path(delete, path = "/courses/{course}",
    tag = "courses", operation_id = "deleteCourse", security(("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-problem-codes" = json!(["forbidden", "course_has_learners"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_course(
    state: Data<State>,
    Member(actor): Member,
    Path(key): Path<String>,
) -> Result<Reply<Nothing>, Problem> {
    let work = |tx| async move { courses::delete_course(&tx, &key).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// A whole course
///
/// Everything that its editors work on, in one answer: drafts, and what chapters and lessons teach.
#[utoipa::path(get, path = "/courses/{course_id}/tree",
    tag = "courses", operation_id = "getCourseTree", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course.", body = CourseTree)))]
async fn get_tree(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<CourseTree>, Problem> {
    let work = move |tx| async move { courses::course_tree(&tx, id).await };
    let tree = state.db.read(actor, work).await?;
    let version = tree.course.version;
    let tree = CourseTree {
        course: tree.course.into(),
        chapters: tree.chapters.into_iter().map(Into::into).collect(),
    };
    Ok(Reply::ok(&tree)?.version_and_content(version))
}

/// Duplicate a course
///
/// Makes a draft of the caller's with the same text, pictures and videos. Nothing in it is published; editors,
/// attachments and learners stay with the first.
#[utoipa::path(post, path = "/courses/{course_id}/duplicate",
    tag = "courses", operation_id = "duplicateCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The id of the course to copy.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The draft.", body = Course)))]
async fn duplicate_course(
    state: Data<State>,
    Trainer(actor): Trainer,
    Path(id): Path<CourseId>,
    key: Idempotency,
) -> Result<Reply<Course>, Problem> {
    let work = move |tx| async move {
        let course = courses::duplicate_course(&tx, id).await?;
        let (location, version) = (format!("/courses/{}", course.id), course.version);
        Ok(Reply::created(&location, &Course::from(course))?.version(version))
    };
    Ok(key
        .run(
            &state.db,
            (Pool::App, actor),
            "duplicateCourse",
            id.0.as_bytes(),
            work,
        )
        .await?)
}

/// Could it be published?
///
/// Everything that stands between a course and its publication, without publishing it.
#[utoipa::path(get, path = "/courses/{course_id}/publish-check",
    tag = "courses", operation_id = "checkCoursePublication", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "What is missing.", body = PublicationCheck)))]
async fn check_publication(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
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
#[utoipa::path(post, path = "/courses/{course_id}/publish",
    tag = "courses", operation_id = "publishCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn publish_course(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
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
#[utoipa::path(post, path = "/courses/{course_id}/unpublish",
    tag = "courses", operation_id = "unpublishCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn unpublish_course(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
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

/// Archive a course
///
/// Takes it out of the catalogue and closes it for new learners, by its owner or an admin; whoever has access goes on.
/// Publishing opens it again. Doing it again changes nothing.
#[utoipa::path(post, path = "/courses/{course_id}/archive",
    tag = "courses", operation_id = "archiveCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The course as it is now.", body = Course)))]
async fn archive_course(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<Course>, Problem> {
    let work = move |tx| async move { courses::archive_course(&tx, id).await };
    reply(state.db.run(actor, work).await?)
}
