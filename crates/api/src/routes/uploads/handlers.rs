//! The operations below `/uploads`.

use actix_web::{HttpRequest, web::Payload};
use kernel::{Code, Error, FileId};
use media::{Media, UploadTicket};

use super::{
    body::{check_length, paced},
    dto::{ContentQuery, CreateUpload, Upload, UploadLimits},
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_upload_limits, create_upload, get_upload, put_upload_content, complete_upload);
}

/// Get the limits of uploads
///
/// Which media types and sizes are allowed for each purpose, as this school has configured it. Everybody may ask: a page can say it
/// before somebody chooses a file.
#[utoipa::path(get, path = "/uploads/limits",
    tag = "media", operation_id = "getUploadLimits", security(()),
    responses((status = 200, description = "The limits.", body = UploadLimits)))]
async fn get_upload_limits(state: Data<State>) -> Result<Reply<UploadLimits>, Problem> {
    Ok(Reply::ok(&UploadLimits::of(&state.media))?)
}

/// Create an upload
///
/// Announces a file: a picture by anybody who is logged in, other files by trainers and admins. Send its bytes to `target.url` with
/// `target.method` and `target.headers`, without an access token, before `expiresAt`; then complete the upload.
#[utoipa::path(post, path = "/uploads",
    tag = "media", operation_id = "createUpload", security(("bearer" = [])), request_body = CreateUpload,
    extensions(("x-problem-codes" = json!(["forbidden", "too_many_uploads"]))),
    responses((status = 201, description = "The upload, and where to send the bytes.", body = Upload)))]
async fn create_upload(caller: Member, key: Idempotency, body: Json<CreateUpload>) -> Answer<Upload> {
    let (environment, keyring) = (caller.state.db.environment(), caller.state.db.keyring());
    let file = caller.state.media.prepare(environment, caller.actor, body.value.into())?;
    let target = caller.state.media.target(environment, keyring, &file);
    let limits = caller.state.media.limits;
    let work = async move |tx| {
        Media::save(&tx, limits, file.clone()).await?;
        let location = format!("/uploads/{}", file.id);
        Ok(Reply::created(&location, &Upload::new(file, target))?.version_and_content(1))
    };
    Ok(key.run(&caller, "createUpload", &body.raw, work).await?)
}

/// Get an upload
///
/// One of the caller's own. While it is `PENDING`, it has a `target`.
#[utoipa::path(get, path = "/uploads/{upload_id}",
    tag = "media", operation_id = "getUpload", security(("bearer" = [])),
    params(("upload_id" = Uuid, Path, description = "The file's id.")),
    responses((status = 200, description = "The upload.", body = Upload)))]
async fn get_upload(caller: Member, Path(id): Path<FileId>) -> Answer<Upload> {
    let file = caller.read(async move |tx| media::upload(&tx, id).await).await?;
    let (environment, keyring) = (caller.state.db.environment(), caller.state.db.keyring());
    let target = caller.state.media.target(environment, keyring, &file);
    Ok(Reply::ok(&Upload::new(file, target))?)
}

/// Complete an upload
///
/// Checks the bytes that were sent: their number, their checksum and their type. Then the file is `READY`, or `REJECTED` with a
/// `problem`, of which `detail` says more: `size_mismatch`, `checksum_mismatch`, `type_not_allowed`, `type_mismatch`,
/// `file_unreadable`, `image_too_large`, `image_unreadable`, `image_animated` (GIFs stay animated, WebP and PNG do not),
/// `captions_unreadable`. Doing it again answers the same. A large file may take longer than a request may: then ask again.
///
/// Captions in SubRip or in other encodings become WebVTT in UTF-8. The place that a camera wrote into a picture or a film is
/// removed.
#[utoipa::path(post, path = "/uploads/{upload_id}/complete",
    tag = "media", operation_id = "completeUpload", security(("bearer" = [])),
    params(("upload_id" = Uuid, Path, description = "The file's id.")),
    extensions(("x-problem-codes" = json!(["upload_incomplete", "upload_checking", "outcome_unknown"]))),
    responses((status = 200, description = "The upload as it is now.", body = Upload)))]
async fn complete_upload(caller: Member, Path(id): Path<FileId>) -> Answer<Upload> {
    // In a task of its own: a client that goes away does not interrupt the check of a file.
    let work = async move { caller.state.media.complete(&caller.state.db, caller.actor, id).await };
    let file = tokio::spawn(work).await.map_err(Error::internal)??;
    Ok(Reply::ok(&Upload::new(file, None))?)
}

/// Put the content of an upload
///
/// Takes the bytes of a file where this server stores files itself; use the URL of the upload's `target`. The body is the file, of
/// any type, and exactly as long as announced. Sending it again before completing replaces what was sent before.
#[utoipa::path(put, path = "/uploads/{upload_id}/content",
    put, tag = "media", operation_id = "putUploadContent", security(()),
    params(("upload_id" = Uuid, Path, description = "The file's id."), ContentQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    extensions(("x-problem-codes" = json!(["signed_url_invalid", "size_mismatch"]))),
    responses((status = 204, description = "The bytes are stored.")))]
async fn put_upload_content(
    state: Data<State>,
    request: HttpRequest,
    Path(id): Path<FileId>,
    Query(query): Query<ContentQuery>,
    payload: Payload,
) -> Answer<Nothing> {
    let now = state.db.environment().now();
    let ticket = UploadTicket::open(state.db.keyring(), &query.ticket, id, now)?;
    check_length(&request, ticket.size)?;
    let _permit = state.uploads.try_acquire().map_err(|_| Error::new(Code::Overloaded))?;
    let config = &state.config;
    let bytes = paced(payload, config.upload_bytes_per_second, config.body_timeout_seconds);
    state.media.receive(&ticket, bytes).await?;
    Ok(Reply::no_content())
}
