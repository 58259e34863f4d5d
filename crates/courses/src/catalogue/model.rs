//! What the catalogue can be asked, and what it answers.

use entity::enums::Level;
use kernel::{Cursor, UserId};

use crate::{category::Category, course::model::Course};

/// The conditions that a published course has to meet.
#[derive(Clone, Debug, Default)]
pub struct CourseFilter {
    /// Words in the title, the description, or the names of the author and the categories. The beginning of a word is enough, and
    /// small typing errors are tolerated.
    pub q: Option<String>,
    /// Only courses in this category, by id or slug.
    pub category: Option<String>,
    /// Only courses of this difficulty.
    pub difficulty: Option<Level>,
    /// Only courses of this author.
    pub author_id: Option<UserId>,
    /// Only free courses where it is true, only courses with a price where it is false.
    pub free: Option<bool>,
    /// Only free courses and those with a price in this currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// The lowest price, in minor units.
    pub min_price: Option<i64>,
    /// The highest price, in minor units.
    pub max_price: Option<i64>,
    /// The shortest length, in minutes.
    pub min_duration: Option<i64>,
    /// The greatest length, in minutes.
    pub max_duration: Option<i64>,
}

/// The order of the catalogue. Courses that are equal in it are ordered by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseSort {
    /// By the time of publication, the latest first.
    Newest,
    /// By the time of publication, the earliest first.
    Oldest,
    /// By title, without case and accents.
    Title,
    /// By title in reverse.
    TitleDescending,
    /// By what a learner pays, free courses first.
    Cheapest,
    /// By what a learner pays, the highest price first.
    Dearest,
    /// By the number of learners who ever enrolled, the largest first.
    Popularity,
    /// By how well a course matches the search.
    Relevance,
}

impl CourseSort {
    /// Whether larger keys come first.
    pub(crate) fn is_descending(self) -> bool {
        match self {
            Self::Newest | Self::TitleDescending | Self::Dearest | Self::Popularity | Self::Relevance => true,
            Self::Oldest | Self::Title | Self::Cheapest => false,
        }
    }
}

/// Where a page of the catalogue begins.
#[derive(Clone, Debug)]
pub enum PagePosition {
    /// At the beginning of the list.
    Start,
    /// Behind this position.
    After(Cursor),
    /// In front of this position; the page keeps the order of the list.
    Before(Cursor),
}

/// A page of the catalogue, with the positions of its neighbours.
#[derive(Clone, Debug)]
pub struct CataloguePage {
    /// The courses.
    pub data: Vec<Course>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<Cursor>,
    /// Where the previous page ends; `None` on the first page.
    pub previous: Option<Cursor>,
}

/// How many published courses there are of each kind, under all filters but the one of the kind itself.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    /// The number of courses under all filters.
    pub total: i64,
    /// The number of courses by difficulty.
    pub difficulties: Vec<(Level, i64)>,
    /// The number of courses by category, in the order of the categories' names.
    pub categories: Vec<(Category, i64)>,
    /// The number of free courses.
    pub free: i64,
    /// The courses with a price, by currency.
    pub prices: Vec<PriceRange>,
}

/// The prices in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRange {
    /// The currency, an ISO 4217 code.
    pub currency: String,
    /// The number of courses.
    pub count: i64,
    /// The lowest price, in minor units.
    pub min: i64,
    /// The highest price, in minor units.
    pub max: i64,
}

/// A course of a page, with what it was ordered by where that is not in the course.
pub(crate) struct Hit {
    pub(crate) course: Course,
    /// How well it matches the search; zero where the order does not ask for it.
    pub(crate) rank: i64,
    /// Its title as titles are ordered.
    pub(crate) sort_title: String,
}
