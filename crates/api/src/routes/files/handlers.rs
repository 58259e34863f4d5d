//! The operations that serve pictures and files.

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{StatusCode, header},
};
use futures_util::{StreamExt, stream};
use kernel::{Code, FileId};
use media::{Disposition, IMAGE_WIDTHS, Key, Link, Object, content_disposition};

use super::range::requested_range;
use crate::http::prelude::*;

/// For what a browser shows in a tab: the page that it makes for a video plays the video itself, in the browser's own style.
const SHOWN: &str = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_image, get_file);
}

/// Get a picture
///
/// In one of three widths; a smaller picture is not enlarged. It never changes, so that it can be cached for ever.
#[utoipa::path(get, path = "/images/{image_id}/{width}",
    tag = "media", operation_id = "getImage", security(()),
    params(("image_id" = Uuid, Path, description = "The picture's id."),
        ("width" = u32, Path, description = "The width in pixels: 320, 640 or 1280.", minimum = 320, maximum = 1280, example = 640)),
    responses((status = 200, description = "The picture.", content(
        (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/gif")))))]
async fn get_image(
    state: Data<State>,
    Path((id, width)): Path<(FileId, u32)>,
) -> Result<HttpResponse, Problem> {
    if !IMAGE_WIDTHS.contains(&width) {
        return Err(Code::NotFound.into());
    }
    picture(&state, id, width, "public, max-age=31536000, immutable").await
}

/// A picture, with its media type and how it may be cached.
async fn picture(
    state: &State,
    id: FileId,
    width: u32,
    cache: &'static str,
) -> Result<HttpResponse, Problem> {
    let object = state.media.storage.get(Key::Image(id, width), None).await?;
    let Object { size, mut stream } = object.ok_or(Code::NotFound)?;
    let first = stream.next().await.transpose()?.unwrap_or_default();
    let content_type = media::image_kind(&first);
    let body = SizedStream::new(size, stream::iter([Ok(first)]).chain(stream));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::ETAG, entity_tag(&format!("{}-{width}", id.0.simple()))))
        .body(body))
}

/// The entity tag of an object that never changes: a hash of its name, since whoever has a link for an hour must not learn the
/// permanent URL.
fn entity_tag(name: &str) -> String {
    let digest = kernel::hash_token(name.as_bytes());
    format!("\"{}\"", kernel::hex(digest.split_at(16).0))
}

/// Download a file
///
/// By a signed URL that expires. Another operation answers it to whoever may have the file. A single range is answered with 206;
/// pictures are answered as a whole.
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
    let etag = entity_tag(&link.key.id().0.simple().to_string());
    let range = requested_range(&request, &etag, size)?;
    let object = storage.get(link.key, range.clone()).await?.ok_or(Code::NotFound)?;
    let mut response = HttpResponse::Ok();
    if let Some(part) = &range {
        let last = part.end.saturating_sub(1);
        response.status(StatusCode::PARTIAL_CONTENT);
        response.insert_header((header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", part.start)));
    }
    if link.disposition == Disposition::Inline {
        response.insert_header((header::CONTENT_SECURITY_POLICY, SHOWN));
    }
    let length = range.map_or(size, |part| part.end - part.start);
    Ok(response
        .insert_header((header::CONTENT_TYPE, link.content_type))
        .insert_header((header::CONTENT_DISPOSITION, content_disposition(link.disposition, &link.name)))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::ETAG, etag))
        .body(SizedStream::new(length, object.stream)))
}
