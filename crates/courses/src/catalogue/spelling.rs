//! Searches with typing errors.

use database::Tx;
use kernel::Result;

use super::{search::Search, store::terms};

/// The most candidates that are looked up for one misspelt word.
const MAX_CANDIDATES: usize = 8;

/// What somebody whose search found nothing may have meant: each word that no course has is replaced by the nearest word that some
/// course has. `None` where a word has no such neighbour, or where there is nothing to replace.
pub(super) async fn corrected(tx: &Tx, search: &Search) -> Result<Option<Search>> {
    let mut words = Vec::with_capacity(search.words.len());
    for word in &search.words {
        if terms::is_known(tx, word, true).await? {
            words.push(word.clone());
        } else {
            match nearest(tx, word).await? {
                Some(known) => words.push(known),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(Search { words }).filter(|corrected| corrected != search))
}

/// The word of a published course that is the fewest typing errors away.
async fn nearest(tx: &Tx, word: &str) -> Result<Option<String>> {
    if !word.is_ascii() {
        return Ok(None);
    }
    let errors = match word.len() {
        ..4 => return Ok(None),
        4..6 => 1,
        6..12 => 2,
        _ => 3,
    };
    let pieces = pieces(word, errors + 2);
    let lengths = word.len() - errors..=word.len() + errors;
    let candidates = terms::with_pieces(tx, lengths, &pieces).await?;
    let mut near: Vec<(usize, &String)> = candidates
        .iter()
        .map(|term| (strsim::osa_distance(term, word), term))
        .filter(|(distance, _)| *distance <= errors)
        .collect();
    near.sort_unstable();
    // The index keeps words longer than the courses that had them.
    for (_, term) in near.into_iter().take(MAX_CANDIDATES) {
        if terms::is_known(tx, term, false).await? {
            return Ok(Some(term.clone()));
        }
    }
    Ok(None)
}

/// Cuts a word into this many pieces. A typing error spoils one of them, or two where letters changed places between them; with two
/// pieces more than errors, at least one piece occurs in the word that was meant.
fn pieces(word: &str, count: usize) -> Vec<&str> {
    (0..count)
        .filter_map(|at| word.get(word.len() * at / count..word.len() * (at + 1) / count))
        .filter(|piece| !piece.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_cut_into_pieces_without_a_gap() {
        assert_eq!(pieces("sterngth", 4), ["st", "er", "ng", "th"]);
        assert_eq!(pieces("yoag", 3), ["y", "o", "ag"]);
        assert_eq!(pieces("kettlebells", 4).concat(), "kettlebells");
    }
}
