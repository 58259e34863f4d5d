//! The queries of the catalogue.

use courses::{CourseFilter, CourseSort, Level};
use kernel::UserId;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::routes::shared::prelude::*;

/// The order of the catalogue.
#[derive(Clone, Copy, Deserialize, ToSchema)]
enum CourseOrder {
    /// By the time of publication, the latest first.
    #[serde(rename = "-publishedAt")]
    Newest,
    /// By the time of publication, the earliest first.
    #[serde(rename = "publishedAt")]
    Oldest,
    /// By title.
    #[serde(rename = "title")]
    Title,
    /// By title in reverse.
    #[serde(rename = "-title")]
    TitleDescending,
    /// By price, free courses first.
    #[serde(rename = "price")]
    Cheapest,
    /// By price, the highest first.
    #[serde(rename = "-price")]
    Dearest,
    /// By the number of learners, the largest first.
    #[serde(rename = "-popularity")]
    Popularity,
    /// By how well a course matches `q`, the best match first.
    #[serde(rename = "-relevance")]
    Relevance,
}

impl From<CourseOrder> for CourseSort {
    fn from(order: CourseOrder) -> Self {
        match order {
            CourseOrder::Newest => Self::Newest,
            CourseOrder::Oldest => Self::Oldest,
            CourseOrder::Title => Self::Title,
            CourseOrder::TitleDescending => Self::TitleDescending,
            CourseOrder::Cheapest => Self::Cheapest,
            CourseOrder::Dearest => Self::Dearest,
            CourseOrder::Popularity => Self::Popularity,
            CourseOrder::Relevance => Self::Relevance,
        }
    }
}

/// The filters of the catalogue.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
#[validate(schema(function = "prices_are_ordered"), schema(function = "durations_are_ordered"))]
pub(super) struct FilterQuery {
    /// Words in the title, the description, or the names of the author and the categories. The beginning of a word is enough; accents
    /// and small typing errors do not matter.
    #[param(min_length = 1, max_length = 200, nullable = false, example = "strength")]
    q: Option<String>,
    /// Only courses of this difficulty.
    #[param(value_type = Option<schema::Level>, inline, nullable = false)]
    difficulty: Option<Level>,
    /// Only courses of this author.
    #[param(nullable = false)]
    author_id: Option<UserId>,
    /// Only courses in this category, by id or slug.
    #[param(max_length = 120, nullable = false, example = "strength")]
    category: Option<String>,
    /// Only free courses (`true`), or only courses with a price (`false`).
    #[param(nullable = false)]
    is_free: Option<bool>,
    /// Only free courses and those with a price in this currency, an ISO 4217 code.
    #[param(pattern = "^[A-Z]{3}$", nullable = false, example = "USD")]
    currency: Option<String>,
    /// The lowest price, in minor units.
    #[param(minimum = 0, maximum = 1_000_000_000_000_i64, nullable = false, example = 1000)]
    min_price: Option<i64>,
    /// The highest price, in minor units; not below `minPrice`.
    #[param(minimum = 0, maximum = 1_000_000_000_000_i64, nullable = false, example = 5000)]
    max_price: Option<i64>,
    /// The shortest length, in minutes.
    #[param(minimum = 0, maximum = 100_000, nullable = false, example = 30)]
    min_duration: Option<i64>,
    /// The greatest length, in minutes; not below `minDuration`.
    #[param(minimum = 0, maximum = 100_000, nullable = false, example = 120)]
    max_duration: Option<i64>,
}

impl From<FilterQuery> for CourseFilter {
    fn from(query: FilterQuery) -> Self {
        let FilterQuery {
            q,
            difficulty,
            author_id,
            category,
            is_free,
            currency,
            min_price,
            max_price,
            min_duration,
            max_duration,
        } = query;
        Self {
            q,
            category,
            difficulty,
            author_id,
            free: is_free,
            currency,
            min_price,
            max_price,
            min_duration,
            max_duration,
        }
    }
}

/// In which order, and which page where it is not named by `cursor`.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OrderQuery {
    /// Where the page ends: `previousCursor` of the page after, with the same filters and `sort`. Not together with `cursor`.
    #[param(
        pattern = "^[A-Za-z0-9_-]{34,1200}$",
        nullable = false,
        example = "3q2-7wAAAAABmMDeAABwAIAAAAAAAAABAAAGRGqkMHOA"
    )]
    #[expect(dead_code, reason = "`List` reads every position; this documents the parameter")]
    before: Option<String>,
    /// The order: `-relevance` where there is a `q`, otherwise `-publishedAt` (newest first). Prices are compared in minor units,
    /// whatever the currency. `-relevance` needs a `q`.
    #[param(inline, nullable = false)]
    sort: Option<CourseOrder>,
}

/// Which courses, in which order.
#[derive(Deserialize, Validate)]
#[validate(
    schema(function = "relevance_has_words"),
    schema(function = "prices_are_ordered"),
    schema(function = "durations_are_ordered")
)]
pub(super) struct CourseQuery {
    #[serde(flatten)]
    order: OrderQuery,
    #[serde(flatten)]
    filter: FilterQuery,
}

/// Written by hand because the derive does not know `flatten`.
impl IntoParams for CourseQuery {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let order = OrderQuery::into_params(&parameter_in);
        [order, FilterQuery::into_params(&parameter_in)].concat()
    }
}

impl Filter for CourseQuery {
    fn is_implied(&self, parameter: &str) -> bool {
        parameter == "sort" && self.sort() == self.default_sort()
    }
}

impl CourseQuery {
    /// The filter and the order.
    pub(super) fn into_parts(self) -> (CourseFilter, CourseSort) {
        let sort = self.sort();
        (self.filter.into(), sort)
    }

    fn sort(&self) -> CourseSort {
        self.order.sort.map_or_else(|| self.default_sort(), Into::into)
    }

    fn default_sort(&self) -> CourseSort {
        if self.filter.q.is_some() { CourseSort::Relevance } else { CourseSort::Newest }
    }
}

impl AsRef<FilterQuery> for CourseQuery {
    fn as_ref(&self) -> &FilterQuery {
        &self.filter
    }
}

impl AsRef<FilterQuery> for FilterQuery {
    fn as_ref(&self) -> &FilterQuery {
        self
    }
}

fn relevance_has_words(query: &CourseQuery) -> Result<(), ValidationError> {
    match query.order.sort {
        Some(CourseOrder::Relevance) if query.filter.q.is_none() => {
            Err(broken("/sort", "needs_q", "Relevance is that of a search: give `q`."))
        }
        _ => Ok(()),
    }
}

fn prices_are_ordered(query: &impl AsRef<FilterQuery>) -> Result<(), ValidationError> {
    let FilterQuery { min_price, max_price, .. } = query.as_ref();
    if is_reversed(*min_price, *max_price) {
        return Err(broken("/maxPrice", "below_minimum", "The highest price cannot be below the lowest."));
    }
    Ok(())
}

fn durations_are_ordered(query: &impl AsRef<FilterQuery>) -> Result<(), ValidationError> {
    let FilterQuery { min_duration, max_duration, .. } = query.as_ref();
    if is_reversed(*min_duration, *max_duration) {
        return Err(broken(
            "/maxDuration",
            "below_minimum",
            "The greatest length cannot be below the shortest.",
        ));
    }
    Ok(())
}

fn is_reversed(min: Option<i64>, max: Option<i64>) -> bool {
    matches!((min, max), (Some(min), Some(max)) if max < min)
}
