//! The operations on attachments.

use std::time::Duration;

use courses::NewAttachment;
use kernel::{AttachmentId, CourseId, LessonId};
use media::{Disposition, Key, Link};

use super::dto::{Attachment, AttachmentPage, CreateAttachment, Download, PatchAttachment};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
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

/// List the attachments of a course
///
/// Lists the attachments of a course, oldest first, for its editors and learners with an active grant.
#[utoipa::path(get, path = "/courses/{course_id}/attachments",
    tag = "media", operation_id = "listCourseAttachments", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of attachments.", body = AttachmentPage)))]
async fn list_course_attachments(
    caller: Member,
    Path(id): Path<CourseId>,
    list: List,
) -> Answer<AttachmentPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| enrollment::course_attachments(&tx, id, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&AttachmentPage::of(list_id, page))?)
}

/// Attach a file or a link to a course
///
/// Attaches a file that was uploaded before, or a link, by an editor of the course or an admin.
#[utoipa::path(post, path = "/courses/{course_id}/attachments",
    tag = "media", operation_id = "createCourseAttachment", security(("bearer" = [])), request_body = CreateAttachment,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The attachment.", body = Attachment)))]
async fn create_course_attachment(
    caller: Member,
    Path(id): Path<CourseId>,
    key: Idempotency,
    body: Json<CreateAttachment>,
) -> Answer<Attachment> {
    let new = NewAttachment::from(body.value);
    let work = async move |tx| created(courses::attach_to_course(&tx, id, new).await?);
    Ok(key.run(&caller, "createCourseAttachment", &body.raw, work).await?)
}

/// List the attachments of a lesson
///
/// Lists the attachments of a lesson, oldest first, for whoever may read the lesson.
#[utoipa::path(get, path = "/lessons/{lesson_id}/attachments",
    tag = "media", operation_id = "listLessonAttachments", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of attachments.", body = AttachmentPage)))]
async fn list_lesson_attachments(
    caller: Caller,
    Path(id): Path<LessonId>,
    list: List,
) -> Answer<AttachmentPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| enrollment::lesson_attachments(&tx, id, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&AttachmentPage::of(list_id, page))?)
}

/// Attach a file or a link to a lesson
///
/// Attaches a file that was uploaded before, or a link, by an editor of the course or an admin.
#[utoipa::path(post, path = "/lessons/{lesson_id}/attachments",
    tag = "media", operation_id = "createLessonAttachment", security(("bearer" = [])), request_body = CreateAttachment,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 201, description = "The attachment.", body = Attachment)))]
async fn create_lesson_attachment(
    caller: Member,
    Path(id): Path<LessonId>,
    key: Idempotency,
    body: Json<CreateAttachment>,
) -> Answer<Attachment> {
    let new = NewAttachment::from(body.value);
    let work = async move |tx| created(courses::attach_to_lesson(&tx, id, new).await?);
    Ok(key.run(&caller, "createLessonAttachment", &body.raw, work).await?)
}

/// Get an attachment
///
/// Gives an attachment to whoever may read its lesson or course. For everybody else it does not exist.
#[utoipa::path(get, path = "/attachments/{attachment_id}",
    tag = "media", operation_id = "getAttachment", security((), ("bearer" = [])),
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "The attachment.", body = Attachment)))]
async fn get_attachment(caller: Caller, Path(id): Path<AttachmentId>) -> Answer<Attachment> {
    reply(caller.read(async move |tx| enrollment::read_attachment(&tx, id).await).await?)
}

/// Update an attachment
///
/// Renames an attachment, by an editor of the course or an admin. For everybody else it does not exist.
#[utoipa::path(patch, path = "/attachments/{attachment_id}",
    tag = "media", operation_id = "updateAttachment", security(("bearer" = [])), request_body = PatchAttachment,
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "The attachment as it is now.", body = Attachment)))]
async fn update_attachment(
    caller: Member,
    Path(id): Path<AttachmentId>,
    seen: IfMatch,
    body: Json<PatchAttachment>,
) -> Answer<Attachment> {
    let name = body.value.name.map(Into::into);
    let matches = move |version| seen.accepts(version);
    reply(caller.run(async move |tx| courses::rename_attachment(&tx, id, matches, name).await).await?)
}

/// Delete an attachment
///
/// Deletes an attachment, by an editor of the course or an admin. For everybody else it does not exist.
#[utoipa::path(delete, path = "/attachments/{attachment_id}",
    tag = "media", operation_id = "deleteAttachment", security(("bearer" = [])),
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 204, description = "The attachment is deleted.")))]
async fn delete_attachment(caller: Member, Path(id): Path<AttachmentId>) -> Answer<Nothing> {
    caller.run(async move |tx| courses::remove_attachment(&tx, id).await).await?;
    Ok(Reply::no_content())
}

/// Download an attachment
///
/// Gives whoever may read the attachment an address of its file that works for a while.
#[utoipa::path(post, path = "/attachments/{attachment_id}/download",
    tag = "media", operation_id = "downloadAttachment", security((), ("bearer" = [])),
    params(("attachment_id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "Where to download it.", body = Download)))]
async fn download_attachment(caller: Caller, Path(id): Path<AttachmentId>) -> Answer<Download> {
    let attachment = caller.read(async move |tx| enrollment::read_attachment(&tx, id).await).await?;
    let Some(file_id) = attachment.file_id else {
        let url = attachment.url.unwrap_or_default();
        return Ok(Reply::ok(&Download { url, expires_at: None })?);
    };
    let now = caller.state.db.environment().now();
    let expires_at = now + Duration::from_secs(caller.state.config.download_seconds);
    let content_type = attachment.content_type.unwrap_or_default();
    let link = Link {
        key: Key::File(file_id),
        name: media::file_name(&attachment.name, &content_type),
        content_type,
        disposition: Disposition::Attachment,
        expires_at,
    };
    let (storage, keyring) = (&caller.state.media.storage, caller.state.db.keyring());
    let url = storage.download_url(keyring, &caller.state.media.public_url, now, &link).await?;
    Ok(Reply::ok(&Download { url, expires_at: Some(expires_at) })?)
}

fn created(attachment: courses::Attachment) -> kernel::Result<Reply<Attachment>> {
    let (location, version) = (format!("/attachments/{}", attachment.id), attachment.version());
    Ok(Reply::created(&location, &Attachment::from(attachment))?.version(version))
}

fn reply(attachment: courses::Attachment) -> Answer<Attachment> {
    let version = attachment.version();
    Ok(Reply::ok(&Attachment::from(attachment))?.version(version))
}
