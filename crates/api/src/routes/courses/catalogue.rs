use actix_web::{HttpRequest, web::Data};
use courses::{
    CourseDetail, CourseFilter, CourseSort, Facets, From as Start, Level, OutlineChapter, OutlineLesson,
    PriceRange,
};
use kernel::{ChapterId, CourseId, Cursor, Error, FieldError, LessonId, Limit, Result, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{Course, CourseCard};
use crate::{
    http::{
        extract::{Caller, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    routes::{
        categories::Category,
        shared::{default_limit, schema},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_courses, get_facets, get_course);
}

/// A page of the catalogue, from which one can go on in both directions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CataloguePage {
    /// The rows.
    data: Vec<CourseCard>,
    /// Whether there is a next page.
    has_more: bool,
    /// Where the next page begins, for `cursor`; null on the last.
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$", example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB")]
    next_cursor: Option<String>,
    /// Where the previous page ends, for `before`; null on the first.
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$", example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB")]
    previous_cursor: Option<String>,
}

impl From<courses::CataloguePage> for CataloguePage {
    fn from(page: courses::CataloguePage) -> Self {
        let courses::CataloguePage { data, next, previous } = page;
        Self {
            data: data.into_iter().map(Into::into).collect(),
            has_more: next.is_some(),
            next_cursor: next.map(|cursor| cursor.encode()),
            previous_cursor: previous.map(|cursor| cursor.encode()),
        }
    }
}

/// A course with its outline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseWithOutline {
    /// The course.
    #[serde(flatten)]
    course: Course,
    /// Its chapters in their order; whoever may edit it also sees what is not published.
    chapters: Vec<ChapterOutline>,
}

/// A chapter without its body.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ChapterOutline {
    /// The chapter's id.
    id: ChapterId,
    /// The title.
    #[schema(example = "Week 1")]
    title: String,
    /// Plain text.
    #[schema(example = "Finding your positions.")]
    description: Option<String>,
    /// Its place among the chapters.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Minutes.
    #[schema(minimum = 0, example = 30)]
    duration: Option<i64>,
    /// Whether everybody may read it.
    is_free: bool,
    /// Whether learners see it.
    is_published: bool,
    /// Whether it has content or a video of its own.
    has_body: bool,
    /// Its lessons in their order.
    lessons: Vec<LessonOutline>,
}

/// A lesson without its body.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct LessonOutline {
    /// The lesson's id.
    id: LessonId,
    /// The title.
    #[schema(example = "The hinge")]
    title: String,
    /// Its place among the lessons.
    #[schema(minimum = 1, example = 1)]
    position: i64,
    /// Minutes.
    #[schema(minimum = 0, example = 10)]
    duration: Option<i64>,
    /// Whether it has a video.
    has_video: bool,
    /// Whether learners see it.
    is_published: bool,
}

impl From<OutlineChapter> for ChapterOutline {
    fn from(chapter: OutlineChapter) -> Self {
        let OutlineChapter {
            id,
            title,
            description,
            position,
            duration,
            is_free,
            is_published,
            has_body,
            lessons,
        } = chapter;
        let lessons = lessons.into_iter().map(Into::into).collect();
        Self {
            id,
            title,
            description,
            position,
            duration,
            is_free,
            is_published,
            has_body,
            lessons,
        }
    }
}

impl From<OutlineLesson> for LessonOutline {
    fn from(lesson: OutlineLesson) -> Self {
        let OutlineLesson {
            id,
            title,
            position,
            duration,
            has_video,
            is_published,
        } = lesson;
        Self {
            id,
            title,
            position,
            duration,
            has_video,
            is_published,
        }
    }
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

/// The order of the catalogue.
#[derive(Clone, Copy, Deserialize, ToSchema)]
enum CourseOrder {
    /// Newest first.
    #[serde(rename = "-publishedAt")]
    Newest,
    /// Oldest first.
    #[serde(rename = "publishedAt")]
    Oldest,
    /// By title.
    #[serde(rename = "title")]
    Title,
    /// By title, from the end.
    #[serde(rename = "-title")]
    TitleDescending,
    /// By what is to be paid.
    #[serde(rename = "price")]
    Cheapest,
    /// By what is to be paid, dearest first.
    #[serde(rename = "-price")]
    Dearest,
    /// Most learners first.
    #[serde(rename = "-popularity")]
    Popularity,
    /// Best match of `q` first.
    #[serde(rename = "-relevance")]
    Relevance,
}

/// A query with the filters of the catalogue beside members of its own: serde's `flatten` does not go with
/// `deny_unknown_fields`.
macro_rules! filtered {
    ($(#[$attribute:meta])* struct $name:ident { $($(#[$own:meta])* $member:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        #[derive(Deserialize, IntoParams, Validate)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        struct $name {
            $($(#[$own])* $member: $type,)*
            /// Words in the title, the description, or the names of the trainer and the categories. Beginnings of words are
            /// enough, accents and small typing errors do not matter.
            #[param(min_length = 1, max_length = 200, nullable = false, example = "strength")]
            q: Option<String>,
            /// Only this difficulty.
            #[param(value_type = Option<schema::Level>, inline, nullable = false)]
            difficulty: Option<Level>,
            /// Only this author's.
            #[param(nullable = false)]
            author_id: Option<UserId>,
            /// Only those in this category, by id or slug.
            #[param(max_length = 120, nullable = false, example = "strength")]
            category: Option<String>,
            /// Only free ones (`true`), or only those with a price (`false`).
            #[param(nullable = false)]
            is_free: Option<bool>,
            /// Only free ones and those with a price in this currency.
            #[param(pattern = "^[A-Z]{3}$", nullable = false, example = "USD")]
            currency: Option<String>,
            /// To be paid at least, in minor units.
            #[param(
                minimum = 0,
                maximum = 1_000_000_000_000_i64,
                nullable = false,
                example = 1000
            )]
            min_price: Option<i64>,
            /// To be paid at most, in minor units.
            #[param(
                minimum = 0,
                maximum = 1_000_000_000_000_i64,
                nullable = false,
                example = 5000
            )]
            max_price: Option<i64>,
            /// Minutes at least.
            #[param(minimum = 0, maximum = 100_000, nullable = false, example = 30)]
            min_duration: Option<i64>,
            /// Minutes at most.
            #[param(minimum = 0, maximum = 100_000, nullable = false, example = 120)]
            max_duration: Option<i64>,
        }

        impl From<$name> for CourseFilter {
            fn from(query: $name) -> Self {
                Self {
                    q: query.q,
                    category: query.category,
                    difficulty: query.difficulty,
                    author_id: query.author_id,
                    free: query.is_free,
                    currency: query.currency,
                    min_price: query.min_price,
                    max_price: query.max_price,
                    min_duration: query.min_duration,
                    max_duration: query.max_duration,
                }
            }
        }
    };
}

filtered! {
    /// Which courses.
    struct CourseQuery {
        /// How many rows.
        #[serde(default = "default_limit")]
        #[param(minimum = 1, maximum = 100, default = 20)]
        limit: u64,
        /// Where to go on: `nextCursor` of the page before, with the same filters and `sort`.
        #[param(
            pattern = "^[A-Za-z0-9_-]{32}$",
            nullable = false,
            example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
        )]
        cursor: Option<String>,
        /// Where to go back: `previousCursor` of the page after, with the same filters and `sort`. Not together with `cursor`.
        #[param(
            pattern = "^[A-Za-z0-9_-]{32}$",
            nullable = false,
            example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
        )]
        before: Option<String>,
        /// The order: `-relevance` where there is a `q`, otherwise `-publishedAt` (newest first). Prices compare by what is to be
        /// paid in minor units, whatever the currency.
        #[param(inline, nullable = false)]
        sort: Option<CourseOrder>,
    }
}

filtered! {
    /// Under which filters to count.
    struct FacetQuery {}
}

/// What a page is asked for: the filter, the order, and where it begins.
fn asked(query: CourseQuery) -> Result<(CourseFilter, CourseSort, Start, Limit)> {
    let sort = match query.sort {
        Some(CourseOrder::Newest) => CourseSort::Newest,
        Some(CourseOrder::Oldest) => CourseSort::Oldest,
        Some(CourseOrder::Title) => CourseSort::Title,
        Some(CourseOrder::TitleDescending) => CourseSort::TitleDescending,
        Some(CourseOrder::Cheapest) => CourseSort::Cheapest,
        Some(CourseOrder::Dearest) => CourseSort::Dearest,
        Some(CourseOrder::Popularity) => CourseSort::Popularity,
        Some(CourseOrder::Relevance) | None if query.q.is_some() => CourseSort::Relevance,
        None => CourseSort::Newest,
        Some(CourseOrder::Relevance) => {
            let reason = FieldError::new("?sort", "needs_q", "Relevance is that of a search: give `q`.");
            return Err(Error::invalid(vec![reason]));
        }
    };
    let position = |text: &Option<String>| text.as_deref().and_then(Cursor::decode);
    let from = match (position(&query.cursor), position(&query.before)) {
        (None, None) => Start::Start,
        (Some(after), None) => Start::After(after),
        (None, Some(before)) => Start::Before(before),
        (Some(_), Some(_)) => {
            let reason = FieldError::new("?before", "with_cursor", "Give `cursor` or `before`, not both.");
            return Err(Error::invalid(vec![reason]));
        }
    };
    let limit = Limit::new(query.limit);
    Ok((query.into(), sort, from, limit))
}

/// How many courses there are of each kind.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CatalogueFacets {
    /// Under all filters.
    #[schema(minimum = 0, example = 12)]
    count: i64,
    /// By difficulty, under all other filters.
    difficulties: Vec<DifficultyCount>,
    /// By category, in the order of their names, under all other filters.
    categories: Vec<CategoryCount>,
    /// Free ones, under all filters but those of the price.
    #[schema(minimum = 0, example = 3)]
    free: i64,
    /// Those with a price by its currency, under all filters but those of the price.
    prices: Vec<PriceCount>,
}

/// How many courses of a difficulty.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DifficultyCount {
    /// `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(example = "BEGINNER")]
    difficulty: String,
    /// How many.
    #[schema(minimum = 1, example = 5)]
    count: i64,
}

/// How many courses in a category.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CategoryCount {
    /// The category.
    category: Category,
    /// How many.
    #[schema(minimum = 1, example = 4)]
    count: i64,
}

/// How many courses with a price in a currency.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PriceCount {
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// How many.
    #[schema(minimum = 1, example = 9)]
    count: i64,
    /// The lowest that is to be paid, in minor units.
    #[schema(minimum = 1, example = 1900)]
    min: i64,
    /// The highest that is to be paid, in minor units.
    #[schema(minimum = 1, example = 9900)]
    max: i64,
}

impl From<Facets> for CatalogueFacets {
    fn from(facets: Facets) -> Self {
        let Facets {
            total,
            difficulties,
            categories,
            free,
            prices,
        } = facets;
        let difficulties = difficulties
            .into_iter()
            .map(|(difficulty, count)| DifficultyCount { difficulty, count });
        let categories = categories.into_iter().map(|(category, count)| CategoryCount {
            category: category.into(),
            count,
        });
        let prices = prices.into_iter().map(|range| {
            let PriceRange {
                currency,
                count,
                min,
                max,
            } = range;
            PriceCount {
                currency,
                count,
                min,
                max,
            }
        });
        Self {
            count: total,
            difficulties: difficulties.collect(),
            categories: categories.collect(),
            free,
            prices: prices.collect(),
        }
    }
}

/// The catalogue
///
/// Published courses that are open for new learners. Filters combine. Answers are at most a second old; trainers' own are
/// always current.
#[utoipa::path(get, path = "/courses",
    tag = "courses", operation_id = "listCourses", security((), ("bearer" = [])), params(CourseQuery),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "A page of courses.", body = CataloguePage)))]
async fn list_courses(
    state: Data<State>,
    Caller(actor): Caller,
    Query(query): Query<CourseQuery>,
    request: HttpRequest,
) -> Result<Reply<CataloguePage>, Problem> {
    let (filter, sort, from, limit) = asked(query)?;
    let read = async |actor| {
        let work = move |tx| async move { courses::list_courses(&tx, &filter, sort, from, limit).await };
        let page = state.db.read(actor, work).await?;
        Ok(Reply::ok(&CataloguePage::from(page))?.content())
    };
    let key = format!("courses?{}", request.query_string());
    Ok(state
        .response_cache
        .get_or_insert(&state.db, actor, key, read)
        .await?)
}

/// What the catalogue has
///
/// How many published courses there are of each kind, for the filters beside a list. Each kind is counted under all
/// filters but its own.
#[utoipa::path(get, path = "/catalogue/facets",
    tag = "courses", operation_id = "getCatalogueFacets", security((), ("bearer" = [])), params(FacetQuery),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The counts.", body = CatalogueFacets)))]
async fn get_facets(
    state: Data<State>,
    Caller(actor): Caller,
    Query(query): Query<FacetQuery>,
    request: HttpRequest,
) -> Result<Reply<CatalogueFacets>, Problem> {
    let filter = CourseFilter::from(query);
    let read = async |actor| {
        let work = move |tx| async move { courses::facets(&tx, &filter).await };
        let facets = state.db.read(actor, work).await?;
        Ok(Reply::ok(&CatalogueFacets::from(facets))?.content())
    };
    let key = format!("facets?{}", request.query_string());
    Ok(state
        .response_cache
        .get_or_insert(&state.db, actor, key, read)
        .await?)
}

/// A course
///
/// By id, slug or former slug, with the outline of its chapters and lessons, and without what they teach. Whoever may edit
/// it also sees drafts.
#[utoipa::path(get, path = "/courses/{course}",
    tag = "courses", operation_id = "getCourse", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    responses((status = 200, description = "The course.", body = CourseWithOutline)))]
async fn get_course(
    state: Data<State>,
    Caller(actor): Caller,
    Path(key): Path<String>,
) -> Result<Reply<CourseWithOutline>, Problem> {
    let kept_as = format!("course {key}");
    let read = async |actor| {
        let detail = state
            .db
            .read(actor, |tx| async move { courses::course(&tx, &key).await })
            .await?;
        let CourseDetail { course, outline } = detail;
        let version = course.version;
        let chapters = outline.chapters.into_iter().map(Into::into).collect();
        let course = course.into();
        Ok(Reply::ok(&CourseWithOutline { course, chapters })?.version_and_content(version))
    };
    Ok(state
        .response_cache
        .get_or_insert(&state.db, actor, kept_as, read)
        .await?)
}
