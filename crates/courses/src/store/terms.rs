//! The words of the catalogue, to find what was meant by one that is not among them.

use std::{collections::BTreeSet, ops::RangeInclusive};

use database::{MapDbErr, Tx};
use kernel::Result;
use sea_orm::{ConnectionTrait, Value};

/// How long a word is that is worth remembering.
const LETTERS: RangeInclusive<usize> = 3..=40;

/// Remembers words, each once.
pub(super) async fn add(tx: &Tx, texts: [&str; 4]) -> Result<()> {
    // In one order everywhere, so that no two courses wait for each other's words.
    let words: BTreeSet<&str> = texts
        .into_iter()
        .flat_map(|text| text.split(' '))
        .filter(|word| LETTERS.contains(&word.len()))
        .collect();
    let sql = if tx.is_postgres() {
        "INSERT INTO catalogue_terms (term, letters) SELECT w.word, length(w.word) \
         FROM jsonb_array_elements_text(?) w (word) ON CONFLICT DO NOTHING"
    } else {
        "INSERT INTO catalogue_terms (term, letters) SELECT value, length(value) FROM json_each(?) WHERE TRUE \
         ON CONFLICT DO NOTHING"
    };
    tx.change(sql, [serde_json::json!(words).into()]).await.map(drop)
}

/// Whether a published course has this word, or, with `begins`, one that begins so.
pub(crate) async fn is_known(tx: &Tx, word: &str, begins: bool) -> Result<bool> {
    let (place, query) = if tx.is_postgres() {
        let end = if begins { ":*" } else { "" };
        ("document @@ to_tsquery('simple', ?)", format!("{word}{end}"))
    } else {
        let end = if begins { "*" } else { "" };
        ("catalogue_search MATCH ?", format!("\"{word}\"{end}"))
    };
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM catalogue_search WHERE {place} LIMIT 1) known");
    Ok(tx.count(&sql, [query.into()]).await? > 0)
}

/// Words of about this length that have one of these pieces.
pub(crate) async fn with_pieces(
    tx: &Tx,
    letters: RangeInclusive<usize>,
    pieces: &[&str],
) -> Result<Vec<String>> {
    let bounds = [*letters.start(), *letters.end()].map(|bound| i64::try_from(bound).unwrap_or(i64::MAX));
    let mut values: Vec<Value> = bounds.into_iter().map(Value::from).collect();
    values.extend(pieces.iter().map(|piece| Value::from(format!("%{piece}%"))));
    let like = vec!["term LIKE ?"; pieces.len()].join(" OR ");
    let sql = format!("SELECT term FROM catalogue_terms WHERE letters BETWEEN ? AND ? AND ({like})");
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    rows.iter()
        .map(|row| row.try_get("", "term"))
        .collect::<Result<_, _>>()
        .map_db_err()
}
