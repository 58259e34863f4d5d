//! The pictures of courses and categories: an uploaded file, or an address elsewhere.

use database::Tx;
use kernel::{FileId, Result};

/// The width in pixels of an uploaded picture where nobody asks for another one.
const DEFAULT_WIDTH: u32 = 1280;

/// The address of a picture: at this server where it was uploaded, elsewhere otherwise.
pub(crate) fn picture_url(tx: &Tx, url: Option<&str>, id: Option<FileId>) -> Option<String> {
    match id {
        Some(id) => Some(tx.link(&media::image_path(id, DEFAULT_WIDTH))),
        None => url.map(ToOwned::to_owned),
    }
}

/// Refuses a picture that is neither a ready one of the caller's nor the present one.
pub(crate) async fn check_image(tx: &Tx, id: Option<FileId>, current: Option<FileId>) -> Result<()> {
    match id {
        Some(id) => media::usable_image(tx, id, current, "/imageId").await,
        None => Ok(()),
    }
}

/// Applies a change to a pair of which at most one may be set: an address elsewhere, or the id of an upload. Setting one clears
/// the other.
pub(crate) fn url_or_upload<I>(
    before: (Option<String>, Option<I>),
    url: Option<Option<String>>,
    id: Option<Option<I>>,
) -> (Option<String>, Option<I>) {
    match (url, id) {
        (_, Some(Some(id))) => (None, Some(id)),
        (Some(Some(url)), _) => (Some(url), None),
        (url, id) => (url.unwrap_or(before.0), id.unwrap_or(before.1)),
    }
}
