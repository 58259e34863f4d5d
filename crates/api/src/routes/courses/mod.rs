//! Courses: the public catalogue, and their authors' side.

mod authoring;
mod catalogue;
mod editors;
mod transfer;

pub(super) use catalogue::{ChapterOutline, LessonOutline};

use chrono::{DateTime, Utc};
use courses::Level;
use kernel::{CourseId, FileId, Result, UserId, VideoAssetId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    categories::Category,
    shared::{Money, page},
};
use crate::http::{problem::Problem, reply::Reply, routing::Operations};

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(catalogue::configure)
        .configure(authoring::configure)
        .configure(editors::configure)
        .configure(transfer::configure);
}

/// Whose course it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Author {
    /// The author's id.
    id: UserId,
    /// Unique.
    #[schema(example = "elena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Elena Marchetti")]
    name: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
}

/// A course as lists show it, without the text of its page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourseCard {
    /// The course's id.
    id: CourseId,
    /// Whose it is: `GET /users/{authorId}`.
    author_id: UserId,
    /// The same, with a name to show.
    author: Author,
    /// The title.
    #[schema(example = "Strength Foundations")]
    title: String,
    /// Its address, made from the title.
    #[schema(example = "strength-foundations")]
    slug: String,
    /// Plain text.
    #[schema(example = "Four weeks to a solid squat, hinge, push and pull.")]
    description: String,
    /// A picture. An uploaded one is there in three widths: the last part of its address may be 320, 640 or 1280.
    #[schema(format = "uri")]
    image_url: Option<String>,
    /// The picture that was uploaded, if it was.
    image_id: Option<FileId>,
    /// A video for everybody, hosted elsewhere.
    #[schema(format = "uri")]
    preview_video_url: Option<String>,
    /// A video for everybody that was uploaded: `POST /courses/{course}/preview-playback`.
    preview_video_asset_id: Option<VideoAssetId>,
    /// Minutes.
    #[schema(minimum = 0, example = 95)]
    duration: Option<i64>,
    /// `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(value_type = String, example = "BEGINNER")]
    difficulty: Level,
    /// Null or an amount of 0 is free.
    price: Option<Money>,
    /// Below the price; with an amount of 0 the course is free.
    #[schema(example = json!({"amount": 3900, "currency": "USD"}))]
    discount_price: Option<Money>,
    /// Whether it can be had without paying: what is to be paid now is nothing.
    #[schema(example = false)]
    is_free: bool,
    /// Whether learners see it.
    is_published: bool,
    /// When it was first published.
    published_at: Option<DateTime<Utc>>,
    /// Since when it is closed for new learners.
    archived_at: Option<DateTime<Utc>>,
    /// Published chapters; 0 while the catalogue does not show the course.
    #[schema(minimum = 0, example = 5)]
    chapter_count: i64,
    /// Published lessons in them; 0 while the catalogue does not show the course.
    #[schema(minimum = 0, example = 30)]
    lesson_count: i64,
    /// How many ever enrolled; a little behind.
    #[schema(minimum = 0, example = 412)]
    enrollment_count: i64,
    /// The shelves it stands on.
    categories: Vec<Category>,
    /// When it was made.
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
    /// Sanitised HTML.
    #[schema(example = "<p>What you will learn …</p>")]
    content: Option<String>,
}

impl From<courses::Course> for Course {
    fn from(mut course: courses::Course) -> Self {
        let content = course.content.take();
        Self {
            card: course.into(),
            content,
        }
    }
}

impl From<courses::Course> for CourseCard {
    fn from(course: courses::Course) -> Self {
        let is_free = course.is_free();
        let courses::Course {
            id,
            author,
            title,
            slug,
            description,
            content: _,
            image_url: _,
            image_id,
            picture_url,
            preview_video_url,
            preview_video_asset_id,
            duration,
            difficulty,
            price,
            discount_price,
            is_published,
            published_at,
            archived_at,
            version: _,
            created_at,
            updated_at,
            chapter_count,
            lesson_count,
            enrollment_count,
            categories,
        } = course;
        Self {
            id,
            author_id: author.id,
            author: author.into(),
            title,
            slug,
            description,
            image_url: picture_url,
            image_id,
            preview_video_url,
            preview_video_asset_id,
            duration,
            difficulty,
            price: price.map(Into::into),
            discount_price: discount_price.map(Into::into),
            is_free,
            is_published,
            published_at,
            archived_at,
            chapter_count,
            lesson_count,
            enrollment_count,
            categories: categories.into_iter().map(Into::into).collect(),
            created_at,
            updated_at,
        }
    }
}

impl From<courses::Author> for Author {
    fn from(author: courses::Author) -> Self {
        let courses::Author {
            id,
            username,
            name,
            avatar_url,
        } = author;
        Self {
            id,
            username,
            name,
            avatar_url,
        }
    }
}

page! {
    /// A page of courses.
    CoursePage of CourseCard
}

fn reply(course: courses::Course) -> Result<Reply<Course>, Problem> {
    let version = course.version;
    Ok(Reply::ok(&Course::from(course))?.version(version))
}
