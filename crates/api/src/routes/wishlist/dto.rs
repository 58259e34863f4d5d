//! Entries of wishlists in answers.

use kernel::{CourseId, WishId};

use crate::routes::{courses::CourseCard, shared::prelude::*};

/// A course on the caller's wishlist.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::Wish)]
pub(super) struct Wish {
    /// The entry's id.
    id: WishId,
    /// The id of the course.
    #[dto(with = course.id)]
    course_id: CourseId,
    /// The course.
    course: CourseCard,
    /// When the course was added.
    created_at: DateTime<Utc>,
}

page! {
    /// A page of the wishlist.
    WishPage of Wish
}
