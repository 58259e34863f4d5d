//! The document of a course for the service, also where its schema refuses it.

use kernel::FieldError;
use serde::Deserialize;
use serde_json::Value;

use super::dto::{CategorySlug, CourseDocument, DocumentCourse, DocumentFormat};
use crate::{http::extract::Judged, routes::shared::Money};

/// The service's document, and the problems so far. Of a document that the schema refuses, it reads as much as it can, so that all
/// problems are reported at once; what cannot be read counts as absent.
pub(super) fn read(document: Judged<CourseDocument>) -> (courses::CourseDocument, Vec<FieldError>) {
    let (course, price, discount_price, mut problems) = match document {
        Ok(CourseDocument { format: DocumentFormat::Course, version: _, course }) => all_parts(course),
        Err((value, problems)) => readable_parts(&value, problems),
    };
    let count = problems.len();
    let mut into_kernel = |price: Option<Money>, pointer| {
        let read = price.map(|price| price.into_kernel(pointer)).transpose();
        read.map_err(|error| problems.extend_from_slice(error.reasons())).unwrap_or_default()
    };
    let price = into_kernel(price, "/course/price");
    let discount_price = into_kernel(discount_price, "/course/discountPrice");
    // A price that is not acceptable cannot be compared with another.
    let is_comparable = problems.len() == count;
    let document =
        courses::CourseDocument { price, discount_price: discount_price.filter(|_| is_comparable), ..course };
    (document, problems)
}

/// A document without its prices, its prices, and its problems.
type Parts = (courses::CourseDocument, Option<Money>, Option<Money>, Vec<FieldError>);

fn all_parts(course: DocumentCourse) -> Parts {
    let DocumentCourse {
        title,
        description,
        content,
        content_format,
        image_url,
        preview_video_url,
        duration,
        difficulty,
        price,
        discount_price,
        categories,
        chapters,
    } = course;
    let document = courses::CourseDocument {
        title,
        description,
        content,
        content_format,
        image_url,
        preview_video_url,
        duration,
        difficulty: difficulty.unwrap_or_default(),
        price: None,
        discount_price: None,
        categories: categories.into_iter().map(|CategorySlug(slug)| slug).collect(),
        chapters: chapters.into_iter().map(Into::into).collect(),
    };
    (document, price, discount_price, Vec::new())
}

/// The readable members on which more problems than those of the schema depend.
fn readable_parts(value: &Value, problems: Vec<FieldError>) -> Parts {
    let course = value.get("course").unwrap_or(&Value::Null);
    let price: Option<Money> = member(course, "price");
    let is_unreadable = price.is_none() && course.get("price").is_some_and(|price| !price.is_null());
    let discount = member::<Option<Money>>(course, "discountPrice").filter(|_| !is_unreadable);
    let slug = |slug: &Value| slug.as_str().unwrap_or_default().to_owned();
    let document = courses::CourseDocument {
        title: member(course, "title"),
        content: member(course, "content"),
        content_format: member(course, "contentFormat"),
        image_url: member(course, "imageUrl"),
        categories: items(course, "categories").take(20).map(slug).collect(),
        chapters: items(course, "chapters").map(readable_chapter).collect(),
        ..courses::CourseDocument::default()
    };
    (document, price, discount, problems)
}

fn readable_chapter(chapter: &Value) -> courses::ChapterDocument {
    courses::ChapterDocument {
        title: member(chapter, "title"),
        content: member(chapter, "content"),
        content_format: member(chapter, "contentFormat"),
        video_url: member(chapter, "videoUrl"),
        is_published: member(chapter, "isPublished"),
        lessons: items(chapter, "lessons").map(readable_lesson).collect(),
        ..courses::ChapterDocument::default()
    }
}

fn readable_lesson(lesson: &Value) -> courses::LessonDocument {
    courses::LessonDocument {
        title: member(lesson, "title"),
        content: member(lesson, "content"),
        content_format: member(lesson, "contentFormat"),
        video_url: member(lesson, "videoUrl"),
        is_published: member(lesson, "isPublished"),
        ..courses::LessonDocument::default()
    }
}

fn member<'a, T: Deserialize<'a> + Default>(of: &'a Value, name: &str) -> T {
    of.get(name).and_then(|value| T::deserialize(value).ok()).unwrap_or_default()
}

fn items<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}
