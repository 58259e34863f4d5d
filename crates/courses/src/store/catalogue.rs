//! The read model of the public list, and the search over it. Each database searches in its own way: PostgreSQL with
//! full text, SQLite with FTS5.

use std::fmt::Write;

use database::{MapDbErr, Tx};
use kernel::{CategoryId, CourseId, Cursor, Limit, Result, Timestamp, Uuid};
use sea_orm::{ConnectionTrait, Value};

use super::course;
use crate::{
    Course, CourseFilter, CourseSort, From,
    catalogue::{Search, plain},
};

/// A course of a page, with how well it matches.
pub(crate) struct Hit {
    pub(crate) course: Course,
    rank: i64,
}

impl Hit {
    /// Its place in a list of this order.
    pub(crate) fn position(&self, sort: CourseSort) -> Cursor {
        let course = &self.course;
        let key = match sort {
            CourseSort::Newest | CourseSort::Oldest => {
                return Cursor::at(course.published_at.unwrap_or_default(), course.id);
            }
            CourseSort::Title | CourseSort::TitleDescending => initials(&plain(&course.title)),
            CourseSort::Cheapest | CourseSort::Dearest => course.effective_price(),
            CourseSort::Popularity => course.enrollment_count,
            CourseSort::Relevance => self.rank,
        };
        Cursor {
            key,
            id: course.id.into(),
        }
    }
}

/// The first seven letters of a title as a number in the same order: enough to go on from where a course stood that has
/// gone since.
fn initials(title: &str) -> i64 {
    title
        .bytes()
        .chain(std::iter::repeat(0))
        .take(7)
        .fold(0, |key, byte| key << 8 | i64::from(byte))
}

fn from_initials(key: i64) -> String {
    let letters = key.max(0).to_be_bytes().into_iter().skip(1);
    letters
        .take_while(|byte| *byte != 0)
        .filter(u8::is_ascii)
        .map(char::from)
        .collect()
}

/// How well a row of FTS5 matches. What a word counts in a row grows towards a limit and shrinks with the row's length: the weights
/// are so far apart that a word of the title counts more than one of a person or a shelf all the same, and that more than one of
/// the description. Words that most rows have count a millionth, which is what the factor is for.
const RANK: &str = "CAST(-1000000000000 * bm25(catalogue_search, 1000.0, 30.0, 30.0, 1.0) AS bigint)";

/// A part of a statement, with the values of its marks in their order.
pub(super) struct Part {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Part {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
        }
    }

    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    pub(super) fn difficulty(&mut self, filter: &CourseFilter) {
        if let Some(difficulty) = &filter.difficulty {
            self.and("e.difficulty = ?", [(*difficulty).into()]);
        }
    }

    pub(super) fn category(&mut self, filter: &CourseFilter) {
        if let Some(key) = &filter.category {
            let (column, value): (_, Value) = match key.parse::<Uuid>() {
                Ok(id) => ("id", id.into()),
                Err(_) => ("slug", key.clone().into()),
            };
            let sql = format!(
                "e.course_id IN (SELECT m.course_id FROM course_categories m JOIN categories g ON g.id = m.category_id \
                 WHERE g.{column} = ?)"
            );
            self.and(&sql, [value]);
        }
    }

    pub(super) fn price(&mut self, filter: &CourseFilter) {
        match filter.free {
            Some(true) => self.and("e.price = 0", []),
            Some(false) => self.and("e.price > 0", []),
            None => {}
        }
        if let Some(currency) = &filter.currency {
            self.and("(e.price = 0 OR e.currency = ?)", [currency.clone().into()]);
        }
        if let Some(amount) = filter.min_price {
            self.and("e.price >= ?", [amount.into()]);
        }
        if let Some(amount) = filter.max_price {
            self.and("e.price <= ?", [amount.into()]);
        }
    }
}

/// `FROM … WHERE …` of everything that the search and the filters without a facet let through; the entry is `e`.
pub(super) fn matching(tx: &Tx, filter: &CourseFilter, search: &Search) -> Part {
    let words = &search.words;
    let mut part = Part::new("catalogue_entries e");
    if words.is_empty() {
        part.sql.push_str(" WHERE TRUE");
    } else if tx.is_postgres() {
        part.sql
            .push_str(" JOIN catalogue_search s ON s.course_id = e.course_id WHERE TRUE");
        part.and("s.document @@ to_tsquery('simple', ?)", [tsquery(words).into()]);
    } else {
        // CROSS JOIN keeps SQLite to this order: the words first. LIMIT -1 makes it rank each match once.
        part.sql = format!(
            "(SELECT rowid AS id, {RANK} AS rank FROM catalogue_search WHERE catalogue_search MATCH ? LIMIT -1) s \
             CROSS JOIN catalogue_search_ids i ON i.id = s.id \
             CROSS JOIN catalogue_entries e ON e.course_id = i.course_id WHERE TRUE"
        );
        part.values.push(fts5(words).into());
    }
    if let Some(author_id) = filter.author_id {
        part.and("e.author_id = ?", [author_id.into()]);
    }
    if let Some(minutes) = filter.min_duration {
        part.and("e.duration >= ?", [minutes.into()]);
    }
    if let Some(minutes) = filter.max_duration {
        part.and("e.duration <= ?", [minutes.into()]);
    }
    part
}

/// `stren:* & mobil:*`
fn tsquery(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word}:*")).collect();
    words.join(" & ")
}

/// `"stren"* "mobil"*`
fn fts5(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"*")).collect();
    words.join(" ")
}

/// How well an entry matches: a larger number is better.
fn rank(tx: &Tx, search: &Search) -> Part {
    let words = &search.words;
    if words.is_empty() {
        Part::new("CAST(0 AS bigint)")
    } else if tx.is_postgres() {
        Part {
            sql: "CAST(1000000 * ts_rank_cd(s.document, to_tsquery('simple', ?)) AS bigint)".to_owned(),
            values: vec![tsquery(words).into()],
        }
    } else {
        Part::new("s.rank")
    }
}

/// One row more than the page has, in one statement, and their shelves in a second one.
pub(crate) async fn list(
    tx: &Tx,
    filter: &CourseFilter,
    search: &Search,
    sort: CourseSort,
    from: From,
    limit: Limit,
) -> Result<Vec<Hit>> {
    let rank = rank(tx, search);
    let (key, descending) = match sort {
        CourseSort::Newest => ("e.published_at", true),
        CourseSort::Oldest => ("e.published_at", false),
        CourseSort::Title => ("e.sort_title", false),
        CourseSort::TitleDescending => ("e.sort_title", true),
        CourseSort::Cheapest => ("e.price", false),
        CourseSort::Dearest => ("e.price", true),
        CourseSort::Popularity => (
            "coalesce((SELECT p.enrollment_count FROM course_popularity p WHERE p.course_id = e.course_id), 0)",
            true,
        ),
        CourseSort::Relevance => (rank.sql.as_str(), true),
    };
    let backwards = matches!(from, From::Before(_));
    let (compare, direction) = if descending == backwards {
        (">", "ASC")
    } else {
        ("<", "DESC")
    };
    let mut found = matching(tx, filter, search);
    found.difficulty(filter);
    found.category(filter);
    found.price(filter);
    let mut values = rank.values.clone();
    if sort == CourseSort::Relevance {
        values.extend(rank.values.clone());
    }
    values.extend(found.values);
    let mut page = format!(
        "SELECT * FROM (SELECT e.course_id, {} AS rank, {key} AS sort_key FROM {}) m",
        rank.sql, found.sql
    );
    if let From::After(position) | From::Before(position) = from {
        let place: (&str, Vec<Value>) = match sort {
            CourseSort::Newest | CourseSort::Oldest => ("?", vec![position.time().into()]),
            CourseSort::Title | CourseSort::TitleDescending => (
                "coalesce((SELECT x.sort_title FROM catalogue_entries x WHERE x.course_id = ?), ?)",
                vec![position.id.into(), from_initials(position.key).into()],
            ),
            _ => ("?", vec![position.key.into()]),
        };
        let _ = write!(
            page,
            " WHERE (m.sort_key, m.course_id) {compare} ({}, ?)",
            place.0
        );
        values.extend(place.1);
        values.push(position.id.into());
    }
    let _ = write!(
        page,
        " ORDER BY m.sort_key {direction}, m.course_id {direction} LIMIT {}",
        limit.fetch()
    );
    let rest = format!("ORDER BY h.sort_key {direction}, h.course_id {direction}");
    let ranked = course::cards_of(tx, &page, &rest, values).await?;
    Ok(ranked
        .into_iter()
        .map(|(course, rank)| Hit { course, rank })
        .collect())
}

/// What is published in a course: chapters, and lessons in them.
const COUNTS: [&str; 2] = [
    "SELECT count(*) FROM chapters WHERE course_id = ? AND is_published",
    "SELECT count(*) FROM lessons l JOIN chapters h ON h.id = l.chapter_id \
     WHERE l.course_id = ? AND l.is_published AND h.is_published",
];

/// Counts again what is published in a course that is shown.
pub(crate) async fn recount(tx: &Tx, course_id: CourseId) -> Result<()> {
    let [chapters, lessons] = COUNTS;
    let sql = format!(
        "UPDATE catalogue_entries SET chapter_count = ({chapters}), lesson_count = ({lessons}) WHERE course_id = ?"
    );
    tx.change(&sql, [course_id.into(), course_id.into(), course_id.into()])
        .await
        .map(drop)
}

/// The next courses of a category that are shown, their entries locked: whoever changes such a course meanwhile writes its
/// entry after this transaction, or has done so before what is read after this.
pub(crate) async fn of_category(tx: &Tx, category_id: CategoryId, after: CourseId) -> Result<Vec<CourseId>> {
    let sql = format!(
        "SELECT e.course_id FROM course_categories m JOIN catalogue_entries e ON e.course_id = m.course_id \
         WHERE m.category_id = ? AND m.course_id > ? ORDER BY m.course_id LIMIT {}{}",
        super::AT_ONCE,
        if tx.is_postgres() { " FOR UPDATE OF e" } else { "" }
    );
    let rows = tx
        .query_all_raw(tx.statement(&sql, [category_id.into(), after.into()]))
        .await
        .map_db_err()?;
    rows.iter()
        .map(|row| row.try_get("", "course_id"))
        .collect::<Result<_, _>>()
        .map_db_err()
}

/// Shows a course as it is now.
pub(crate) async fn put(tx: &Tx, course: &Course, published_at: Timestamp) -> Result<()> {
    let title = plain(&course.title);
    let [chapters, lessons] = COUNTS;
    let sql = format!(
        "INSERT INTO catalogue_entries (course_id, author_id, published_at, sort_title, difficulty, price, currency, \
         duration, chapter_count, lesson_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ({chapters}), ({lessons})) \
         ON CONFLICT (course_id) DO UPDATE SET published_at = excluded.published_at, sort_title = excluded.sort_title, \
         difficulty = excluded.difficulty, price = excluded.price, currency = excluded.currency, \
         duration = excluded.duration, chapter_count = excluded.chapter_count, lesson_count = excluded.lesson_count"
    );
    let values = [
        course.id.into(),
        course.author.id.into(),
        published_at.into(),
        title.clone().into(),
        course.difficulty.into(),
        course.effective_price().into(),
        course.price.map(|price| price.currency.to_string()).into(),
        course.duration.into(),
        course.id.into(),
        course.id.into(),
    ];
    tx.change(&sql, values).await?;

    let author = &course.author;
    let people: Vec<&str> = [&author.name, &author.username]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let shelves: Vec<&str> = course
        .categories
        .iter()
        .map(|category| category.name.as_str())
        .collect();
    let (people, shelves) = (plain(&people.join(" ")), plain(&shelves.join(" ")));
    let description = plain(&course.description);
    super::terms::add(tx, [&title, &people, &shelves, &description]).await?;
    if tx.is_postgres() {
        let sql = "INSERT INTO catalogue_search (course_id, document) VALUES (?, \
                   setweight(to_tsvector('simple', ?), 'A') || setweight(to_tsvector('simple', ?), 'B') \
                   || setweight(to_tsvector('simple', ?), 'D')) \
                   ON CONFLICT (course_id) DO UPDATE SET document = excluded.document";
        let middle = format!("{people} {shelves}");
        let values = [course.id.into(), title.into(), middle.into(), description.into()];
        return tx.change(sql, values).await.map(drop);
    }
    tx.change(
        "INSERT INTO catalogue_search_ids (course_id) VALUES (?) ON CONFLICT DO NOTHING",
        [course.id.into()],
    )
    .await?;
    let id = tx
        .count(
            "SELECT id FROM catalogue_search_ids WHERE course_id = ?",
            [course.id.into()],
        )
        .await?;
    tx.change("DELETE FROM catalogue_search WHERE rowid = ?", [id.into()])
        .await?;
    let sql =
        "INSERT INTO catalogue_search (rowid, title, people, shelves, description) VALUES (?, ?, ?, ?, ?)";
    let values = [
        id.into(),
        title.into(),
        people.into(),
        shelves.into(),
        description.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Shows a course no more.
pub(crate) async fn remove(tx: &Tx, id: CourseId) -> Result<()> {
    tx.change("DELETE FROM catalogue_entries WHERE course_id = ?", [id.into()])
        .await?;
    if tx.is_postgres() {
        let sql = "DELETE FROM catalogue_search WHERE course_id = ?";
        return tx.change(sql, [id.into()]).await.map(drop);
    }
    let sql = "DELETE FROM catalogue_search WHERE rowid = (SELECT id FROM catalogue_search_ids WHERE course_id = ?)";
    tx.change(sql, [id.into()]).await?;
    tx.change(
        "DELETE FROM catalogue_search_ids WHERE course_id = ?",
        [id.into()],
    )
    .await
    .map(drop)
}

pub(crate) async fn set_popularity(tx: &Tx, course_id: CourseId, enrollments: i64) -> Result<()> {
    let sql = "INSERT INTO course_popularity (course_id, enrollment_count) VALUES (?, ?) \
               ON CONFLICT (course_id) DO UPDATE SET enrollment_count = excluded.enrollment_count";
    tx.change(sql, [course_id.into(), enrollments.into()])
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_keep_the_order_of_titles() {
        let titles = ["", "a", "aa", "mobility", "strength", "strengthen"];
        for pair in titles.windows(2) {
            assert!(initials(pair[0]) <= initials(pair[1]), "{pair:?}");
        }
        assert_eq!(from_initials(initials("mobility")), "mobilit");
        assert_eq!(from_initials(-1), "");
    }
}
