//! Pages of lists: limits and cursors.

use std::{collections::BTreeMap, iter};

use aws_lc_rs::digest::{Context, SHA256};
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

/// Which list a cursor belongs to: a digest of its path, its order and its filters.
///
/// A cursor is a place in one list. In another one it would be a place that nobody meant, which shows a page that repeats some rows and
/// leaves out others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListId([u8; 8]);

impl ListId {
    /// The list at this path, with these parameters of its query in any order.
    #[must_use]
    pub fn of(path: &str, parameters: &BTreeMap<String, String>) -> Self {
        let mut context = Context::new(&SHA256);
        let pairs = parameters.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        for part in iter::once(path).chain(pairs) {
            // With its length, so that no two lists are written alike.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Self(context.finish().as_ref().first_chunk().copied().unwrap_or_default())
    }
}

/// The sort key of a row, as it was when the row was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Microseconds since 1970 for times, the number itself otherwise.
    Number(i64),
    /// A text.
    Text(Box<str>),
}

/// A position in a list: the sort key of the last row shown, and its id, which makes the order total. Nothing is read from the row
/// again: it may have changed or vanished since.
///
/// Written in base64url, with the list to which it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key.
    pub key: SortKey,
    /// The id of the last row shown.
    pub id: Uuid,
}

/// Why a text is no cursor of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorError {
    /// No list ever wrote it.
    Malformed,
    /// It was written by another list, or in another order or with other filters.
    OtherList,
}

/// How a sort key is marked in a cursor.
const NUMBER: u8 = 0;
const TEXT: u8 = 1;

impl Cursor {
    /// Stands after the row with this time and id.
    #[must_use]
    pub fn at(time: Timestamp, id: impl Into<Uuid>) -> Self {
        Self::at_number(time.timestamp_micros(), id)
    }

    /// Stands after the row with this number and id.
    #[must_use]
    pub fn at_number(number: i64, id: impl Into<Uuid>) -> Self {
        Self { key: SortKey::Number(number), id: id.into() }
    }

    /// Stands after the row with this text and id.
    #[must_use]
    pub fn at_text(text: impl Into<Box<str>>, id: impl Into<Uuid>) -> Self {
        Self { key: SortKey::Text(text.into()), id: id.into() }
    }

    /// The key as a number; zero where it is a text, which only a made-up cursor of this list has.
    #[must_use]
    pub fn number(&self) -> i64 {
        match self.key {
            SortKey::Number(number) => number,
            SortKey::Text(_) => 0,
        }
    }

    /// The key as a text; empty where it is a number, which only a made-up cursor of this list has.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.key {
            SortKey::Number(_) => "",
            SortKey::Text(text) => text,
        }
    }

    /// The key as a time, held inside the years that both databases can compare.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        const YEAR_9999: i64 = 253_402_300_799_000_000;
        DateTime::<Utc>::from_timestamp_micros(self.number().clamp(0, YEAR_9999)).unwrap_or_default()
    }

    /// As clients see it: the list, the id and the key in base64url.
    #[must_use]
    pub fn encode(&self, list: ListId) -> String {
        let mut bytes = Vec::with_capacity(33);
        bytes.extend(list.0);
        bytes.extend(self.id.as_bytes());
        match &self.key {
            SortKey::Number(number) => {
                bytes.push(NUMBER);
                bytes.extend(number.to_be_bytes());
            }
            SortKey::Text(text) => {
                bytes.push(TEXT);
                bytes.extend(text.as_bytes());
            }
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Cursor::encode`] wrote for this list.
    ///
    /// # Errors
    /// Where nothing wrote it, or another list.
    pub fn decode(text: &str, list: ListId) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        let (of, rest) = bytes.split_first_chunk::<8>().ok_or(CursorError::Malformed)?;
        let (id, rest) = rest.split_first_chunk::<16>().ok_or(CursorError::Malformed)?;
        let (kind, key) = rest.split_first().ok_or(CursorError::Malformed)?;
        let key = match *kind {
            NUMBER => key.try_into().ok().map(|key| SortKey::Number(i64::from_be_bytes(key))),
            // PostgreSQL keeps no U+0000, and compares nothing with it.
            TEXT => str::from_utf8(key)
                .ok()
                .filter(|key| !key.contains('\0'))
                .map(|key| SortKey::Text(key.into())),
            _ => None,
        };
        let key = key.ok_or(CursorError::Malformed)?;
        if *of == list.0 { Ok(Self { key, id: Uuid::from_bytes(*id) }) } else { Err(CursorError::OtherList) }
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

    fn list(filter: &str) -> ListId {
        ListId::of("/courses", &BTreeMap::from([("difficulty".to_owned(), filter.to_owned())]))
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_in_its_list_alone() {
        let id = Uuid::from_u128(7);
        for cursor in [Cursor::at_number(-5, id), Cursor::at_text("überkopf", id), Cursor::at_text("", id)] {
            let text = cursor.encode(list("BEGINNER"));
            assert_eq!(Cursor::decode(&text, list("BEGINNER")), Ok(cursor));
            assert_eq!(Cursor::decode(&text, list("ADVANCED")), Err(CursorError::OtherList));
        }
    }

    #[test]
    fn what_no_list_wrote_is_malformed() {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode([list("x").0.as_slice(), &[0; 16], bytes].concat());
        for made_up in [
            String::new(),
            "short".to_owned(),
            "not base64!".to_owned(),
            "A".repeat(32),
            text(&[]),
            text(&[NUMBER, 1, 2]),
            text(&[TEXT, 0xff]),
            text(&[TEXT, 0]),
            text(&[2, 0, 0]),
        ] {
            assert_eq!(Cursor::decode(&made_up, list("x")), Err(CursorError::Malformed), "{made_up}");
        }
    }

    #[test]
    fn times_stay_within_what_databases_compare() {
        for number in [i64::MIN, -1, i64::MAX] {
            assert!(
                (0..=253_402_300_799).contains(&Cursor::at_number(number, Uuid::nil()).time().timestamp())
            );
        }
    }

    #[test]
    fn a_page_is_cut_and_continues_after_its_last_row() {
        let position = |n: &i64| Cursor::at_number(*n, Uuid::nil());
        let page = Page::cut(vec![1, 2, 3], Limit::new(2), position);
        assert_eq!(
            (page.data.as_slice(), page.next),
            ([1, 2].as_slice(), Some(Cursor::at_number(2, Uuid::nil())))
        );
        assert_eq!(Page::cut(vec![1, 2], Limit::new(2), position).next, None);
    }
}
