//! Pages of the catalogue.

use std::fmt::Write;

use database::{Tx, values};
use kernel::{Cursor, Limit, Result};
use sea_orm::Value;

use super::filter::{UNRANKED, facet_conditions, matching, rank, rank_in_sqlite};
use crate::{
    catalogue::{
        model::{CourseFilter, CourseSort, Hit, PagePosition},
        search::Search,
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
    position: &PagePosition,
    limit: Limit,
) -> Result<Vec<Hit>> {
    let rank = if sort == CourseSort::Relevance { rank(tx, search) } else { UNRANKED };
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
    let mut found = matching(tx, filter, search);
    if sort == CourseSort::Relevance {
        rank_in_sqlite(tx, search, &mut found);
    }
    let facets = facet_conditions(filter);
    let mut values = found.values;
    let mut query = format!(
        "SELECT * FROM (SELECT e.course_id, e.sort_title, {rank} AS rank, {sort_key} AS sort_key FROM {}",
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
    Ok(ranked.into_iter().map(|(course, rank, sort_title)| Hit { course, rank, sort_title }).collect())
}

/// The sort key of a position, with the values that it names.
fn key_of(cursor: &Cursor, sort: CourseSort) -> (&'static str, Vec<(&'static str, Value)>) {
    match sort {
        CourseSort::Newest | CourseSort::Oldest => {
            (":position_time", values! { position_time: cursor.time() }.into())
        }
        CourseSort::Title | CourseSort::TitleDescending => {
            (":position_title", values! { position_title: cursor.text() }.into())
        }
        CourseSort::Cheapest | CourseSort::Dearest | CourseSort::Popularity | CourseSort::Relevance => {
            (":position_key", values! { position_key: cursor.number() }.into())
        }
    }
}

/// The position of a course in a list of this order.
pub(in crate::catalogue) fn position(hit: &Hit, sort: CourseSort) -> Cursor {
    let course = &hit.course;
    match sort {
        CourseSort::Newest | CourseSort::Oldest => {
            Cursor::at(course.published_at.unwrap_or_default(), course.id)
        }
        CourseSort::Title | CourseSort::TitleDescending => {
            Cursor::at_text(hit.sort_title.as_str(), course.id)
        }
        CourseSort::Cheapest | CourseSort::Dearest => Cursor::at_number(course.effective_price(), course.id),
        CourseSort::Popularity => Cursor::at_number(course.enrollment_count, course.id),
        CourseSort::Relevance => Cursor::at_number(hit.rank, course.id),
    }
}
