//! HTML that authors and members write: what of it may be shown to others.

mod html_limits;
mod rich_text;

pub(crate) use rich_text::{MAX_CONTENT_LENGTH, sanitise_content};
pub use rich_text::{check_length, sanitise};
