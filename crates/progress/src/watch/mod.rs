//! What somebody has watched of one video, and what they are credited for it.

mod model;
mod passes;
mod ranges;
pub(crate) mod store;

pub use model::{Claim, MAX_VIDEO_SECONDS, Position, Rules};
pub(crate) use model::{QUARTER, Watch};
pub(crate) use ranges::Ranges;
