//! Pictures, which are public, and files by signed links.

mod handlers;
mod range;

pub(super) use handlers::configure;
