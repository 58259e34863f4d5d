//! The conditions of a filter, as SQL over the entry `e`.

use database::{Tx, values};
use kernel::CategoryId;
use sea_orm::Value;
use serde_json::json;

use crate::catalogue::{model::CourseFilter, search::Search};

/// What a word of the search counts in the title, and in a name of a person or a category.
const TITLE_WEIGHT: i64 = 1_000;
const NAME_WEIGHT: i64 = 30;

/// The rank where nothing is ordered by it.
pub(super) const UNRANKED: &str = "CAST(0 AS bigint)";

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
            // CROSS JOIN keeps SQLite to this order: the words first. LIMIT -1 makes it look each match up once.
            "(SELECT rowid AS id FROM catalogue_search WHERE catalogue_search MATCH :words LIMIT -1) s \
             CROSS JOIN catalogue_search_ids i ON i.id = s.id \
             CROSS JOIN catalogue_entries e ON e.course_id = i.course_id WHERE TRUE"
                .to_owned()
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

/// How well an entry of [`matching`] matches: a larger number is better. It depends on the entry alone, so that a page goes on where the
/// last one ended, whatever was written to other courses meanwhile.
pub(super) fn rank(tx: &Tx, search: &Search) -> &'static str {
    if search.words.is_empty() {
        UNRANKED
    } else if tx.is_postgres() {
        "CAST(1000000 * ts_rank_cd(s.document, to_tsquery('simple', :words)) AS bigint)"
    } else {
        // Of titles that have the same words, the shorter one is the better match.
        "coalesce(w.weight, 0) * 1000 - length(e.sort_title)"
    }
}

/// Weighs the matches of FTS5 by where the words stand. `bm25` would not do: it depends on how often all courses have a word.
pub(super) fn rank_in_sqlite(tx: &Tx, search: &Search, found: &mut Clause) {
    if tx.is_postgres() || search.words.is_empty() {
        return;
    }
    let weights = search.words.iter().flat_map(|word| {
        [("title", TITLE_WEIGHT), ("people shelves", NAME_WEIGHT)]
            .map(|(columns, weight)| json!([format!("{{{columns}}}: {}", beginning(word)), weight]))
    });
    found.values.extend(values! { weights: Value::from(json!(Vec::from_iter(weights)).to_string()) });
    let join = " LEFT JOIN (SELECT catalogue_search.rowid AS id, sum(j.value ->> 1) AS weight \
                FROM json_each(:weights) j CROSS JOIN catalogue_search WHERE catalogue_search MATCH j.value ->> 0 \
                GROUP BY 1) w ON w.id = s.id WHERE TRUE";
    found.sql = found.sql.replacen(" WHERE TRUE", join, 1);
}

/// All words, each by its beginning: `stren:* & mobil:*` for PostgreSQL, `"stren"* "mobil"*` for FTS5.
fn query_of(tx: &Tx, words: &[String]) -> String {
    if tx.is_postgres() {
        let words: Vec<String> = words.iter().map(|word| format!("{word}:*")).collect();
        words.join(" & ")
    } else {
        let words: Vec<String> = words.iter().map(|word| beginning(word)).collect();
        words.join(" ")
    }
}

/// The beginning of a word for FTS5.
fn beginning(word: &str) -> String {
    format!("\"{word}\"*")
}
