//! The addresses of a post's pictures.

use std::time::Duration;

use database::Tx;
use kernel::FileId;
use media::{Disposition, Key, Link};

use super::model::Picture;

/// How long the address of a picture is valid.
const LINK_LIFETIME: Duration = Duration::from_secs(3600);
/// The largest width of a picture, in pixels.
const PICTURE_WIDTH: u32 = 1280;
/// The largest width of a thumbnail, in pixels.
const THUMBNAIL_WIDTH: u32 = 320;

/// A picture with signed addresses, for readers of the post.
pub(super) fn picture(tx: &Tx, file_id: FileId) -> Picture {
    let address = |width| {
        let link = Link {
            key: Key::Image(file_id, width),
            name: "picture".to_owned(),
            content_type: "image/jpeg".to_owned(),
            disposition: Disposition::Inline,
            expires_at: tx.now() + LINK_LIFETIME,
        };
        tx.link(&format!("/files/{}", link.seal(tx.keyring())))
    };
    Picture { file_id, url: address(PICTURE_WIDTH), thumbnail_url: address(THUMBNAIL_WIDTH) }
}
