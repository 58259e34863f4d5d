use entity::enums::Level;
use kernel::{CategoryId, ChapterId, CourseId, FileId, LessonId, Money, Timestamp, UserId, VideoAssetId};
use sea_orm::FromQueryResult;

use crate::Category;

/// Whose course it is, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Author {
    /// The author's id.
    pub id: UserId,
    /// Unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
}

/// A course as its page shows it, without its outline.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The course's id.
    pub id: CourseId,
    /// Whose it is.
    pub author: Author,
    /// The title.
    pub title: String,
    /// Its address, made from the title.
    pub slug: String,
    /// Plain text.
    pub description: String,
    /// Sanitised HTML, for everybody to read. Lists leave it out.
    pub content: Option<String>,
    /// A picture elsewhere.
    pub image_url: Option<String>,
    /// A picture that was uploaded.
    pub image_id: Option<FileId>,
    /// The address of the picture, whichever it is.
    pub picture_url: Option<String>,
    /// A video for everybody to see, elsewhere.
    pub preview_video_url: Option<String>,
    /// A video for everybody to see that was uploaded.
    pub preview_video_asset_id: Option<VideoAssetId>,
    /// Minutes.
    pub duration: Option<i64>,
    /// `BEGINNER` … `EXPERT`.
    pub difficulty: Level,
    /// `None` or zero is free.
    pub price: Option<Money>,
    /// Below the price, in its currency.
    pub discount_price: Option<Money>,
    /// Whether the catalogue shows it.
    pub is_published: bool,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
    /// Since when it is closed for new learners.
    pub archived_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Published chapters; 0 while the catalogue does not show it.
    pub chapter_count: i64,
    /// Published lessons in them; 0 while the catalogue does not show it.
    pub lesson_count: i64,
    /// How many ever enrolled.
    pub enrollment_count: i64,
    /// The shelves it stands on.
    pub categories: Vec<Category>,
}

impl Course {
    /// Whether everybody may enrol without paying.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.effective_price() == 0
    }

    /// What is to be paid, in minor units; 0 where it is free.
    pub(crate) fn effective_price(&self) -> i64 {
        let amount = |money: Option<Money>| money.map(|money| money.amount);
        to_be_paid(amount(self.price), amount(self.discount_price))
    }
}

/// What is to be paid for a course now, in minor units. One for which that is nothing is free, wherever somebody asks: it is
/// enrolled in and not bought. The policy `grants_enrol` and the column `catalogue_entries.price` say the same.
pub(crate) fn to_be_paid(price: Option<i64>, discount_price: Option<i64>) -> i64 {
    discount_price.or(price).unwrap_or(0)
}

/// A course with its outline.
#[derive(Clone, Debug)]
pub struct CourseDetail {
    /// The course.
    pub course: Course,
    /// What it consists of, as far as the reader may see.
    pub outline: CourseOutline,
}

/// Chapters in their order.
#[derive(Clone, Debug, Default)]
pub struct CourseOutline {
    /// The chapters, each with its lessons.
    pub chapters: Vec<OutlineChapter>,
}

/// A chapter without its body.
#[derive(Clone, Debug)]
pub struct OutlineChapter {
    /// The chapter's id.
    pub id: ChapterId,
    /// The title.
    pub title: String,
    /// Plain text.
    pub description: Option<String>,
    /// Its place among the chapters.
    pub position: i64,
    /// Minutes.
    pub duration: Option<i64>,
    /// Whether everybody may read it.
    pub is_free: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// Whether it has a body of its own.
    pub has_body: bool,
    /// The lessons in their order.
    pub lessons: Vec<OutlineLesson>,
}

/// A lesson without its body.
#[derive(Clone, Debug)]
pub struct OutlineLesson {
    /// The lesson's id.
    pub id: LessonId,
    /// The title.
    pub title: String,
    /// Its place among the lessons.
    pub position: i64,
    /// Minutes.
    pub duration: Option<i64>,
    /// Whether it has a video.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
}

/// What other crates have to know of a course to decide about it.
#[derive(Clone, Debug)]
pub struct CourseRef {
    /// The course's id.
    pub id: CourseId,
    /// Whose it is.
    pub author_id: UserId,
    /// Whether the catalogue shows it.
    pub is_published: bool,
    /// Whether everybody may enrol without paying.
    pub is_free: bool,
    /// What is to be paid; `None` where it is free.
    pub price: Option<Money>,
    /// Whether it is closed for new learners.
    pub is_archived: bool,
    /// Whether the caller may edit it.
    pub staff: bool,
}

/// A course to be made.
#[derive(Clone, Debug)]
pub struct NewCourse {
    /// See [`Course::title`].
    pub title: String,
    /// See [`Course::description`].
    pub description: String,
    /// See [`Course::content`]; sanitised here.
    pub content: Option<String>,
    /// See [`Course::image_url`].
    pub image_url: Option<String>,
    /// See [`Course::image_id`].
    pub image_id: Option<FileId>,
    /// See [`Course::preview_video_url`].
    pub preview_video_url: Option<String>,
    /// See [`Course::preview_video_asset_id`].
    pub preview_video_asset_id: Option<VideoAssetId>,
    /// See [`Course::duration`].
    pub duration: Option<i64>,
    /// See [`Course::difficulty`].
    pub difficulty: Level,
    /// See [`Course::price`].
    pub price: Option<Money>,
    /// See [`Course::discount_price`].
    pub discount_price: Option<Money>,
    /// The shelves it stands on.
    pub category_ids: Vec<CategoryId>,
}

/// What changes in a course: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct CourseChange {
    /// See [`Course::title`]; a new title makes a new slug.
    pub title: Option<String>,
    /// See [`Course::description`].
    pub description: Option<String>,
    /// See [`Course::content`].
    pub content: Option<Option<String>>,
    /// See [`Course::image_url`].
    pub image_url: Option<Option<String>>,
    /// See [`Course::image_id`].
    pub image_id: Option<Option<FileId>>,
    /// See [`Course::preview_video_url`].
    pub preview_video_url: Option<Option<String>>,
    /// See [`Course::preview_video_asset_id`].
    pub preview_video_asset_id: Option<Option<VideoAssetId>>,
    /// See [`Course::duration`].
    pub duration: Option<Option<i64>>,
    /// See [`Course::difficulty`].
    pub difficulty: Option<Level>,
    /// See [`Course::price`].
    pub price: Option<Option<Money>>,
    /// See [`Course::discount_price`].
    pub discount_price: Option<Option<Money>>,
    /// The whole new set of shelves.
    pub category_ids: Option<Vec<CategoryId>>,
}
