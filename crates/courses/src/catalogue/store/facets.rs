//! The counts of the catalogue by facet.

use std::collections::HashMap;

use database::Tx;
use entity::enums::Level;
use kernel::{CategoryId, Error, Result};
use sea_orm::FromQueryResult;

use super::filter::{facet_conditions, matching};
use crate::{
    catalogue::{
        model::{CourseFilter, Facets, PriceRange},
        search::Search,
    },
    category,
};

#[derive(FromQueryResult)]
struct Count {
    /// Which facet it belongs to.
    facet: String,
    /// The difficulty, or the currency; empty for free courses and where the facet has no name.
    name: String,
    id: Option<CategoryId>,
    courses: i64,
    lowest: i64,
    highest: i64,
}

/// Counts the courses under a filter. What matches is found once, with whether it meets the condition of each facet; then each facet
/// counts what meets the conditions of the others. It is text because the catalogue is hot.
pub(in crate::catalogue) async fn count(tx: &Tx, filter: &CourseFilter, search: &Search) -> Result<Facets> {
    let conditions = facet_conditions(filter);
    let found = matching(tx, filter, search);
    let free = "CASE WHEN price = 0 THEN '' ELSE currency END";
    let sql = format!(
        "WITH found AS MATERIALIZED (SELECT e.course_id, e.difficulty, e.price, e.currency, \
         (TRUE{}) AS fits_difficulty, (TRUE{}) AS fits_category, (TRUE{}) AS fits_price FROM {}) \
         SELECT 'total' AS facet, '' AS name, CAST(NULL AS uuid) AS id, count(*) AS courses, \
         CAST(0 AS bigint) AS lowest, CAST(0 AS bigint) AS highest \
         FROM found WHERE fits_difficulty AND fits_category AND fits_price \
         UNION ALL SELECT 'difficulty', difficulty, NULL, count(*), 0, 0 \
         FROM found WHERE fits_category AND fits_price GROUP BY difficulty \
         UNION ALL SELECT 'category', '', m.category_id, count(*), 0, 0 \
         FROM found f JOIN course_categories m ON m.course_id = f.course_id \
         WHERE f.fits_difficulty AND f.fits_price GROUP BY m.category_id \
         UNION ALL SELECT 'price', {free}, NULL, count(*), min(price), max(price) \
         FROM found WHERE fits_difficulty AND fits_category GROUP BY {free} ORDER BY 1, 2",
        conditions.difficulty.sql, conditions.category.sql, conditions.price.sql, found.sql,
    );
    let values =
        [conditions.difficulty.values, conditions.category.values, conditions.price.values, found.values]
            .concat();
    let mut facets = Facets::default();
    let mut categories = HashMap::new();
    for count in tx.fetch_all::<Count>(&sql, values).await? {
        match count.facet.as_str() {
            "total" => facets.total = count.courses,
            "difficulty" => {
                let level: Level = count.name.parse().map_err(Error::internal)?;
                facets.difficulties.push((level, count.courses));
            }
            "price" if count.name.is_empty() => facets.free = count.courses,
            "price" => facets.prices.push(PriceRange {
                currency: count.name,
                count: count.courses,
                min: count.lowest,
                max: count.highest,
            }),
            _ => categories.extend(count.id.map(|id| (id, count.courses))),
        }
    }
    facets.categories = category::store::with_counts(tx, &categories).await?;
    Ok(facets)
}
