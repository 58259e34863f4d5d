//! Courses in answers.

use courses::{ContentFormat, Level};
use kernel::{CourseId, FileId, UserId, VideoAssetId, Written};

use crate::{
    http::reply::{Answer, Reply},
    routes::{categories::Category, shared::prelude::*},
};

/// The author of a course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::Author)]
pub(in crate::routes) struct Author {
    /// The author's account.
    id: UserId,
    /// The username, which no other account has.
    #[schema(example = "elena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Elena Marchetti")]
    name: Option<String>,
    /// The address of a picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
}

/// A course as lists show it, without the text of its page.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::Course, ignore(content, content_format, image_url, version), used(picture_url))]
pub(in crate::routes) struct CourseCard {
    /// The course's id.
    id: CourseId,
    /// The author's account: `GET /users/{authorId}`.
    #[dto(with = author.id)]
    author_id: UserId,
    /// The author, with a name to show.
    author: Author,
    /// The title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// The address of the course, made from the title.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// A description in plain text.
    #[schema(example = "Four weeks to a solid squat, hinge, push and pull.")]
    description: String,
    /// The address of a picture. An uploaded picture comes in three widths: the last part of its address may be 320, 640 or 1280.
    #[schema(format = "uri")]
    #[dto(with = picture_url)]
    image_url: Option<String>,
    /// The id of the picture, if it was uploaded.
    image_id: Option<FileId>,
    /// The address of a preview video elsewhere, which everybody may watch.
    #[schema(format = "uri")]
    preview_video_url: Option<String>,
    /// The id of an uploaded preview video, which everybody may watch: `POST /courses/{course}/preview-playback`.
    preview_video_asset_id: Option<VideoAssetId>,
    /// The length in minutes; null where the author gave none.
    #[schema(minimum = 0, example = 95)]
    duration: Option<i64>,
    /// How much experience it asks for: `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(value_type = String, example = "BEGINNER")]
    difficulty: Level,
    /// The price. The course is free where it is null or its amount is 0.
    price: Option<Money>,
    /// A reduced price, below the price; the course is free where its amount is 0.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// Whether learners can enrol without paying.
    #[schema(example = false)]
    #[dto(with = courses::is_free(price, discount_price))]
    is_free: bool,
    /// Whether learners can see it.
    is_published: bool,
    /// When it was published for the first time; null until then.
    published_at: Option<DateTime<Utc>>,
    /// When it was closed for new learners; null while it is open.
    archived_at: Option<DateTime<Utc>>,
    /// How many chapters are published; 0 while the catalogue does not show the course.
    #[schema(minimum = 0, example = 5)]
    chapter_count: i64,
    /// How many lessons are published in published chapters; 0 while the catalogue does not show the course.
    #[schema(minimum = 0, example = 30)]
    lesson_count: i64,
    /// How many learners ever enrolled. The number may be some seconds old.
    #[schema(minimum = 0, example = 412)]
    enrollment_count: i64,
    /// The categories it is in, in the order of their names.
    categories: Vec<Category>,
    /// When the course was created.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// A course, without its outline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Course {
    /// What lists show of it.
    #[serde(flatten)]
    card: CourseCard,
    /// The text of its page.
    #[schema(example = "<p>What you will learn …</p>")]
    content: Option<String>,
    /// What the text is: `HTML`, or `JSON` where it was written as the document of an editor; more may be added.
    #[schema(value_type = String, example = "HTML")]
    content_format: ContentFormat,
    /// What of the text is different from what was sent; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<TextWarning>,
}

page! {
    /// A page of courses.
    CoursePage of CourseCard
}

impl From<courses::Course> for Course {
    fn from(mut course: courses::Course) -> Self {
        let (content, content_format) = (course.content.take(), course.content_format);
        Self { card: course.into(), content, content_format, warnings: Vec::new() }
    }
}

impl From<Written<courses::Course>> for Course {
    fn from(written: Written<courses::Course>) -> Self {
        Self { warnings: warned(written.warnings), ..written.value.into() }
    }
}

/// Answers with a course and its version.
pub(super) fn reply(course: courses::Course) -> Answer<Course> {
    written(Written::as_sent(course))
}

/// Answers with a course that was written, its version, and what of its text is different.
pub(super) fn written(course: Written<courses::Course>) -> Answer<Course> {
    let version = course.value.version;
    Ok(Reply::ok(&Course::from(course))?.version(version))
}

/// Answers with a course that is new.
pub(super) fn created(course: Written<courses::Course>) -> kernel::Result<Reply<Course>> {
    let (location, version) = (format!("/courses/{}", course.value.id), course.value.version);
    Ok(Reply::created(&location, &Course::from(course))?.version(version))
}
