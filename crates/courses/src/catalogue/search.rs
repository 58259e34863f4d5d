//! Searches, in words as the index has them.

use deunicode::deunicode;
use kernel::Piece;

use super::model::CourseFilter;

/// The most words of a search; the rest is ignored. In a script without blanks, each two letters count as one.
const MAX_WORDS: usize = 24;

/// The words to look for, as the index has them. A search without words finds everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) words: Vec<String>,
}

impl Search {
    /// The search of a filter; `None` where somebody searches for a text without letters and digits, which finds nothing.
    pub(super) fn of(filter: &CourseFilter) -> Option<Self> {
        let Some(q) = &filter.q else {
            return Some(Self::default());
        };
        let words: Vec<String> = kernel::pieces(q).iter().flat_map(searched).take(MAX_WORDS).collect();
        (!words.is_empty()).then_some(Self { words })
    }
}

/// The words of a text, as the index has them, separated by blanks.
///
/// A script without blanks is indexed by each two neighbouring letters, so that a word is found wherever it stands; the last letter
/// stands alone, so that it is found by itself as the others are by the beginning of a pair.
pub(crate) fn indexed(text: &str) -> String {
    let mut words = Vec::new();
    for piece in kernel::pieces(text) {
        if let Piece::Run(letters) = &piece {
            words.extend(pairs(letters));
            words.extend(letters.last().map(char::to_string));
        } else {
            words.extend(searched(&piece));
        }
    }
    words.join(" ")
}

/// What to look for in the index.
fn searched(piece: &Piece) -> Vec<String> {
    match piece {
        Piece::Word(word) => vec![word.clone()],
        Piece::Run(letters) if letters.len() == 1 => letters.iter().map(char::to_string).collect(),
        Piece::Run(letters) => pairs(letters).collect(),
    }
}

fn pairs(letters: &[char]) -> impl Iterator<Item = String> {
    letters.windows(2).map(|pair| pair.iter().collect())
}

/// A title as the catalogue orders it: lower-case Latin letters and digits, words separated by single blanks.
pub(crate) fn sortable(title: &str) -> String {
    let mut sortable = String::with_capacity(title.len());
    for c in deunicode(title).chars() {
        if c.is_ascii_alphanumeric() {
            sortable.push(c.to_ascii_lowercase());
        } else if !sortable.ends_with(' ') && !sortable.is_empty() {
            sortable.push(' ');
        }
    }
    sortable.truncate(sortable.trim_end().len());
    sortable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_read_as_the_index_is_written() {
        assert_eq!(sortable("  Dehnübungen, für LÄUFER! "), "dehnubungen fur laufer");
        assert_eq!(indexed("  Dehnübungen, für LÄUFER! "), "dehnubungen fur laufer");
        assert_eq!(indexed("10分ヨガ入門"), "10 分よ よが が入 入門 門");
        let words_of = |q: &str| {
            let filter = CourseFilter { q: Some(q.to_owned()), ..CourseFilter::default() };
            Search::of(&filter).map(|search| search.words)
        };
        assert_eq!(words_of("' OR 1=1 --").unwrap(), ["or", "1", "1"]);
        assert_eq!(words_of("ヨガ 門").unwrap(), ["よが", "門"]);
        assert_eq!(words_of("القوة"), words_of("القُوَّة"));
        assert_eq!(words_of("!!!"), None);
        assert_eq!(Search::of(&CourseFilter::default()), Some(Search::default()));
    }
}
