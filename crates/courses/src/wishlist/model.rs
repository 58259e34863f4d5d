//! Entries of wishlists.

use kernel::{CourseId, Timestamp, WishId};
use sea_orm::DerivePartialModel;

use crate::course::Course;

/// A course on somebody's wishlist.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The entry's id.
    pub id: WishId,
    /// The course.
    pub course: Course,
    /// When the course was added.
    pub created_at: Timestamp,
}

/// An entry without its course.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::wishlists::Entity")]
pub(super) struct WishRow {
    pub(super) id: WishId,
    pub(super) course_id: CourseId,
    pub(super) created_at: Timestamp,
}
