//! Pages of the catalogue.

use std::fmt::Write;

use database::{Tx, values};
use kernel::{Cursor, Limit, Result};
use sea_orm::Value;

use super::filter::{facet_conditions, matching, rank};
use crate::{
    catalogue::{
        model::{CourseFilter, CourseSort, Hit, PagePosition},
        search::{Search, sortable},
    },
    course::store::list_ranked,
};

/// One course more than the page shows, in one statement, and their categories in a second one. A page before a position comes in
/// reverse. It is text because the catalogue is hot.
pub(in crate::catalogue) async fn find(
    tx: &Tx,
    filter: &CourseFilter,
    search: &Search,
    sort: CourseSort,
    position: PagePosition,
    limit: Limit,
) -> Result<Vec<Hit>> {
    let rank = rank(tx, search);
    let sort_key = match sort {
        CourseSort::Newest | CourseSort::Oldest => "e.published_at",
        CourseSort::Title | CourseSort::TitleDescending => "e.sort_title",
        CourseSort::Cheapest | CourseSort::Dearest => "e.price",
        CourseSort::Popularity => {
            "coalesce((SELECT p.enrollment_count FROM course_popularity p WHERE p.course_id = e.course_id), 0)"
        }
        CourseSort::Relevance => rank,
    };
    let is_backwards = matches!(position, PagePosition::Before(_));
    let (compare, direction) =
        if sort.is_descending() == is_backwards { (">", "ASC") } else { ("<", "DESC") };
    let found = matching(tx, filter, search);
    let facets = facet_conditions(filter);
    let mut values = found.values;
    let mut query = format!(
        "SELECT * FROM (SELECT e.course_id, {rank} AS rank, {sort_key} AS sort_key FROM {}",
        found.sql
    );
    for condition in [facets.difficulty, facets.category, facets.price] {
        query.push_str(&condition.sql);
        values.extend(condition.values);
    }
    query.push_str(") m");
    if let PagePosition::After(cursor) | PagePosition::Before(cursor) = position {
        let (key, key_values) = key_of(cursor, sort);
        let _ = write!(query, " WHERE (m.sort_key, m.course_id) {compare} ({key}, :position_id)");
        values.extend(key_values);
        values.extend(values! { position_id: cursor.id });
    }
    let _ =
        write!(query, " ORDER BY m.sort_key {direction}, m.course_id {direction} LIMIT {}", limit.fetch());
    let order = format!("ORDER BY h.sort_key {direction}, h.course_id {direction}");
    let ranked = list_ranked(tx, &query, &order, values).await?;
    Ok(ranked.into_iter().map(|(course, rank)| Hit { course, rank }).collect())
}

/// The sort key of a position, with the values that it names. Of a title the cursor holds only the beginning: the whole title is read
/// from the course, as long as that is there.
fn key_of(cursor: Cursor, sort: CourseSort) -> (&'static str, Vec<(&'static str, Value)>) {
    match sort {
        CourseSort::Newest | CourseSort::Oldest => {
            (":position_time", values! { position_time: cursor.time() }.into())
        }
        CourseSort::Title | CourseSort::TitleDescending => (
            "coalesce((SELECT x.sort_title FROM catalogue_entries x WHERE x.course_id = :position_id), :position_title)",
            values! { position_title: title_of_key(cursor.key) }.into(),
        ),
        CourseSort::Cheapest | CourseSort::Dearest | CourseSort::Popularity | CourseSort::Relevance => {
            (":position_key", values! { position_key: cursor.key }.into())
        }
    }
}

/// The position of a course in a list of this order.
pub(in crate::catalogue) fn position(hit: &Hit, sort: CourseSort) -> Cursor {
    let course = &hit.course;
    let key = match sort {
        CourseSort::Newest | CourseSort::Oldest => {
            return Cursor::at(course.published_at.unwrap_or_default(), course.id);
        }
        CourseSort::Title | CourseSort::TitleDescending => key_of_title(&sortable(&course.title)),
        CourseSort::Cheapest | CourseSort::Dearest => course.effective_price(),
        CourseSort::Popularity => course.enrollment_count,
        CourseSort::Relevance => hit.rank,
    };
    Cursor { key, id: course.id.into() }
}

/// The first seven letters of a title, as a number in the same order: enough to continue from a course that was removed meanwhile.
fn key_of_title(title: &str) -> i64 {
    title.bytes().chain(std::iter::repeat(0)).take(7).fold(0, |key, byte| key << 8 | i64::from(byte))
}

fn title_of_key(key: i64) -> String {
    let letters = key.max(0).to_be_bytes().into_iter().skip(1);
    letters.take_while(|byte| *byte != 0).filter(u8::is_ascii).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_titles() {
        let titles = ["", "a", "aa", "mobility", "strength", "strengthen"];
        for pair in titles.windows(2) {
            assert!(key_of_title(pair[0]) <= key_of_title(pair[1]), "{pair:?}");
        }
        assert_eq!(title_of_key(key_of_title("mobility")), "mobilit");
        assert_eq!(title_of_key(-1), "");
    }
}
