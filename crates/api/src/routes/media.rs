use std::{ops::Range, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{StatusCode, header},
    web::{Data, Payload},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use database::Pool;
use futures_util::{Stream, StreamExt, stream};
use kernel::{Code, Error, FileId, Result, Uuid};
use media::{
    Announcement, File, FilePurpose, IMAGE_WIDTHS, Key, Link, Media, Object, Target, UploadTicket,
    content_disposition,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    http::{
        extract::{Idempotency, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        create_upload,
        get_upload,
        put_upload_content,
        complete_upload,
        get_image,
        get_file
    );
}

/// What a file is sent for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum UploadPurpose {
    /// A picture: png, jpeg, webp, gif.
    Image,
    /// Something to be downloaded.
    Attachment,
    /// A film: mp4, webm, mov.
    Video,
    /// WebVTT.
    Captions,
}

impl From<UploadPurpose> for FilePurpose {
    fn from(purpose: UploadPurpose) -> Self {
        match purpose {
            UploadPurpose::Image => Self::Image,
            UploadPurpose::Attachment => Self::Attachment,
            UploadPurpose::Video => Self::Video,
            UploadPurpose::Captions => Self::Captions,
        }
    }
}

/// A file that is announced, sent, and looked at.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Upload {
    /// The file's id.
    id: FileId,
    /// `IMAGE`, `ATTACHMENT`, `VIDEO` or `CAPTIONS`; more may be added.
    #[schema(example = "ATTACHMENT")]
    purpose: &'static str,
    /// Its name: the last part of what was announced.
    #[schema(example = "plan.pdf")]
    name: String,
    /// Its type.
    #[schema(example = "application/pdf")]
    content_type: String,
    /// Bytes.
    #[schema(minimum = 1, example = 48213)]
    size_bytes: i64,
    /// SHA-256 in hexadecimal: as announced, and once it is `READY`, as it is.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: Option<String>,
    /// `PENDING`, `READY` or `REJECTED`; more may be added.
    #[schema(example = "PENDING")]
    status: &'static str,
    /// Why it was rejected: a stable code, such as `type_mismatch`.
    #[schema(example = json!(null))]
    problem: Option<String>,
    /// Where to send its bytes; null once they were looked at, or the time is over.
    target: Option<UploadTarget>,
    /// When it was announced.
    created_at: DateTime<Utc>,
    /// Until when it may be sent.
    expires_at: DateTime<Utc>,
}

/// Where to send the bytes of a file, without an access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UploadTarget {
    /// Always `PUT`.
    #[schema(value_type = String, example = "PUT")]
    method: &'static str,
    /// The URL, of this server or of the object storage: take it as it is.
    #[schema(
        format = "uri",
        example = "https://files.example.com/uploads/0198c0de?ticket=AbC"
    )]
    url: String,
    /// Headers to send.
    headers: UploadHeaders,
    /// Until when.
    expires_at: DateTime<Utc>,
}

/// The headers of an upload. Its `Content-Length` has to be `sizeBytes`.
#[derive(Serialize, ToSchema)]
struct UploadHeaders {
    /// The file's type.
    #[serde(rename = "content-type")]
    #[schema(rename = "content-type", example = "application/pdf")]
    content_type: String,
}

fn upload_of(file: File, target: Option<Target>) -> Upload {
    let File {
        id,
        owner_id: _,
        purpose,
        name,
        content_type,
        size_bytes,
        sha256,
        status,
        problem,
        created_at,
        expires_at,
    } = file;
    let target = target.map(|Target { url, expires_at }| UploadTarget {
        method: "PUT",
        url,
        headers: UploadHeaders {
            content_type: content_type.clone(),
        },
        expires_at,
    });
    Upload {
        id,
        purpose: purpose.as_str(),
        name,
        content_type,
        size_bytes,
        sha256: sha256.map(|sum| kernel::hex(&sum)),
        status: status.as_str(),
        problem,
        target,
        created_at,
        expires_at,
    }
}

/// A file that is going to be sent.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateUpload {
    /// What for.
    purpose: UploadPurpose,
    /// Its name; of a path only the last part is kept.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "plan.pdf"
    )]
    name: String,
    /// Its type; which are allowed depends on the purpose.
    #[schema(
        min_length = 3,
        max_length = 120,
        pattern = "^[a-z0-9.+-]+/[a-z0-9.+-]+$",
        example = "application/pdf"
    )]
    content_type: String,
    /// Bytes; how many are allowed depends on the purpose.
    #[schema(minimum = 1, maximum = 1_099_511_627_776i64, example = 48213)]
    size_bytes: u64,
    /// SHA-256 of the bytes, in hexadecimal: what arrives otherwise is rejected.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        nullable = false,
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    sha256: Option<String>,
}

impl From<CreateUpload> for Announcement {
    fn from(new: CreateUpload) -> Self {
        let CreateUpload {
            purpose,
            name,
            content_type,
            size_bytes,
            sha256,
        } = new;
        Self {
            purpose: purpose.into(),
            name,
            content_type,
            size_bytes,
            sha256: sha256.and_then(|sum| unhex(&sum)),
        }
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let bytes: Option<Vec<u8>> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect();
    bytes?.try_into().ok()
}

/// Announce a file
///
/// A picture by anybody who is logged in, other files by trainers and admins. Send its bytes to `target.url` with `target.method` and `target.headers`, without an access
/// token, before `expiresAt`; then complete the upload.
#[utoipa::path(post, path = "/uploads",
    tag = "media", operation_id = "createUpload", security(("bearer" = [])), request_body = CreateUpload,
    extensions(("x-problem-codes" = json!(["forbidden", "too_many_uploads"]))),
    responses((status = 201, description = "The upload, and where to send the bytes.", body = Upload)))]
async fn create_upload(
    state: Data<State>,
    Member(actor): Member,
    key: Idempotency,
    body: Json<CreateUpload>,
) -> Result<Reply<Upload>, Problem> {
    let (environment, keyring) = (state.db.environment(), state.db.keyring());
    let file = state.media.plan(environment, actor, body.value.into())?;
    let target = state.media.target(environment, keyring, &file);
    let limits = state.media.limits;
    let work = move |tx| async move {
        Media::announce(&tx, limits, &file).await?;
        let location = format!("/uploads/{}", file.id);
        Ok(Reply::created(&location, &upload_of(file, target))?.version_and_content(1))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createUpload", &body.raw, work)
        .await?)
}

/// An upload
///
/// One's own. While it is `PENDING`, it has a `target` again.
#[utoipa::path(get, path = "/uploads/{upload_id}",
    tag = "media", operation_id = "getUpload", security(("bearer" = [])),
    params(("upload_id" = Uuid, Path, description = "The file's id.")),
    responses((status = 200, description = "The upload.", body = Upload)))]
async fn get_upload(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<FileId>,
) -> Result<Reply<Upload>, Problem> {
    let work = move |tx| async move { media::upload(&tx, id).await };
    let file = state.db.read(actor, work).await?;
    let (environment, keyring) = (state.db.environment(), state.db.keyring());
    let target = state.media.target(environment, keyring, &file);
    Ok(Reply::ok(&upload_of(file, target))?)
}

/// Complete an upload
///
/// Looks at the bytes that were sent: their number, their checksum, what they are. Then the file is `READY`, or `REJECTED`
/// with a `problem`: `size_mismatch`, `checksum_mismatch`, `type_not_allowed`, `type_mismatch`, `image_too_large`,
/// `image_unreadable`, `captions_unreadable`. Doing it again answers the same. For a large file it may take longer than a
/// request may: then ask again.
#[utoipa::path(post, path = "/uploads/{upload_id}/complete",
    tag = "media", operation_id = "completeUpload", security(("bearer" = [])),
    params(("upload_id" = Uuid, Path, description = "The file's id.")),
    extensions(("x-problem-codes" = json!(["upload_incomplete", "upload_checking", "outcome_unknown"]))),
    responses((status = 200, description = "The upload as it is now.", body = Upload)))]
async fn complete_upload(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<FileId>,
) -> Result<Reply<Upload>, Problem> {
    // In a task of its own: a client that goes away does not leave a file half looked at.
    let work = {
        let state = state.clone();
        async move { state.media.complete(&state.db, actor, id).await }
    };
    let file = tokio::spawn(work).await.map_err(Error::internal)??;
    Ok(Reply::ok(&upload_of(file, None))?)
}

/// What lets bytes in.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ContentQuery {
    /// Part of the upload's URL.
    #[param(
        min_length = 1,
        max_length = 1024,
        pattern = "^[A-Za-z0-9_-]+$",
        example = "AbC"
    )]
    ticket: String,
}

/// Send the bytes of an upload
///
/// Where files are kept by this server itself; take the URL from the upload's `target`. The body is the file, of any type,
/// and exactly as long as announced. Sending it again before completing takes the place of what was sent before.
#[utoipa::path(put, path = "/uploads/{upload_id}/content",
    put, tag = "media", operation_id = "putUploadContent", security(()),
    params(("upload_id" = Uuid, Path, description = "The file's id."), ContentQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    extensions(("x-problem-codes" = json!(["signed_url_invalid", "size_mismatch"]))),
    responses((status = 204, description = "The bytes are there.")))]
async fn put_upload_content(
    state: Data<State>,
    request: HttpRequest,
    Path(id): Path<FileId>,
    Query(query): Query<ContentQuery>,
    payload: Payload,
) -> Result<Reply<Nothing>, Problem> {
    let ticket = UploadTicket::open(
        state.db.keyring(),
        &query.ticket,
        id,
        state.db.environment().now(),
    )?;
    check_length(&request, ticket.size)?;
    let _place = state
        .uploads
        .try_acquire()
        .map_err(|_| Error::new(Code::Overloaded))?;
    let bytes = paced(
        payload,
        state.config.upload_bytes_per_second,
        state.config.body_timeout_seconds,
    );
    state.media.receive(&ticket, bytes).await?;
    Ok(Reply::no_content())
}

/// A wrong length that is announced is refused before anything is read.
fn check_length(request: &HttpRequest, size: u64) -> Result<()> {
    let given = request.headers().get(header::CONTENT_LENGTH);
    let given: Option<u64> = given.and_then(|value| value.to_str().ok()?.parse().ok());
    let code = match given {
        Some(given) if given > size => Code::PayloadTooLarge,
        Some(given) if given < size => Code::SizeMismatch,
        _ => return Ok(()),
    };
    Err(Error::new(code).detail(format!("{size} bytes were announced.")))
}

/// A body that has to come on: not slower than so many bytes a second on the whole, and never silent for longer than a
/// moment of grace.
fn paced(payload: Payload, least: u64, grace: u64) -> impl Stream<Item = Result<Bytes>> + Unpin {
    let (began, least) = (Instant::now(), least.max(1));
    let bytes = stream::try_unfold((payload, 0_u64), move |(mut payload, taken)| async move {
        let grace = Duration::from_secs(grace);
        let latest = (began + grace + Duration::from_secs(taken / least)).min(Instant::now() + grace);
        let next = tokio::time::timeout_at(latest, payload.next()).await;
        match next.map_err(|_| Error::new(Code::RequestTimeout))? {
            None => Ok(None),
            Some(Ok(block)) => {
                let taken = taken + block.len() as u64;
                Ok(Some((block, (payload, taken))))
            }
            Some(Err(_)) => Err(Error::new(Code::MalformedRequest).detail("The body ended early.")),
        }
    });
    Box::pin(bytes)
}

// Fetching -------------------------------------------------------------------------------------------------------

/// A picture
///
/// In one of three widths; a picture that is smaller is not enlarged. It never changes: keep it as long as you like.
#[utoipa::path(get, path = "/images/{image_id}/{width}",
    tag = "media", operation_id = "getImage", security(()),
    params(("image_id" = Uuid, Path, description = "The picture's id."),
        ("width" = u32, Path, description = "320, 640 or 1280.", minimum = 320, maximum = 1280, example = 640)),
    responses((status = 200, description = "The picture.", content(
        (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))))]
async fn get_image(
    state: Data<State>,
    Path((id, width)): Path<(FileId, u32)>,
) -> Result<HttpResponse, Problem> {
    if !IMAGE_WIDTHS.contains(&width) {
        return Err(Code::NotFound.into());
    }
    picture(&state, id, width, "public, max-age=31536000, immutable").await
}

/// A picture, of the type that it is, for caches that may keep it.
async fn picture(
    state: &State,
    id: FileId,
    width: u32,
    cache: &'static str,
) -> Result<HttpResponse, Problem> {
    let object = state.media.storage.get(Key::Image(id, width), None).await?;
    let Object { size, mut stream } = object.ok_or(Code::NotFound)?;
    let first = stream.next().await.transpose()?.unwrap_or_default();
    let kind = media::image_kind(&first);
    let body = SizedStream::new(size, stream::iter([Ok(first)]).chain(stream));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::ETAG, version(&format!("{}-{width}", id.0.simple()))))
        .body(body))
}

/// The tag of what never changes, from its name and without it: whoever has a link for an hour is not to learn the address of
/// for ever.
fn version(name: &str) -> String {
    let digest = kernel::hash_token(name.as_bytes());
    format!("\"{}\"", kernel::hex(digest.split_at(16).0))
}

/// A file
///
/// By a signed URL, which whoever may have the file gets from another operation; it expires. Single ranges are answered
/// with 206; pictures are answered as a whole.
#[utoipa::path(get, path = "/files/{link}",
    tag = "media", operation_id = "getFile", security(()),
    params(("link" = String, Path, description = "The signed part of the URL.")),
    extensions(("x-problem-codes" = json!(["signed_url_invalid", "range_not_satisfiable"]))),
    responses((status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "A part of the file.", body = Vec<u8>, content_type = "application/octet-stream")))]
async fn get_file(
    state: Data<State>,
    request: HttpRequest,
    Path(link): Path<String>,
) -> Result<HttpResponse, Problem> {
    let link = Link::open(state.db.keyring(), &link, state.db.environment().now())?;
    if let Key::Image(id, width) = link.key {
        return picture(&state, id, width, "private, max-age=3600").await;
    }
    let storage = &state.media.storage;
    let size = storage.head(link.key).await?.ok_or(Code::NotFound)?.size;
    let etag = version(&link.key.id().0.simple().to_string());
    let range = asked_range(&request, &etag, size)?;
    let object = storage
        .get(link.key, range.clone())
        .await?
        .ok_or(Code::NotFound)?;
    let mut response = HttpResponse::Ok();
    if let Some(part) = &range {
        let last = part.end.saturating_sub(1);
        response.status(StatusCode::PARTIAL_CONTENT);
        response.insert_header((
            header::CONTENT_RANGE,
            format!("bytes {}-{last}/{size}", part.start),
        ));
    }
    let length = range.map_or(size, |part| part.end - part.start);
    Ok(response
        .insert_header((header::CONTENT_TYPE, link.content_type))
        .insert_header((
            header::CONTENT_DISPOSITION,
            content_disposition(link.disposition, &link.name),
        ))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::ETAG, etag))
        .body(SizedStream::new(length, object.stream)))
}

/// The one range that was asked for; `None` for the whole, also where `If-Range` names another version, where there are
/// several ranges, or where the header cannot be read (RFC 9110, 14.2).
fn asked_range(request: &HttpRequest, etag: &str, size: u64) -> Result<Option<Range<u64>>, Problem> {
    let text = |name| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let Some(asked) = text(header::RANGE) else {
        return Ok(None);
    };
    if text(header::IF_RANGE).is_some_and(|version| version != etag) {
        return Ok(None);
    }
    match read_range(asked, size) {
        Asked::Whole => Ok(None),
        Asked::Part(range) => Ok(Some(range)),
        Asked::Beyond => Err(Problem::beyond(size)),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Beyond,
}

fn read_range(asked: &str, size: u64) -> Asked {
    let parts = asked
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'));
    let number = |text: &str| -> Option<u64> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number holds is further than any file is long.
        plain.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match parts.map(|(from, to)| (from, number(from), to, number(to))) {
        Some(("", _, _, Some(last))) if last > 0 && size > 0 => Asked::Part(size.saturating_sub(last)..size),
        Some(("", _, _, Some(_))) => Asked::Beyond,
        Some((_, Some(from), "", _)) if from < size => Asked::Part(from..size),
        Some((_, Some(from), _, Some(to))) if from <= to && from < size => {
            Asked::Part(from..size.min(to.saturating_add(1)))
        }
        Some((_, Some(_), "", _)) => Asked::Beyond,
        Some((_, Some(from), _, Some(to))) if from <= to => Asked::Beyond,
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (asked, expected) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-", Asked::Part(2..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=8-99999999999999999999999", Asked::Part(8..10)),
            ("bytes=10-", Asked::Beyond),
            ("bytes=10-12", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=5-2", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
        ] {
            assert_eq!(read_range(asked, 10), expected, "{asked}");
        }
    }
}
