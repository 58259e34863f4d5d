use database::{Tx, outbox};
use deunicode::deunicode;
use entity::enums::Level;
use kernel::{CategoryId, CourseId, Cursor, Limit, Result, UserId, Uuid};
use serde_json::json;

use crate::{
    Category, Course,
    store::{self, catalogue::Hit},
};

/// The outbox event that a course has other published chapters or lessons than before.
pub const OUTLINE_CHANGED: &str = "course.outline_changed";
/// Words of a search beyond these are left out.
const WORDS: usize = 8;
/// How many words near a misspelt one are looked up at most.
const TRIED: usize = 8;

/// Which published courses.
#[derive(Clone, Debug, Default)]
pub struct CourseFilter {
    /// Words in the title, the description, or the names of the trainer and the shelves; their beginnings are enough, and
    /// small typing errors are forgiven.
    pub q: Option<String>,
    /// Only those on this shelf, by id or slug.
    pub category: Option<String>,
    /// Only this difficulty.
    pub difficulty: Option<Level>,
    /// Only this author's.
    pub author_id: Option<UserId>,
    /// Only free ones, or only those with a price.
    pub free: Option<bool>,
    /// Only free ones and those with a price in this currency.
    pub currency: Option<String>,
    /// To be paid at least, in minor units.
    pub min_price: Option<i64>,
    /// To be paid at most, in minor units.
    pub max_price: Option<i64>,
    /// Minutes at least.
    pub min_duration: Option<i64>,
    /// Minutes at most.
    pub max_duration: Option<i64>,
}

/// The order of the catalogue. All orders end in the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseSort {
    /// Last published first.
    Newest,
    /// First published first.
    Oldest,
    /// By title, without case and accents.
    Title,
    /// By title, from the end.
    TitleDescending,
    /// By what is to be paid, free ones first.
    Cheapest,
    /// By what is to be paid, dearest first.
    Dearest,
    /// By how many ever enrolled.
    Popularity,
    /// By how well it matches the search.
    Relevance,
}

/// Where a page of the catalogue begins.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// At the beginning.
    Start,
    /// After this position.
    After(Cursor),
    /// Before this position, still in the list's own order.
    Before(Cursor),
}

/// A page of the catalogue, from which one can go on in both directions.
#[derive(Clone, Debug)]
pub struct CataloguePage {
    /// The courses.
    pub data: Vec<Course>,
    /// After which the next page begins; `None` on the last.
    pub next: Option<Cursor>,
    /// Before which the previous page ends; `None` on the first.
    pub previous: Option<Cursor>,
}

/// How many published courses there are of each kind, under all filters but the one of the kind itself.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    /// Under all filters.
    pub total: i64,
    /// By difficulty.
    pub difficulties: Vec<(String, i64)>,
    /// By shelf, in the order of their names.
    pub categories: Vec<(Category, i64)>,
    /// What costs nothing.
    pub free: i64,
    /// What has a price, by its currency: how many, the lowest and the highest in minor units.
    pub prices: Vec<PriceRange>,
}

/// The prices in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRange {
    /// ISO 4217.
    pub currency: String,
    /// How many courses.
    pub count: i64,
    /// The lowest, in minor units.
    pub min: i64,
    /// The highest, in minor units.
    pub max: i64,
}

/// The public catalogue.
///
/// # Errors
/// What the database answers.
pub async fn list_courses(
    tx: &Tx,
    filter: &CourseFilter,
    sort: CourseSort,
    from: From,
    limit: Limit,
) -> Result<CataloguePage> {
    let Some(search) = Search::of(filter) else {
        return Ok(cut(Vec::new(), sort, from, limit));
    };
    let mut rows = store::catalogue::list(tx, filter, &search, sort, from, limit).await?;
    if rows.is_empty()
        && let Some(meant) = search.forgiving(tx).await?
    {
        rows = store::catalogue::list(tx, filter, &meant, sort, from, limit).await?;
    }
    Ok(cut(rows, sort, from, limit))
}

/// What there is to choose from.
///
/// # Errors
/// What the database answers.
pub async fn facets(tx: &Tx, filter: &CourseFilter) -> Result<Facets> {
    let Some(search) = Search::of(filter) else {
        return Ok(Facets::default());
    };
    let facets = store::facets::count(tx, filter, &search).await?;
    if facets.total > 0 {
        return Ok(facets);
    }
    match search.forgiving(tx).await? {
        Some(meant) => store::facets::count(tx, filter, &meant).await,
        None => Ok(facets),
    }
}

/// What to look for, in words as the index has them. Without words it is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) words: Vec<String>,
}

impl Search {
    /// None where somebody searches for what has no letters.
    fn of(filter: &CourseFilter) -> Option<Self> {
        let Some(q) = &filter.q else {
            return Some(Self::default());
        };
        let plain = plain(q);
        let words: Vec<String> = plain
            .split(' ')
            .filter(|word| !word.is_empty())
            .take(WORDS)
            .map(ToOwned::to_owned)
            .collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// What somebody who found nothing may have meant: each word that no course has gives way to the nearest one that some
    /// course has. None where there is no such word, or nothing to change.
    async fn forgiving(&self, tx: &Tx) -> Result<Option<Self>> {
        let mut words = Vec::with_capacity(self.words.len());
        for word in &self.words {
            if store::terms::is_known(tx, word, true).await? {
                words.push(word.clone());
            } else {
                match nearest(tx, word).await? {
                    Some(known) => words.push(known),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(Self { words }).filter(|meant| meant != self))
    }
}

/// The word of a published course that the fewest typing errors make this of.
async fn nearest(tx: &Tx, word: &str) -> Result<Option<String>> {
    let errors = match word.len() {
        ..4 => return Ok(None),
        4..6 => 1,
        6..12 => 2,
        _ => 3,
    };
    let pieces = pieces(word, errors + 2);
    let letters = word.len() - errors..=word.len() + errors;
    let terms = store::terms::with_pieces(tx, letters, &pieces).await?;
    let mut near: Vec<(usize, &String)> = terms
        .iter()
        .map(|term| (strsim::osa_distance(term, word), term))
        .filter(|(distance, _)| *distance <= errors)
        .collect();
    near.sort_unstable();
    // Words are remembered longer than courses.
    for (_, term) in near.into_iter().take(TRIED) {
        if store::terms::is_known(tx, term, false).await? {
            return Ok(Some(term.clone()));
        }
    }
    Ok(None)
}

/// Cuts a word into so many parts: an error in typing spoils one of them, or two where letters changed places between them,
/// so that some part stands in the word that was meant.
fn pieces(word: &str, count: usize) -> Vec<&str> {
    (0..count)
        .filter_map(|at| word.get(word.len() * at / count..word.len() * (at + 1) / count))
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn cut(mut hits: Vec<Hit>, sort: CourseSort, from: From, limit: Limit) -> CataloguePage {
    let more = hits.len() > limit.rows();
    hits.truncate(limit.rows());
    let backwards = matches!(from, From::Before(_));
    if backwards {
        hits.reverse();
    }
    let first = hits.first().map(|hit| hit.position(sort));
    let last = hits.last().map(|hit| hit.position(sort));
    let (previous, next) = match from {
        From::Start => (None, last.filter(|_| more)),
        From::After(_) => (first, last.filter(|_| more)),
        From::Before(_) => (first.filter(|_| more), last),
    };
    CataloguePage {
        data: hits.into_iter().map(|hit| hit.course).collect(),
        next,
        previous,
    }
}

/// Small letters and digits, separated by single spaces.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in deunicode(text).chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.ends_with(' ') && !plain.is_empty() {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// Makes the catalogue show a course as it is, or no more. To be called by whatever changes something of it.
pub(crate) async fn refresh(tx: &Tx, course: &Course) -> Result<()> {
    match course.published_at {
        Some(published_at) if course.is_published && course.archived_at.is_none() => {
            store::catalogue::put(tx, course, published_at).await?;
        }
        _ => store::catalogue::remove(tx, course.id).await?,
    }
    tx.invalidate_public_cache().await
}

/// Counts again what is published in a course, and tells it: every change of the published outline goes through here, and what
/// learners have completed follows from it, whoever made the change.
pub(crate) async fn recount(tx: &Tx, course_id: CourseId) -> Result<()> {
    store::catalogue::recount(tx, course_id).await?;
    let payload = json!({ "courseId": course_id, "requestedBy": tx.actor().user_id() });
    outbox::send(tx, OUTLINE_CHANGED, payload).await?;
    tx.invalidate_public_cache().await
}

/// Makes searches find the next courses of a category by its present name: those whose ids are after `after`. Answers with
/// the last of them, or `None` where there are no more. The worker's, since there may be thousands.
///
/// # Errors
/// What the database answers.
pub async fn refresh_category(
    tx: &Tx,
    category_id: CategoryId,
    after: Option<CourseId>,
) -> Result<Option<CourseId>> {
    let ids = store::catalogue::of_category(tx, category_id, after.unwrap_or(CourseId(Uuid::nil()))).await?;
    for course in store::course::by_ids(tx, &ids).await? {
        refresh(tx, &course).await?;
    }
    Ok(ids.last().copied())
}

/// Takes a course out of the catalogue.
pub(crate) async fn remove(tx: &Tx, id: CourseId) -> Result<()> {
    store::catalogue::remove(tx, id).await?;
    tx.invalidate_public_cache().await
}

/// Counts again how many ever enrolled in a course. The worker's, after each enrolment.
///
/// # Errors
/// What the database answers.
pub async fn set_popularity(tx: &Tx, course_id: CourseId, enrollments: i64) -> Result<()> {
    store::catalogue::set_popularity(tx, course_id, enrollments).await?;
    tx.invalidate_public_cache().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_read_as_the_index_is_written() {
        assert_eq!(plain("  Dehnübungen, für LÄUFER! "), "dehnubungen fur laufer");
        let words_of = |q: &str| {
            let filter = CourseFilter {
                q: Some(q.to_owned()),
                ..CourseFilter::default()
            };
            Search::of(&filter).map(|search| search.words)
        };
        assert_eq!(words_of("' OR 1=1 --").unwrap(), ["or", "1", "1"]);
        assert_eq!(words_of("!!!"), None);
        assert_eq!(Search::of(&CourseFilter::default()), Some(Search::default()));
    }

    #[test]
    fn a_word_falls_into_pieces_without_a_gap() {
        assert_eq!(pieces("sterngth", 4), ["st", "er", "ng", "th"]);
        assert_eq!(pieces("yoag", 3), ["y", "o", "ag"]);
        assert_eq!(pieces("kettlebells", 4).concat(), "kettlebells");
    }
}
