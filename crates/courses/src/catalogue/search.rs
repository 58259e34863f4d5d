//! Searches, in words as the index has them.

use deunicode::deunicode;

use super::model::CourseFilter;

/// The most words of a search; the rest is ignored.
const MAX_WORDS: usize = 8;

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
        let words: Vec<String> = normalise(q)
            .split(' ')
            .filter(|word| !word.is_empty())
            .take(MAX_WORDS)
            .map(ToOwned::to_owned)
            .collect();
        (!words.is_empty()).then_some(Self { words })
    }
}

/// A text as the index has it: lower-case letters and digits without accents, words separated by single spaces.
pub(crate) fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for c in deunicode(text).chars() {
        if c.is_ascii_alphanumeric() {
            normal.push(c.to_ascii_lowercase());
        } else if !normal.ends_with(' ') && !normal.is_empty() {
            normal.push(' ');
        }
    }
    normal.truncate(normal.trim_end().len());
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_read_as_the_index_is_written() {
        assert_eq!(normalise("  Dehnübungen, für LÄUFER! "), "dehnubungen fur laufer");
        let words_of = |q: &str| {
            let filter = CourseFilter { q: Some(q.to_owned()), ..CourseFilter::default() };
            Search::of(&filter).map(|search| search.words)
        };
        assert_eq!(words_of("' OR 1=1 --").unwrap(), ["or", "1", "1"]);
        assert_eq!(words_of("!!!"), None);
        assert_eq!(Search::of(&CourseFilter::default()), Some(Search::default()));
    }
}
