//! Counts of what the public list has.

use database::Tx;
use kernel::{CategoryId, Result};
use sea_orm::FromQueryResult;

use super::{
    catalogue::{Part, matching},
    category,
};
use crate::{CourseFilter, Facets, PriceRange, catalogue::Search};

#[derive(FromQueryResult)]
struct Count {
    kind: String,
    name: String,
    id: Option<CategoryId>,
    courses: i64,
    lowest: i64,
    highest: i64,
}

/// Counts under a filter. What matches is found once, with whether it fits each facet's own filter; then each facet counts
/// what fits the others'.
pub(crate) async fn count(tx: &Tx, filter: &CourseFilter, search: &Search) -> Result<Facets> {
    let fits = |narrow: fn(&mut Part, &CourseFilter)| {
        let mut part = Part::new("(TRUE");
        narrow(&mut part, filter);
        part.sql.push(')');
        part
    };
    let (difficulty, shelf, price) = (fits(Part::difficulty), fits(Part::category), fits(Part::price));
    let found = matching(tx, filter, search);
    let free = "CASE WHEN price = 0 THEN '' ELSE currency END";
    let sql = format!(
        "WITH found AS MATERIALIZED (SELECT e.course_id, e.difficulty, e.price, e.currency, {} AS fits_difficulty, \
         {} AS fits_shelf, {} AS fits_price FROM {}) \
         SELECT 'total' AS kind, '' AS name, CAST(NULL AS uuid) AS id, count(*) AS courses, \
         CAST(0 AS bigint) AS lowest, CAST(0 AS bigint) AS highest \
         FROM found WHERE fits_difficulty AND fits_shelf AND fits_price \
         UNION ALL SELECT 'difficulty', difficulty, NULL, count(*), 0, 0 \
         FROM found WHERE fits_shelf AND fits_price GROUP BY difficulty \
         UNION ALL SELECT 'shelf', '', m.category_id, count(*), 0, 0 \
         FROM found f JOIN course_categories m ON m.course_id = f.course_id \
         WHERE f.fits_difficulty AND f.fits_price GROUP BY m.category_id \
         UNION ALL SELECT 'price', {free}, NULL, count(*), min(price), max(price) \
         FROM found WHERE fits_difficulty AND fits_shelf GROUP BY {free} ORDER BY 1, 2",
        difficulty.sql, shelf.sql, price.sql, found.sql,
    );
    let values = [difficulty.values, shelf.values, price.values, found.values].concat();
    let mut facets = Facets::default();
    let mut shelves = Vec::new();
    for Count {
        kind,
        name,
        id,
        courses,
        lowest,
        highest,
    } in tx.all::<Count>(&sql, values).await?
    {
        match kind.as_str() {
            "total" => facets.total = courses,
            "difficulty" => facets.difficulties.push((name, courses)),
            "price" if name.is_empty() => facets.free = courses,
            "price" => facets.prices.push(PriceRange {
                currency: name,
                count: courses,
                min: lowest,
                max: highest,
            }),
            _ => shelves.extend(id.map(|id| (id, courses))),
        }
    }
    facets.categories = category::counted(tx, &shelves).await?;
    Ok(facets)
}
