//! `/comments`, and the comments of posts and lessons.

mod get;
mod patch;
mod post;
