//! Pages of lists: limits and cursors.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Timestamp;

/// How many rows a page holds: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u64);

impl Limit {
    /// A limit within 1 to 100; the document has already refused others, so that this is a second guard.
    #[must_use]
    pub fn new(rows: u64) -> Self {
        Self(rows.clamp(1, 100))
    }

    /// Rows to show.
    #[must_use]
    pub fn rows(self) -> usize {
        usize::try_from(self.0).unwrap_or(100)
    }

    /// Rows to fetch: one more than shown tells whether there is a next page.
    #[must_use]
    pub fn fetch(self) -> u64 {
        self.0 + 1
    }
}

/// A position in a list: the sort key of the last row shown, and its id, which makes the order total.
///
/// Written as 32 characters of base64url. Every string of that form is a legal position, so that a made-up cursor
/// is an odd place in the list and never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key: microseconds since 1970 for times, the number itself otherwise.
    pub key: i64,
    /// The id of the last row shown.
    pub id: Uuid,
}

impl Cursor {
    /// Stands after the row with this time and id.
    #[must_use]
    pub fn at(time: Timestamp, id: impl Into<Uuid>) -> Self {
        Self { key: time.timestamp_micros(), id: id.into() }
    }

    /// The key as a time, held inside the years that both databases can compare.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        const YEAR_9999: i64 = 253_402_300_799_000_000;
        DateTime::<Utc>::from_timestamp_micros(self.key.clamp(0, YEAR_9999)).unwrap_or_default()
    }

    /// 32 characters of base64url.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = [0; 24];
        let (key, id) = bytes.split_at_mut(8);
        key.copy_from_slice(&self.key.to_be_bytes());
        id.copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Cursor::encode`] wrote; `None` for a string of another form.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (key, id) = bytes.split_at(8);
        Some(Self { key: i64::from_be_bytes(key.try_into().ok()?), id: Uuid::from_slice(id).ok()? })
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, at most as many as asked for.
    pub data: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts the extra row that [`Limit::fetch`] brought, and stands after the last one shown.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, limit: Limit, position: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next = if more { rows.last().map(position) } else { None };
        Self { data: rows, next }
    }

    /// The same page of something else.
    #[must_use]
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(convert).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_of_the_pattern_is_a_position() {
        for text in [
            "________________________________",
            "--------------------------------",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let cursor = Cursor::decode(text).unwrap();
            assert_eq!(cursor.encode(), text);
            assert!(cursor.time().timestamp() >= 0);
        }
        assert_eq!(Cursor::decode("short"), None);
    }

    #[test]
    fn a_page_is_cut_and_continues_after_its_last_row() {
        let position = |n: &i64| Cursor { key: *n, id: Uuid::nil() };
        let page = Page::cut(vec![1, 2, 3], Limit::new(2), position);
        assert_eq!((page.data.as_slice(), page.next.map(|c| c.key)), ([1, 2].as_slice(), Some(2)));
        assert_eq!(Page::cut(vec![1, 2], Limit::new(2), position).next, None);
    }
}
