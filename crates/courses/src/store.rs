//! All SQL of this crate, one file a noun.

pub(crate) mod attachment;
pub(crate) mod body;
pub(crate) mod catalogue;
pub(crate) mod category;
pub(crate) mod chapter;
pub(crate) mod course;
pub(crate) mod editor;
pub(crate) mod facets;
mod gathered;
pub(crate) mod lesson;
pub(crate) mod order;
pub(crate) mod outline;
pub(crate) mod terms;
pub(crate) mod tree;
pub(crate) mod wishlist;

use database::Tx;
use kernel::FileId;

/// The width of a picture that is shown where nobody asks for another one.
const WIDTH: u32 = 1280;

/// Where a picture is: at our own address, or elsewhere.
fn picture(tx: &Tx, url: Option<&str>, id: Option<FileId>) -> Option<String> {
    match id {
        Some(id) => Some(tx.link(&media::image_path(id, WIDTH))),
        None => url.map(ToOwned::to_owned),
    }
}

/// Rows that are written in one statement: of many, without a statement that is too long for either database.
const AT_ONCE: usize = 100;

/// `?, ?, ?`
fn marks(n: usize) -> String {
    vec!["?"; n].join(", ")
}
