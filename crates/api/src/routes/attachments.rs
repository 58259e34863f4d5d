use actix_web::web::Data;
use chrono::{DateTime, Utc};
use courses::{NewAttachment, Source};
use database::{Pool, Tx};
use kernel::{AttachmentId, CourseId, Error, FieldError, FileId, LessonId, Result, Uuid};
use media::{Disposition, Key, Link};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::shared::{PageQuery, page};
use crate::{
    http::{
        extract::{Caller, Idempotency, IfMatch, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_course_attachments,
        create_course_attachment,
        list_lesson_attachments,
        create_lesson_attachment,
        get_attachment,
        update_attachment,
        delete_attachment,
        download_attachment
    );
}

/// Something to take along from a course or a lesson.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    /// The attachment's id.
    id: AttachmentId,
    /// The course it belongs to.
    course_id: CourseId,
    /// The lesson it belongs to; null where it belongs to the course as a whole.
    lesson_id: Option<LessonId>,
    /// Its name.
    #[schema(example = "Training plan")]
    name: String,
    /// The file's id; null for a link elsewhere.
    file_id: Option<FileId>,
    /// The file's type; null for a link elsewhere.
    #[schema(example = "application/pdf")]
    content_type: Option<String>,
    /// The file's bytes; null for a link elsewhere.
    #[schema(minimum = 1, example = 48213)]
    size_bytes: Option<i64>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<courses::Attachment> for Attachment {
    fn from(attachment: courses::Attachment) -> Self {
        let courses::Attachment {
            id,
            course_id,
            lesson_id,
            name,
            file_id,
            url: _,
            content_type,
            size_bytes,
            created_at,
            updated_at,
        } = attachment;
        Self {
            id,
            course_id,
            lesson_id,
            name,
            file_id,
            content_type,
            size_bytes,
            created_at,
            updated_at,
        }
    }
}

page! {
    /// A page of attachments.
    AttachmentPage of Attachment
}

/// A new attachment: of a file or of a link, exactly one of them.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateAttachment {
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "Training plan"
    )]
    name: String,
    /// A file that the caller has sent for this purpose, and that is `READY`.
    #[schema(nullable = false)]
    file_id: Option<FileId>,
    /// A link elsewhere; https only.
    #[schema(format = "uri", pattern = "^https://", max_length = 2000, nullable = false)]
    url: Option<String>,
}

impl CreateAttachment {
    fn into_new(self) -> Result<NewAttachment> {
        let Self { name, file_id, url } = self;
        let source = match (file_id, url) {
            (Some(id), None) => Source::File(id),
            (None, Some(url)) => Source::Url(url),
            _ => {
                let detail = "Either a file or a link.";
                return Err(Error::invalid(vec![FieldError::new(
                    "/fileId",
                    "file_or_url",
                    detail,
                )]));
            }
        };
        Ok(NewAttachment { name, source })
    }
}

/// What changes in an attachment.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchAttachment {
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "Training plan"
    )]
    name: Option<String>,
}

/// Where to fetch an attachment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Download {
    /// The URL, of this server, of the object storage, or elsewhere: take it as it is, without an access token.
    #[schema(format = "uri", example = "https://files.example.com/files/AbC")]
    url: String,
    /// Until when it is good; null for a link elsewhere.
    expires_at: Option<DateTime<Utc>>,
}

fn created(attachment: courses::Attachment) -> Result<Reply<Attachment>> {
    let (location, version) = (format!("/attachments/{}", attachment.id), attachment.version());
    Ok(Reply::created(&location, &Attachment::from(attachment))?.version(version))
}

/// What is attached to a course
///
/// Oldest first, for staff and whoever holds an active grant.
#[utoipa::path(get, path = "/courses/{course_id}/attachments",
    tag = "media", operation_id = "listCourseAttachments", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of attachments.", body = AttachmentPage)))]
async fn list_course_attachments(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<AttachmentPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx: Tx| async move { enrollment::course_attachments(&tx, id, after, limit).await };
    Ok(Reply::ok(&AttachmentPage::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Attach something to a course
///
/// By its editors and admins: a file that was sent before, or a link.
#[utoipa::path(post, path = "/courses/{course_id}/attachments",
    tag = "media", operation_id = "createCourseAttachment", security(("bearer" = [])), request_body = CreateAttachment,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The attachment.", body = Attachment)))]
async fn create_course_attachment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
    key: Idempotency,
    body: Json<CreateAttachment>,
) -> Result<Reply<Attachment>, Problem> {
    let new = body.value.into_new()?;
    let work = move |tx: Tx| async move { created(courses::attach_to_course(&tx, id, new).await?) };
    let pool = (Pool::App, actor);
    Ok(key
        .run(&state.db, pool, "createCourseAttachment", &body.raw, work)
        .await?)
}

/// What is attached to a lesson
///
/// Oldest first, for whoever may read the lesson.
#[utoipa::path(get, path = "/lessons/{lesson_id}/attachments",
    tag = "media", operation_id = "listLessonAttachments", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of attachments.", body = AttachmentPage)))]
async fn list_lesson_attachments(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<LessonId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<AttachmentPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx: Tx| async move { enrollment::lesson_attachments(&tx, id, after, limit).await };
    Ok(Reply::ok(&AttachmentPage::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Attach something to a lesson
///
/// By an editor of the course or an admin: a file that was sent before, or a link.
#[utoipa::path(post, path = "/lessons/{lesson_id}/attachments",
    tag = "media", operation_id = "createLessonAttachment", security(("bearer" = [])), request_body = CreateAttachment,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The attachment.", body = Attachment)))]
async fn create_lesson_attachment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
    key: Idempotency,
    body: Json<CreateAttachment>,
) -> Result<Reply<Attachment>, Problem> {
    let new = body.value.into_new()?;
    let work = move |tx: Tx| async move { created(courses::attach_to_lesson(&tx, id, new).await?) };
    let pool = (Pool::App, actor);
    Ok(key
        .run(&state.db, pool, "createLessonAttachment", &body.raw, work)
        .await?)
}

/// An attachment
///
/// For whoever may have it.
#[utoipa::path(get, path = "/attachments/{attachment_id}",
    tag = "media", operation_id = "getAttachment", security((), ("bearer" = [])),
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "The attachment.", body = Attachment)))]
async fn get_attachment(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<AttachmentId>,
) -> Result<Reply<Attachment>, Problem> {
    let work = move |tx: Tx| async move { enrollment::read_attachment(&tx, id).await };
    let attachment = state.db.read(actor, work).await?;
    let version = attachment.version();
    Ok(Reply::ok(&Attachment::from(attachment))?.version(version))
}

/// Change an attachment
///
/// Its name, by an editor of the course or an admin. For everybody else it is not there.
#[utoipa::path(patch, path = "/attachments/{attachment_id}",
    tag = "media", operation_id = "updateAttachment", security(("bearer" = [])), request_body = PatchAttachment,
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "The attachment as it is now.", body = Attachment)))]
async fn update_attachment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<AttachmentId>,
    seen: IfMatch,
    body: Json<PatchAttachment>,
) -> Result<Reply<Attachment>, Problem> {
    let PatchAttachment { name } = body.value;
    let matches = move |version| seen.accepts(version);
    let work = move |tx: Tx| async move { courses::rename_attachment(&tx, id, matches, name).await };
    let attachment = state.db.run(actor, work).await?;
    let version = attachment.version();
    Ok(Reply::ok(&Attachment::from(attachment))?.version(version))
}

/// Take an attachment away
///
/// By an editor of the course or an admin. For everybody else it is not there.
#[utoipa::path(delete, path = "/attachments/{attachment_id}",
    tag = "media", operation_id = "deleteAttachment", security(("bearer" = [])),
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 204, description = "It is gone.")))]
async fn delete_attachment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<AttachmentId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx: Tx| async move { courses::remove_attachment(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// Download an attachment
///
/// Gives whoever may have it a URL that is good for a while, for this file alone.
#[utoipa::path(post, path = "/attachments/{attachment_id}/download",
    tag = "media", operation_id = "downloadAttachment", security((), ("bearer" = [])),
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "Where to fetch it.", body = Download)))]
async fn download_attachment(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<AttachmentId>,
) -> Result<Reply<Download>, Problem> {
    let work = move |tx: Tx| async move { enrollment::read_attachment(&tx, id).await };
    let attachment = state.db.read(actor, work).await?;
    let Some(file_id) = attachment.file_id else {
        let url = attachment.url.unwrap_or_default();
        return Ok(Reply::ok(&Download {
            url,
            expires_at: None,
        })?);
    };
    let now = state.db.environment().now();
    let expires_at = now + std::time::Duration::from_secs(state.config.download_seconds);
    let content_type = attachment.content_type.unwrap_or_default();
    let link = Link {
        key: Key::File(file_id),
        name: media::file_name(&attachment.name, &content_type),
        content_type,
        disposition: Disposition::Attachment,
        expires_at,
    };
    let (storage, keyring) = (&state.media.storage, state.db.keyring());
    let url = storage
        .download_url(keyring, &state.media.public_url, now, &link)
        .await?;
    Ok(Reply::ok(&Download {
        url,
        expires_at: Some(expires_at),
    })?)
}
