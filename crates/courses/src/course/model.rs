//! Courses, as lists, pages and other crates need them.

use entity::enums::{ContentFormat, Level};
use kernel::{CategoryId, CourseId, Currency, FileId, Money, Timestamp, UserId, VideoAssetId};
use sea_orm::{DbErr, FromQueryResult, QueryResult};

use crate::{category::Category, outline::CourseOutline};

/// The author of a course, as everybody may see them.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Author {
    /// The author's account.
    pub id: UserId,
    /// The username, which no other account has.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The address of a picture.
    pub avatar_url: Option<String>,
}

/// A course as its page shows it, without its outline.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The course's id.
    pub id: CourseId,
    /// Whose course it is.
    pub author: Author,
    /// The title.
    pub title: String,
    /// The address, made from the title.
    pub slug: String,
    /// A description in plain text.
    pub description: String,
    /// Sanitised HTML, or what an editor wrote as JSON, that everybody may read. Lists leave it out.
    pub content: Option<String>,
    /// Which of the two.
    pub content_format: ContentFormat,
    /// The address of a picture elsewhere; `None` where a picture was uploaded.
    pub image_url: Option<String>,
    /// The id of an uploaded picture.
    pub image_id: Option<FileId>,
    /// The address of the picture, whichever it is.
    pub picture_url: Option<String>,
    /// The address of a preview video elsewhere, which everybody may watch.
    pub preview_video_url: Option<String>,
    /// The id of an uploaded preview video, which everybody may watch.
    pub preview_video_asset_id: Option<VideoAssetId>,
    /// The length in minutes; `None` where the author gave none.
    pub duration: Option<i64>,
    /// How much experience it asks for.
    pub difficulty: Level,
    /// The price; the course is free where it is `None` or zero.
    pub price: Option<Money>,
    /// A reduced price, below the price and in its currency.
    pub discount_price: Option<Money>,
    /// Whether learners can see it.
    pub is_published: bool,
    /// When it was published for the first time.
    pub published_at: Option<Timestamp>,
    /// When it was closed for new learners; `None` while it is open.
    pub archived_at: Option<Timestamp>,
    /// The version, which grows by one with every change.
    pub version: i64,
    /// When the course was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How many chapters are published; 0 while the catalogue does not show the course.
    pub chapter_count: i64,
    /// How many lessons are published in published chapters; 0 while the catalogue does not show the course.
    pub lesson_count: i64,
    /// How many learners ever enrolled.
    pub enrollment_count: i64,
    /// The categories it is in, in the order of their names.
    pub categories: Vec<Category>,
}

impl Course {
    /// Whether everybody may enrol without paying.
    #[must_use]
    pub fn is_free(&self) -> bool {
        is_free(self.price, self.discount_price)
    }

    /// What a learner pays now, in minor units; 0 where the course is free.
    pub(crate) fn effective_price(&self) -> i64 {
        let amount = |money: Option<Money>| money.map(|money| money.amount);
        effective_price(amount(self.price), amount(self.discount_price))
    }
}

/// Whether everybody may enrol in a course with these prices without paying.
#[must_use]
pub fn is_free(price: Option<Money>, discount_price: Option<Money>) -> bool {
    let amount = |money: Option<Money>| money.map(|money| money.amount);
    effective_price(amount(price), amount(discount_price)) == 0
}

/// What a learner pays for a course now, in minor units. A course is free exactly where this is 0: learners enrol in it and do not
/// buy it. The policy `grants_enrol` and the column `catalogue_entries.price` follow the same rule.
pub(crate) fn effective_price(price: Option<i64>, discount_price: Option<i64>) -> i64 {
    discount_price.or(price).unwrap_or(0)
}

/// Written by hand because two columns make a price. The address of the picture and the categories are not in the row: the store
/// adds them.
impl FromQueryResult for Course {
    fn from_query_result(row: &QueryResult, pre: &str) -> Result<Self, DbErr> {
        let currency = currency(row.try_get(pre, "price_currency")?)?;
        let money = |amount: Option<i64>| Some(Money { amount: amount?, currency: currency? });
        Ok(Self {
            id: row.try_get(pre, "id")?,
            author: Author::from_query_result(row, "author_")?,
            title: row.try_get(pre, "title")?,
            slug: row.try_get(pre, "slug")?,
            description: row.try_get(pre, "description")?,
            content: row.try_get(pre, "content")?,
            content_format: row.try_get(pre, "content_format")?,
            image_url: row.try_get(pre, "image_url")?,
            image_id: row.try_get(pre, "image_id")?,
            picture_url: None,
            preview_video_url: row.try_get(pre, "preview_video_url")?,
            preview_video_asset_id: row.try_get(pre, "preview_video_asset_id")?,
            duration: row.try_get(pre, "duration")?,
            difficulty: row.try_get(pre, "difficulty")?,
            price: money(row.try_get(pre, "price_amount")?),
            discount_price: money(row.try_get(pre, "discount_price_amount")?),
            is_published: row.try_get(pre, "is_published")?,
            published_at: row.try_get(pre, "published_at")?,
            archived_at: row.try_get(pre, "archived_at")?,
            version: row.try_get(pre, "version")?,
            created_at: row.try_get(pre, "created_at")?,
            updated_at: row.try_get(pre, "updated_at")?,
            chapter_count: row.try_get(pre, "chapter_count")?,
            lesson_count: row.try_get(pre, "lesson_count")?,
            enrollment_count: row.try_get(pre, "enrollment_count")?,
            categories: Vec::new(),
        })
    }
}

/// A currency as a column holds it.
pub(crate) fn currency(code: Option<String>) -> Result<Option<Currency>, DbErr> {
    let parsed = code.map(|code| code.parse().map_err(|()| DbErr::Type(format!("unknown currency {code}"))));
    parsed.transpose()
}

/// A course with its outline.
#[derive(Clone, Debug)]
pub struct CourseDetail {
    /// The course.
    pub course: Course,
    /// Its chapters and lessons, as far as the reader may see them.
    pub outline: CourseOutline,
    /// Whether the reader may edit it.
    pub staff: bool,
}

/// What other crates need to know of a course to decide about it.
#[derive(Clone, Debug)]
pub struct CourseRef {
    /// The course's id.
    pub id: CourseId,
    /// Whose course it is.
    pub author_id: UserId,
    /// Whether learners can see it.
    pub is_published: bool,
    /// Whether everybody may enrol without paying.
    pub is_free: bool,
    /// What a learner pays now; `None` where the course is free.
    pub price: Option<Money>,
    /// Whether it is closed for new learners.
    pub is_archived: bool,
    /// Whether the caller may edit it.
    pub staff: bool,
}

impl From<&CourseDetail> for CourseRef {
    fn from(CourseDetail { course, staff, .. }: &CourseDetail) -> Self {
        let price = course.discount_price.or(course.price).filter(|price| price.amount > 0);
        Self {
            id: course.id,
            author_id: course.author.id,
            is_published: course.is_published,
            is_free: course.is_free(),
            price,
            is_archived: course.archived_at.is_some(),
            staff: *staff,
        }
    }
}

/// A course to create.
#[derive(Clone, Debug)]
pub struct NewCourse {
    /// See [`Course::title`].
    pub title: String,
    /// See [`Course::description`].
    pub description: String,
    /// See [`Course::content`]; it is sanitised when the course is created.
    pub content: Option<String>,
    /// See [`Course::content_format`].
    pub content_format: ContentFormat,
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
    /// The categories it is in.
    pub category_ids: Vec<CategoryId>,
}

/// A change of a course: `None` keeps a field, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct CourseChange {
    /// See [`Course::title`]; a new title makes a new slug.
    pub title: Option<String>,
    /// See [`Course::description`].
    pub description: Option<String>,
    /// See [`Course::content`]; it is sanitised when the change is applied.
    pub content: Option<Option<String>>,
    /// See [`Course::content_format`].
    pub content_format: Option<ContentFormat>,
    /// See [`Course::image_url`]; setting it clears the uploaded picture.
    pub image_url: Option<Option<String>>,
    /// See [`Course::image_id`]; setting it clears the picture elsewhere.
    pub image_id: Option<Option<FileId>>,
    /// See [`Course::preview_video_url`]; setting it clears the uploaded video.
    pub preview_video_url: Option<Option<String>>,
    /// See [`Course::preview_video_asset_id`]; setting it clears the video elsewhere.
    pub preview_video_asset_id: Option<Option<VideoAssetId>>,
    /// See [`Course::duration`].
    pub duration: Option<Option<i64>>,
    /// See [`Course::difficulty`].
    pub difficulty: Option<Level>,
    /// See [`Course::price`].
    pub price: Option<Option<Money>>,
    /// See [`Course::discount_price`].
    pub discount_price: Option<Option<Money>>,
    /// All categories it is to be in.
    pub category_ids: Option<Vec<CategoryId>>,
}
