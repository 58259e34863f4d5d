use actix_web::{get, patch, post, web::Data};
use chrono::{DateTime, Utc};
use courses::{LessonBody, LessonChange, NewLesson};
use database::Pool;
use enrollment::{Access, ReadableLesson};
use kernel::{Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    extract::{Caller, Idempotency, IfMatch, Json, Member, Path, merge},
    problem::Problem,
    reply::Reply,
    state::State,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_lesson)
        .service(get_lesson)
        .service(update_lesson)
        .service(publish_lesson)
        .service(unpublish_lesson);
}

/// A lesson with what it teaches.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Lesson {
    /// The lesson's id.
    id: Uuid,
    /// The course it belongs to.
    course_id: Uuid,
    /// The chapter it stands in.
    chapter_id: Uuid,
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
    /// Minutes.
    #[schema(minimum = 0, example = 10)]
    duration: Option<i64>,
    /// Whether learners see it.
    is_published: bool,
    /// Why the caller may read it.
    access: AccessReason,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// Why the caller may read something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccessReason {
    /// `staff`, `free_preview` or `granted`; more may be added.
    #[schema(value_type = String, example = "granted")]
    reason: &'static str,
    /// The grant by which it is, where it is by a grant.
    grant_id: Option<Uuid>,
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

impl From<ReadableLesson> for Lesson {
    fn from(readable: ReadableLesson) -> Self {
        let ReadableLesson { lesson, body, access } = readable;
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
        let LessonBody { content, video_url } = body;
        Self {
            id,
            course_id,
            chapter_id,
            title,
            description,
            position,
            content,
            video_url,
            duration,
            is_published,
            access: access.into(),
            created_at,
            updated_at,
        }
    }
}

/// A new lesson at the end of its chapter.
#[derive(Deserialize, ToSchema)]
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
    #[schema(max_length = 50000, example = "<p>Stand tall …</p>")]
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
}

/// What changes in a lesson.
#[derive(Deserialize, ToSchema)]
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
    #[schema(value_type = Option<String>, max_length = 50000, example = "<p>Stand tall …</p>")]
    content: Option<Option<String>>,
    /// A video that is hosted elsewhere; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    video_url: Option<Option<String>>,
    /// Minutes.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000, example = 10)]
    duration: Option<Option<i64>>,
}

/// Whoever changes a lesson reads it as staff.
fn authored((lesson, body): (courses::Lesson, LessonBody)) -> Result<Reply<Lesson>, Problem> {
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
/// A draft at the end of a chapter, by the course's author or an admin.
#[utoipa::path(tag = "lessons", operation_id = "createLesson", security(("bearer" = [])), request_body = CreateLesson,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The draft.", body = Lesson)))]
#[post("/chapters/{chapter_id}/lessons")]
async fn create_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(chapter_id): Path<Uuid>,
    key: Idempotency,
    body: Json<CreateLesson>,
) -> Result<Reply<Lesson>, Problem> {
    let CreateLesson {
        title,
        description,
        content,
        video_url,
        duration,
    } = body.value;
    let new = NewLesson {
        title,
        description,
        duration,
        body: LessonBody { content, video_url },
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
#[utoipa::path(tag = "lessons", operation_id = "getLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_suspended"]))),
    responses((status = 200, description = "The lesson.", body = Lesson)))]
#[get("/lessons/{lesson_id}")]
async fn get_lesson(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<Uuid>,
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
/// The course's author or an admin. What is published has to stay complete.
#[utoipa::path(tag = "lessons", operation_id = "updateLesson", security(("bearer" = [])), request_body = PatchLesson,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
#[patch("/lessons/{lesson_id}")]
async fn update_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    body: Json<PatchLesson>,
) -> Result<Reply<Lesson>, Problem> {
    let PatchLesson {
        title,
        description,
        content,
        video_url,
        duration,
    } = body.value;
    let change = LessonChange {
        title,
        description,
        duration,
        content,
        video_url,
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

/// Publish a lesson
///
/// It needs a title, and content or a video. Doing it again changes nothing.
#[utoipa::path(tag = "lessons", operation_id = "publishLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
#[post("/lessons/{lesson_id}/publish")]
async fn publish_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<Lesson>, Problem> {
    authored(
        state
            .db
            .run(
                actor,
                move |tx| async move { courses::publish_lesson(&tx, id).await },
            )
            .await?,
    )
}

/// Unpublish a lesson
///
/// Hides it; a chapter in which nothing is left is unpublished with it, and so is a course. Doing it again changes nothing.
#[utoipa::path(tag = "lessons", operation_id = "unpublishLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
#[post("/lessons/{lesson_id}/unpublish")]
async fn unpublish_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<Uuid>,
) -> Result<Reply<Lesson>, Problem> {
    authored(
        state
            .db
            .run(actor, move |tx| async move {
                courses::unpublish_lesson(&tx, id).await
            })
            .await?,
    )
}
