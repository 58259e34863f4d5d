//! The catalogue in answers.

use courses::{Facets, Level, OutlineChapter, OutlineLesson, PriceRange};
use kernel::{ChapterId, LessonId, ListId};

use super::super::dto::{Course, CourseCard};
use crate::routes::{categories::Category, shared::prelude::*};

/// A page of the catalogue, with the positions of its neighbours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CataloguePage {
    /// The courses of this page.
    data: Vec<CourseCard>,
    /// Whether there is a next page.
    has_more: bool,
    /// The `cursor` of the next page; null on the last page.
    #[schema(pattern = "^[A-Za-z0-9_-]{34,1200}$", example = "3q2-7wAAAAABmMDeAABwAIAAAAAAAAABAAAGRGqkMHOA")]
    next_cursor: Option<String>,
    /// The `before` of the previous page; null on the first page.
    #[schema(pattern = "^[A-Za-z0-9_-]{34,1200}$", example = "3q2-7wAAAAABmMDeAABwAIAAAAAAAAABAAAGRGqkMHOA")]
    previous_cursor: Option<String>,
}

impl CataloguePage {
    /// A page of this list.
    pub(super) fn of(list: ListId, page: courses::CataloguePage) -> Self {
        let courses::CataloguePage { data, next, previous } = page;
        Self {
            data: data.into_iter().map(Into::into).collect(),
            has_more: next.is_some(),
            next_cursor: next.map(|cursor| cursor.encode(list)),
            previous_cursor: previous.map(|cursor| cursor.encode(list)),
        }
    }
}

/// A course with its outline.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::CourseDetail, used(outline), ignore(staff))]
pub(super) struct CourseWithOutline {
    /// The course.
    #[serde(flatten)]
    course: Course,
    /// Its chapters in their order; whoever may edit the course also sees drafts.
    #[dto(with = outline.chapters.into_iter().map(Into::into).collect())]
    chapters: Vec<ChapterOutline>,
}

/// A chapter without its body.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = OutlineChapter)]
pub(in crate::routes) struct ChapterOutline {
    /// The chapter's id.
    id: ChapterId,
    /// The title.
    #[schema(example = "Week 1")]
    title: String,
    /// A description in plain text.
    #[schema(example = "Finding your positions.")]
    description: Option<String>,
    /// The position among the chapters of the course; a smaller one comes first.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// The length in minutes; null where the author gave none.
    #[schema(minimum = 0, example = 30)]
    duration: Option<i64>,
    /// Whether it is a free preview, which everybody may read.
    is_free: bool,
    /// Whether learners see it.
    is_published: bool,
    /// Whether it has text or a video of its own.
    has_body: bool,
    /// Its lessons in their order.
    lessons: Vec<LessonOutline>,
}

/// A lesson without its body.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = OutlineLesson)]
pub(in crate::routes) struct LessonOutline {
    /// The lesson's id.
    id: LessonId,
    /// The title.
    #[schema(example = "The hinge")]
    title: String,
    /// The position among the lessons of the chapter; a smaller one comes first.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// The length in minutes; null where the author gave none.
    #[schema(minimum = 0, example = 10)]
    duration: Option<i64>,
    /// Whether it has a video.
    has_video: bool,
    /// Whether learners see it.
    is_published: bool,
}

impl From<courses::Lesson> for LessonOutline {
    fn from(lesson: courses::Lesson) -> Self {
        Self {
            id: lesson.id,
            title: lesson.title,
            position: lesson.position,
            duration: lesson.duration,
            has_video: lesson.has_video,
            is_published: lesson.is_published,
        }
    }
}

/// How many courses of each kind the catalogue has.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = Facets, used(total))]
pub(super) struct CatalogueFacets {
    /// The number of courses under all filters.
    #[schema(minimum = 0, example = 12)]
    #[dto(with = total)]
    count: i64,
    /// The number of courses by difficulty, under all other filters.
    difficulties: Vec<DifficultyCount>,
    /// The number of courses by category, under all other filters, in the order of the categories' names.
    categories: Vec<CategoryCount>,
    /// The number of free courses, under all filters but those of the price.
    #[schema(minimum = 0, example = 3)]
    free: i64,
    /// The courses with a price by currency, under all filters but those of the price.
    prices: Vec<PriceCount>,
}

/// How many courses have a difficulty.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DifficultyCount {
    /// `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(value_type = String, example = "BEGINNER")]
    difficulty: Level,
    /// The number of courses.
    #[schema(minimum = 1, example = 5)]
    count: i64,
}

impl From<(Level, i64)> for DifficultyCount {
    fn from((difficulty, count): (Level, i64)) -> Self {
        Self { difficulty, count }
    }
}

/// How many courses are in a category.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CategoryCount {
    /// The category.
    category: Category,
    /// The number of courses.
    #[schema(minimum = 1, example = 4)]
    count: i64,
}

impl From<(courses::Category, i64)> for CategoryCount {
    fn from((category, count): (courses::Category, i64)) -> Self {
        Self { category: category.into(), count }
    }
}

/// How many courses have a price in a currency.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = PriceRange)]
struct PriceCount {
    /// The currency, an ISO 4217 code.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// The number of courses.
    #[schema(minimum = 1, example = 9)]
    count: i64,
    /// The lowest price, in minor units.
    #[schema(minimum = 1, example = 1900)]
    min: i64,
    /// The highest price, in minor units.
    #[schema(minimum = 1, example = 9900)]
    max: i64,
}
