//! The conditions of a filter, as SQL over the entry `e`.

use database::{Tx, values};
use kernel::CategoryId;
use sea_orm::Value;

use crate::catalogue::{model::CourseFilter, search::Search};

/// How well a row of FTS5 matches. The weight of a word in a row grows towards a limit and shrinks with the row's length: the weights
/// are so far apart that a word in the title counts more than one in a name, and that more than one in the description. A word that
/// most rows have counts a millionth, hence the factor.
const FTS5_RANK: &str = "CAST(-1000000000000 * bm25(catalogue_search, 1000.0, 30.0, 30.0, 1.0) AS bigint)";

/// A part of a statement, with the values that it names.
pub(super) struct Clause {
    pub(super) sql: String,
    pub(super) values: Vec<(&'static str, Value)>,
}

impl Clause {
    fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = (&'static str, Value)>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }
}

/// The conditions of each facet on its own, beginning with `AND`.
pub(super) struct FacetConditions {
    pub(super) difficulty: Clause,
    pub(super) category: Clause,
    pub(super) price: Clause,
}

pub(super) fn facet_conditions(filter: &CourseFilter) -> FacetConditions {
    FacetConditions { difficulty: difficulty(filter), category: category(filter), price: price(filter) }
}

fn difficulty(filter: &CourseFilter) -> Clause {
    let mut clause = Clause::new("");
    if let Some(difficulty) = filter.difficulty {
        clause.and("e.difficulty = :difficulty", values! { difficulty });
    }
    clause
}

fn category(filter: &CourseFilter) -> Clause {
    let mut clause = Clause::new("");
    if let Some(key) = &filter.category {
        let (column, category): (_, Value) = match key.parse::<CategoryId>() {
            Ok(id) => ("id", id.into()),
            Err(_) => ("slug", key.clone().into()),
        };
        let sql = format!(
            "e.course_id IN (SELECT m.course_id FROM course_categories m JOIN categories g ON g.id = m.category_id \
             WHERE g.{column} = :category)"
        );
        clause.and(&sql, values! { category });
    }
    clause
}

fn price(filter: &CourseFilter) -> Clause {
    let mut clause = Clause::new("");
    match filter.free {
        Some(true) => clause.and("e.price = 0", []),
        Some(false) => clause.and("e.price > 0", []),
        None => {}
    }
    if let Some(currency) = &filter.currency {
        clause.and("(e.price = 0 OR e.currency = :currency)", values! { currency: currency.clone() });
    }
    if let Some(min_price) = filter.min_price {
        clause.and("e.price >= :min_price", values! { min_price });
    }
    if let Some(max_price) = filter.max_price {
        clause.and("e.price <= :max_price", values! { max_price });
    }
    clause
}

/// What follows `FROM` for the entries that match the search and the filters without a facet.
pub(super) fn matching(tx: &Tx, filter: &CourseFilter, search: &Search) -> Clause {
    let mut clause = if search.words.is_empty() {
        Clause::new("catalogue_entries e WHERE TRUE")
    } else {
        let sql = if tx.is_postgres() {
            "catalogue_entries e JOIN catalogue_search s ON s.course_id = e.course_id \
             WHERE s.document @@ to_tsquery('simple', :words)"
                .to_owned()
        } else {
            // CROSS JOIN keeps SQLite to this order: the words first. LIMIT -1 makes it rank each match once.
            format!(
                "(SELECT rowid AS id, {FTS5_RANK} AS rank FROM catalogue_search \
                 WHERE catalogue_search MATCH :words LIMIT -1) s \
                 CROSS JOIN catalogue_search_ids i ON i.id = s.id \
                 CROSS JOIN catalogue_entries e ON e.course_id = i.course_id WHERE TRUE"
            )
        };
        Clause { sql, values: values! { words: query_of(tx, &search.words) }.into() }
    };
    if let Some(author_id) = filter.author_id {
        clause.and("e.author_id = :author_id", values! { author_id });
    }
    if let Some(min_duration) = filter.min_duration {
        clause.and("e.duration >= :min_duration", values! { min_duration });
    }
    if let Some(max_duration) = filter.max_duration {
        clause.and("e.duration <= :max_duration", values! { max_duration });
    }
    clause
}

/// How well an entry of [`matching`] matches: a larger number is better.
pub(super) fn rank(tx: &Tx, search: &Search) -> &'static str {
    if search.words.is_empty() {
        "CAST(0 AS bigint)"
    } else if tx.is_postgres() {
        "CAST(1000000 * ts_rank_cd(s.document, to_tsquery('simple', :words)) AS bigint)"
    } else {
        "s.rank"
    }
}

/// All words, each by its beginning: `stren:* & mobil:*` for PostgreSQL, `"stren"* "mobil"*` for FTS5.
fn query_of(tx: &Tx, words: &[String]) -> String {
    if tx.is_postgres() {
        let words: Vec<String> = words.iter().map(|word| format!("{word}:*")).collect();
        words.join(" & ")
    } else {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"*")).collect();
        words.join(" ")
    }
}
