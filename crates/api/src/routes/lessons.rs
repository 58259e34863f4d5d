use actix_web::web::Data;
use chrono::{DateTime, Utc};
use courses::{Body, BodyChange, LessonChange, NewLesson};
use database::Pool;
use enrollment::{Access, ReadableLesson};
use kernel::{ChapterId, CourseId, GrantId, LessonId, Result, Uuid, VideoAssetId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::courses::LessonOutline;
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
        list_lessons,
        create_lesson,
        order_lessons,
        get_lesson,
        update_lesson,
        move_lesson,
        delete_lesson,
        publish_lesson,
        unpublish_lesson
    );
}

/// A lesson with what it teaches.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthoredLesson {
    /// The lesson's id.
    id: LessonId,
    /// The course it belongs to.
    course_id: CourseId,
    /// The chapter it stands in.
    chapter_id: ChapterId,
    /// The title.
    #[schema(example = "The hinge")]
    title: String,
    /// Plain text.
    #[schema(example = "Hips back, spine long.")]
    description: Option<String>,
    /// Its place among the lessons.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Sanitised HTML.
    #[schema(example = "<p>Stand tall …</p>")]
    content: Option<String>,
    /// A video that is hosted elsewhere.
    #[schema(format = "uri")]
    video_url: Option<String>,
    /// A video that was uploaded: `POST /lessons/{lessonId}/playback`.
    video_asset_id: Option<VideoAssetId>,
    /// Minutes. How long its video is taken to be, where that is an address: rounded up.
    #[schema(minimum = 0, example = 10)]
    duration: Option<i64>,
    /// Whether learners see it.
    is_published: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// A lesson, and why the caller may read it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Lesson {
    /// The lesson.
    #[serde(flatten)]
    lesson: AuthoredLesson,
    /// Why the caller may read it.
    access: AccessReason,
}

/// The lessons of a chapter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LessonList {
    /// All of them, in their order.
    data: Vec<LessonOutline>,
}

/// The lessons of a chapter in their order.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LessonOrder {
    /// Every lesson of the chapter, once.
    #[schema(max_items = 500)]
    lesson_ids: Vec<LessonId>,
}

/// Where a lesson goes.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MoveLesson {
    /// A chapter of the same course.
    chapter_id: ChapterId,
    /// Its place there, counted from 1; at the end where it is missing.
    #[schema(minimum = 1, maximum = 500, nullable = false, example = 1)]
    position: Option<usize>,
}

/// Why the caller may read something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessReason {
    /// `staff`, `free_preview` or `granted`; more may be added.
    #[schema(value_type = String, example = "granted")]
    reason: &'static str,
    /// The grant by which it is, where it is by a grant.
    grant_id: Option<GrantId>,
    /// Until when, where the grant ends.
    expires_at: Option<DateTime<Utc>>,
}

impl From<Access> for AccessReason {
    fn from(access: Access) -> Self {
        let reason = access.reason();
        match access {
            Access::Granted { grant_id, until } => Self {
                reason,
                grant_id: Some(grant_id),
                expires_at: until,
            },
            Access::Staff | Access::FreePreview => Self {
                reason,
                grant_id: None,
                expires_at: None,
            },
        }
    }
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
        let Body {
            content,
            video_url,
            video_asset_id,
        } = body;
        Self {
            id,
            course_id,
            chapter_id,
            title,
            description,
            position,
            content,
            video_url,
            video_asset_id,
            duration,
            is_published,
            created_at,
            updated_at,
        }
    }
}

impl From<ReadableLesson> for Lesson {
    fn from(readable: ReadableLesson) -> Self {
        let ReadableLesson { lesson, body, access } = readable;
        Self {
            lesson: (lesson, body).into(),
            access: access.into(),
        }
    }
}

/// A new lesson at the end of its chapter.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateLesson {
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
    /// A video of the caller's that was uploaded (`POST /video-uploads`).
    video_asset_id: Option<VideoAssetId>,
    /// Minutes. How long its video is taken to be, where that is an address: rounded up.
    #[schema(minimum = 0, maximum = 100_000, example = 10)]
    duration: Option<i64>,
}

/// What changes in a lesson.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchLesson {
    /// The title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "The hinge"
    )]
    title: Option<String>,
    /// Plain text.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 5000, example = "Hips back, spine long.")]
    description: Option<Option<String>>,
    /// HTML; sanitised.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 60000, example = "<p>Stand tall …</p>")]
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
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000, example = 10)]
    duration: Option<Option<i64>>,
}

/// Whoever changes a lesson reads it as staff.
fn authored((lesson, body): (courses::Lesson, Body)) -> Result<Reply<Lesson>, Problem> {
    let version = lesson.version;
    Ok(Reply::ok(&Lesson::from(ReadableLesson {
        lesson,
        body,
        access: Access::Staff,
    }))?
    .version(version))
}

/// Make a lesson
///
/// A draft at the end of a chapter, by an editor of the course or an admin.
#[utoipa::path(post, path = "/chapters/{chapter_id}/lessons",
    tag = "lessons", operation_id = "createLesson", security(("bearer" = [])), request_body = CreateLesson,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "list_full"]))),
    responses((status = 201, description = "The draft.", body = Lesson)))]
async fn create_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(chapter_id): Path<ChapterId>,
    key: Idempotency,
    body: Json<CreateLesson>,
) -> Result<Reply<Lesson>, Problem> {
    let CreateLesson {
        title,
        description,
        content,
        video_url,
        video_asset_id,
        duration,
    } = body.value;
    let new = NewLesson {
        title,
        description,
        duration,
        body: Body {
            content,
            video_url,
            video_asset_id,
        },
    };
    let work = move |tx| async move {
        let (lesson, body) = courses::create_lesson(&tx, chapter_id, new).await?;
        let (location, version) = (format!("/lessons/{}", lesson.id), lesson.version);
        let lesson = Lesson::from(ReadableLesson {
            lesson,
            body,
            access: Access::Staff,
        });
        Ok(Reply::created(&location, &lesson)?.version(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createLesson", &body.raw, work)
        .await?)
}

/// A lesson
///
/// With what it teaches, for whoever may read it: staff, everybody where the chapter is free, and whoever holds an active
/// grant. The refusal says why.
#[utoipa::path(get, path = "/lessons/{lesson_id}",
    tag = "lessons", operation_id = "getLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The lesson.", body = Lesson)))]
async fn get_lesson(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<LessonId>,
) -> Result<Reply<Lesson>, Problem> {
    let lesson = state
        .db
        .read(
            actor,
            move |tx| async move { enrollment::read_lesson(&tx, id).await },
        )
        .await?;
    let version = lesson.lesson.version;
    Ok(Reply::ok(&Lesson::from(lesson))?.version_and_content(version))
}

/// Change a lesson
///
/// The course's editors and admins. What is published has to stay complete.
#[utoipa::path(patch, path = "/lessons/{lesson_id}",
    tag = "lessons", operation_id = "updateLesson", security(("bearer" = [])), request_body = PatchLesson,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn update_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
    seen: IfMatch,
    body: Json<PatchLesson>,
) -> Result<Reply<Lesson>, Problem> {
    let PatchLesson {
        title,
        description,
        content,
        video_url,
        video_asset_id,
        duration,
    } = body.value;
    let change = LessonChange {
        title,
        description,
        duration,
        body: BodyChange {
            content,
            video_url,
            video_asset_id,
        },
    };
    let matches = move |version| seen.accepts(version);
    authored(
        state
            .db
            .run(actor, move |tx| async move {
                courses::change_lesson(&tx, id, matches, change).await
            })
            .await?,
    )
}

/// The lessons of a chapter
///
/// In their order, without what they teach. Whoever may edit the course also sees drafts.
#[utoipa::path(get, path = "/chapters/{chapter_id}/lessons",
    tag = "lessons", operation_id = "getLessons", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The lessons.", body = LessonList)))]
async fn list_lessons(
    state: Data<State>,
    Caller(actor): Caller,
    Path(chapter_id): Path<ChapterId>,
) -> Result<Reply<LessonList>, Problem> {
    let work = move |tx| async move { courses::list_lessons(&tx, chapter_id).await };
    let lessons = state.db.read(actor, work).await?;
    let data = lessons.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&LessonList { data })?.content())
}

/// Put lessons in order
///
/// Names every lesson of the chapter once; anything but exactly that set is refused, with all reasons.
#[utoipa::path(put, path = "/chapters/{chapter_id}/lessons/order",
    tag = "lessons", operation_id = "orderLessons", security(("bearer" = [])), request_body = LessonOrder,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The order as it is now.", body = LessonOrder)))]
async fn order_lessons(
    state: Data<State>,
    Member(actor): Member,
    Path(chapter_id): Path<ChapterId>,
    body: Json<LessonOrder>,
) -> Result<Reply<LessonOrder>, Problem> {
    let ids = body.value.lesson_ids;
    let work = move |tx| async move { courses::order_lessons(&tx, chapter_id, &ids).await };
    let lessons = state.db.run(actor, work).await?;
    let lesson_ids = lessons.iter().map(|lesson| lesson.id).collect();
    Ok(Reply::ok(&LessonOrder { lesson_ids })?)
}

/// Move a lesson
///
/// Into a chapter of the same course, or to another place in its own. A chapter in which nothing published is left is
/// unpublished, and so is a course.
#[utoipa::path(post, path = "/lessons/{lesson_id}/move",
    tag = "lessons", operation_id = "moveLesson", security(("bearer" = [])), request_body = MoveLesson,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "list_full"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn move_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
    body: Json<MoveLesson>,
) -> Result<Reply<Lesson>, Problem> {
    let MoveLesson { chapter_id, position } = body.value;
    let work = move |tx| async move {
        let lesson = courses::move_lesson(&tx, id, chapter_id, position).await?;
        progress::recount(&tx, lesson.0.course_id).await?;
        Ok(lesson)
    };
    authored(state.db.run(actor, work).await?)
}

/// Delete a lesson
///
/// As long as nobody has learnt from it. A chapter in which nothing is left is unpublished, and so is a course.
#[utoipa::path(delete, path = "/lessons/{lesson_id}",
    tag = "lessons", operation_id = "deleteLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "course_has_learners"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { progress::delete_lesson(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// Publish a lesson
///
/// It needs a title, and content or a video. Doing it again changes nothing.
#[utoipa::path(post, path = "/lessons/{lesson_id}/publish",
    tag = "lessons", operation_id = "publishLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn publish_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<Lesson>, Problem> {
    authored(
        state
            .db
            .run(actor, move |tx| async move {
                let lesson = courses::publish_lesson(&tx, id).await?;
                progress::recount(&tx, lesson.0.course_id).await?;
                Ok(lesson)
            })
            .await?,
    )
}

/// Unpublish a lesson
///
/// Hides it; a chapter in which nothing is left is unpublished with it, and so is a course. Doing it again changes nothing.
#[utoipa::path(post, path = "/lessons/{lesson_id}/unpublish",
    tag = "lessons", operation_id = "unpublishLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn unpublish_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<Lesson>, Problem> {
    authored(
        state
            .db
            .run(actor, move |tx| async move {
                let lesson = courses::unpublish_lesson(&tx, id).await?;
                progress::recount(&tx, lesson.0.course_id).await?;
                Ok(lesson)
            })
            .await?,
    )
}
