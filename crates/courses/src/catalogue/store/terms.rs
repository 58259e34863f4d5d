//! The words of the catalogue, to find the word that was meant by a misspelt one. The tables have no entities, so that all is text.

use std::{collections::BTreeSet, ops::RangeInclusive};

use database::{Tx, values};
use kernel::Result;
use sea_orm::{FromQueryResult, Value};
use serde_json::json;

/// The length of the words that are kept, in letters. Only those in Latin letters are: a slip of the finger in another script changes
/// too much of a word.
const LENGTHS: RangeInclusive<usize> = 3..=40;

/// The names of the pieces in a statement: as many as the longest word is cut into.
const PIECES: [&str; 5] = ["piece_1", "piece_2", "piece_3", "piece_4", "piece_5"];

/// Keeps the words of these texts, each once.
pub(super) async fn add(tx: &Tx, texts: [&str; 4]) -> Result<()> {
    // In the same order everywhere, so that no two transactions wait for each other's words.
    let words: BTreeSet<&str> = texts
        .into_iter()
        .flat_map(|text| text.split(' '))
        .filter(|word| word.is_ascii() && LENGTHS.contains(&word.len()))
        .collect();
    let sql = if tx.is_postgres() {
        "INSERT INTO catalogue_terms (term, letters) SELECT w.word, length(w.word) \
         FROM jsonb_array_elements_text(:words) w (word) ON CONFLICT DO NOTHING"
    } else {
        "INSERT INTO catalogue_terms (term, letters) SELECT value, length(value) FROM json_each(:words) WHERE TRUE \
         ON CONFLICT DO NOTHING"
    };
    tx.execute(sql, values! { words: json!(words) }).await.map(drop)
}

/// Whether a published course has this word, or, with `is_prefix`, one that begins with it.
pub(in crate::catalogue) async fn is_known(tx: &Tx, word: &str, is_prefix: bool) -> Result<bool> {
    let (condition, query) = if tx.is_postgres() {
        let end = if is_prefix { ":*" } else { "" };
        ("document @@ to_tsquery('simple', :query)", format!("{word}{end}"))
    } else {
        let end = if is_prefix { "*" } else { "" };
        ("catalogue_search MATCH :query", format!("\"{word}\"{end}"))
    };
    let sql =
        format!("SELECT count(*) FROM (SELECT 1 FROM catalogue_search WHERE {condition} LIMIT 1) known");
    let count: Option<i64> = tx.fetch_scalar(&sql, values! { query }).await?;
    Ok(count > Some(0))
}

#[derive(FromQueryResult)]
struct TermRow {
    term: String,
}

/// The words of these lengths that contain one of these pieces.
pub(in crate::catalogue) async fn with_pieces(
    tx: &Tx,
    lengths: RangeInclusive<usize>,
    pieces: &[&str],
) -> Result<Vec<String>> {
    let [min, max] = [*lengths.start(), *lengths.end()].map(|bound| i64::try_from(bound).unwrap_or(i64::MAX));
    let mut values: Vec<(&'static str, Value)> = values! { min, max }.into();
    let mut conditions = Vec::with_capacity(pieces.len());
    for (name, piece) in PIECES.into_iter().zip(pieces) {
        values.push((name, format!("%{piece}%").into()));
        conditions.push(format!("term LIKE :{name}"));
    }
    let sql = format!(
        "SELECT term FROM catalogue_terms WHERE letters BETWEEN :min AND :max AND ({})",
        conditions.join(" OR ")
    );
    let rows: Vec<TermRow> = tx.fetch_all(&sql, values).await?;
    Ok(rows.into_iter().map(|row| row.term).collect())
}
