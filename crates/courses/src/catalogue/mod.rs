//! The public catalogue: its list, its search and its filters, and the read model behind them.

mod model;
mod search;
mod spelling;
mod store;

use database::{Tx, outbox};
use kernel::{CategoryId, CourseId, Cursor, Limit, Result, Uuid};
use serde_json::json;

use self::{
    model::Hit,
    search::Search,
    store::{entries, facets as facet_counts, list},
};
use crate::course::{model::Course, store::find_all};

pub use model::{CataloguePage, CourseFilter, CourseSort, Facets, PagePosition, PriceRange};

/// The outbox event that a course has other published chapters or lessons than before.
pub const OUTLINE_CHANGED: &str = "course.outline_changed";

/// A page of the catalogue.
///
/// # Errors
/// What the database answers.
pub async fn list_courses(
    tx: &Tx,
    filter: &CourseFilter,
    sort: CourseSort,
    position: PagePosition,
    limit: Limit,
) -> Result<CataloguePage> {
    let Some(search) = Search::of(filter) else {
        return Ok(page(Vec::new(), sort, &position, limit));
    };
    let mut hits = list::find(tx, filter, &search, sort, &position, limit).await?;
    if hits.is_empty()
        && let Some(corrected) = spelling::corrected(tx, &search).await?
    {
        hits = list::find(tx, filter, &corrected, sort, &position, limit).await?;
    }
    Ok(page(hits, sort, &position, limit))
}

/// How many courses there are of each kind, to choose a filter from.
///
/// # Errors
/// What the database answers.
pub async fn facets(tx: &Tx, filter: &CourseFilter) -> Result<Facets> {
    let Some(search) = Search::of(filter) else {
        return Ok(Facets::default());
    };
    let facets = facet_counts::count(tx, filter, &search).await?;
    if facets.total > 0 {
        return Ok(facets);
    }
    match spelling::corrected(tx, &search).await? {
        Some(corrected) => facet_counts::count(tx, filter, &corrected).await,
        None => Ok(facets),
    }
}

/// Cuts the extra row off that tells whether there are more.
fn page(mut hits: Vec<Hit>, sort: CourseSort, position: &PagePosition, limit: Limit) -> CataloguePage {
    let has_more = hits.len() > limit.rows();
    hits.truncate(limit.rows());
    if matches!(position, PagePosition::Before(_)) {
        hits.reverse();
    }
    let first = hits.first().map(|hit| list::position(hit, sort));
    let last = hits.last().map(|hit| list::position(hit, sort));
    let (previous, next): (Option<Cursor>, Option<Cursor>) = match position {
        PagePosition::Start => (None, last.filter(|_| has_more)),
        PagePosition::After(_) => (first, last.filter(|_| has_more)),
        PagePosition::Before(_) => (first.filter(|_| has_more), last),
    };
    CataloguePage { data: hits.into_iter().map(|hit| hit.course).collect(), next, previous }
}

/// Brings the entry of a course up to date, or removes it where the course is not to be shown. Whatever changes a course calls this.
pub(crate) async fn refresh(tx: &Tx, course: &Course) -> Result<()> {
    match course.published_at {
        Some(published_at) if course.is_published && course.archived_at.is_none() => {
            entries::put(tx, course, published_at).await?;
        }
        _ => entries::remove(tx, course.id).await?,
    }
    tx.invalidate_public_cache().await
}

/// Counts the published chapters and lessons of a course again, and writes [`OUTLINE_CHANGED`]: every change of the published outline
/// goes through here, and what learners have completed follows from it, whoever made the change.
pub(crate) async fn recount(tx: &Tx, course_id: CourseId) -> Result<()> {
    entries::recount(tx, course_id).await?;
    let payload = json!({ "courseId": course_id, "requestedBy": tx.actor().user_id() });
    outbox::send(tx, OUTLINE_CHANGED, payload).await?;
    tx.invalidate_public_cache().await
}

/// Removes a course from the catalogue.
pub(crate) async fn remove(tx: &Tx, id: CourseId) -> Result<()> {
    entries::remove(tx, id).await?;
    tx.invalidate_public_cache().await
}

/// Updates the entries of the next courses of a category, after it was renamed: those with ids behind `after`. Returns the last of
/// them, or `None` where there are no more. The worker calls it in batches, since there may be thousands.
///
/// # Errors
/// What the database answers.
pub async fn refresh_category(
    tx: &Tx,
    category_id: CategoryId,
    after: Option<CourseId>,
) -> Result<Option<CourseId>> {
    let after = after.unwrap_or(CourseId(Uuid::nil()));
    let ids = entries::lock_of_category(tx, category_id, after).await?;
    for course in find_all(tx, &ids).await? {
        refresh(tx, &course).await?;
    }
    Ok(ids.last().copied())
}

/// Sets how many learners ever enrolled in a course. The worker calls it after each enrolment.
///
/// # Errors
/// What the database answers.
pub async fn set_popularity(tx: &Tx, course_id: CourseId, enrollments: i64) -> Result<()> {
    entries::set_popularity(tx, course_id, enrollments).await?;
    tx.invalidate_public_cache().await
}
