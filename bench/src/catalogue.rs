//! A large catalogue, written straight into a database that Palestra has migrated: the same on SQLite and PostgreSQL, and the
//! same every time.

use std::fmt::Write;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::Refusal;

/// How many published courses.
pub const COURSES: usize = 10_000;
/// How many chapters each has.
const CHAPTERS: usize = 5;
/// How many lessons each chapter has.
const LESSONS: usize = 6;
/// How many lessons there are in all.
pub const ALL_LESSONS: usize = COURSES * CHAPTERS * LESSONS;
const TRAINERS: usize = 100;
const CATEGORIES: usize = 20;
/// Courses of one statement.
const AT_ONCE: usize = 500;
const NOW: &str = "'2026-01-01T00:00:00.000000+00:00'";

/// Words that titles and descriptions are made of: 20 x 12 x 20 of three syllables each.
pub fn word(number: usize) -> String {
    const BEGINNINGS: [&str; 20] = [
        "ba", "cor", "dal", "fe", "gri", "hol", "jun", "kar", "lam", "mo", "nel", "pra", "qui", "ros", "ste",
        "tur", "ul", "ven", "wil", "zan",
    ];
    const MIDDLES: [&str; 12] = ["bi", "cra", "de", "fo", "gu", "la", "mi", "no", "pe", "ri", "so", "ta"];
    const ENDS: [&str; 20] = [
        "bel", "con", "dus", "fer", "gal", "hem", "ing", "kor", "len", "mas", "ner", "pol", "ral", "sen",
        "tic", "ton", "ver", "wen", "xis", "zor",
    ];
    let part = |of: &[&'static str], at: usize| of.get(at % of.len()).copied().unwrap_or_default();
    let (middle, end) = (number / BEGINNINGS.len(), number / BEGINNINGS.len() / MIDDLES.len());
    format!("{}{}{}", part(&BEGINNINGS, number), part(&MIDDLES, middle), part(&ENDS, end))
}

/// How many words there are.
pub const WORDS: usize = 20 * 12 * 20;

/// The word at some place of some course: low numbers often, high ones seldom.
fn word_at(course: usize, place: usize) -> String {
    let mixed = (course * 131 + place).wrapping_mul(0x9e37_79b9).wrapping_mul(0x85eb_ca6b) >> 7;
    let (coarse, fine) = (mixed % 1000, mixed / 1000 % 1000);
    word(coarse * fine * WORDS / 1_000_000)
}

fn words(course: usize, from: usize, count: usize) -> String {
    let words: Vec<String> = (from..from + count).map(|place| word_at(course, place)).collect();
    words.join(" ")
}

/// What differs between the databases.
struct Dialect {
    /// An id of a kind and a number.
    id: fn(usize, usize) -> String,
    /// An id of the database's own making.
    new_id: &'static str,
    /// What the search looks in, from what was written.
    index: &'static str,
    /// So that the first question does not meet what a running database would have done long ago.
    settle: &'static str,
}

const SQLITE: Dialect = Dialect {
    id: |kind, number| format!("x'{kind:08x}00007000{:016x}'", 0x8000_0000_0000_0000 + number),
    new_id: "randomblob(16)",
    index: "INSERT INTO catalogue_search_ids (course_id) SELECT course_id FROM catalogue_entries;
        INSERT INTO catalogue_search (rowid, title, people, shelves, description)
        SELECT i.id, c.title, u.name, (SELECT group_concat(g.name, ' ') FROM course_categories m
            JOIN categories g ON g.id = m.category_id WHERE m.course_id = c.id), c.description
        FROM catalogue_search_ids i JOIN courses c ON c.id = i.course_id JOIN users u ON u.id = c.author_id;
        INSERT INTO catalogue_terms (term, letters) SELECT term, length(term) FROM catalogue_words;",
    settle: "PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;",
};

const POSTGRES: Dialect = Dialect {
    id: |kind, number| format!("'{kind:08x}-0000-7000-8000-{number:012x}'"),
    new_id: "gen_random_uuid()",
    index: "INSERT INTO catalogue_search (course_id, document)
        SELECT c.id, setweight(to_tsvector('simple', c.title), 'A')
            || setweight(to_tsvector('simple', u.name || ' ' || (SELECT string_agg(g.name, ' ')
              FROM course_categories m JOIN categories g ON g.id = m.category_id WHERE m.course_id = c.id)), 'B')
            || setweight(to_tsvector('simple', c.description), 'D')
        FROM courses c JOIN users u ON u.id = c.author_id;
        INSERT INTO catalogue_terms (term, letters)
        SELECT word, length(word) FROM ts_stat('SELECT document FROM catalogue_search') WHERE length(word) >= 3;",
    settle: "VACUUM ANALYZE;",
};

/// Writes it into the file of a SQLite database.
pub async fn into_sqlite(path: &std::path::Path) -> Result<(), Refusal> {
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.map_err(database_error)?;
    write(&mut connection, &SQLITE).await?;
    connection.close().await.map_err(database_error)
}

/// Writes it into a PostgreSQL database, as one who may write everywhere.
pub async fn into_postgres(url: &str) -> Result<(), Refusal> {
    let mut connection = PgConnection::connect(url).await.map_err(database_error)?;
    write(&mut connection, &POSTGRES).await?;
    connection.close().await.map_err(database_error)
}

/// Work with a database of its own on PostgreSQL, which goes afterwards.
pub fn with_database(admin: &str, work: impl FnOnce(&str) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let name = format!("palestra_bench_{}", std::process::id());
    let url = match admin.rsplit_once('/') {
        Some((server, _)) => format!("{server}/{name}"),
        None => return Err("--postgres takes postgres://user@host:port/database".to_owned()),
    };
    runtime.block_on(administer(admin, format!("CREATE DATABASE {name}")))?;
    let done = work(&url);
    runtime.block_on(administer(admin, format!("DROP DATABASE {name} WITH (FORCE)")))?;
    done
}

/// Runs one statement as the administrator of PostgreSQL.
async fn administer(url: &str, sql: String) -> Result<(), Refusal> {
    let mut connection = PgConnection::connect(url).await.map_err(database_error)?;
    connection.execute(AssertSqlSafe(sql)).await.map_err(database_error)?;
    connection.close().await.map_err(database_error)
}

fn database_error(error: sqlx::Error) -> Refusal {
    format!("the large catalogue cannot be written: {error}")
}

async fn write<C>(connection: &mut C, dialect: &Dialect) -> Result<(), Refusal>
where
    for<'c> &'c mut C: Executor<'c>,
{
    let mut statements = vec!["BEGIN".to_owned(), people(dialect)];
    statements.extend((0..COURSES).step_by(AT_ONCE).map(|from| courses(dialect, from)));
    statements.push(contents(dialect));
    statements.push(dialect.index.to_owned());
    statements.push("COMMIT".to_owned());
    statements.extend(dialect.settle.split_inclusive(';').map(ToOwned::to_owned));
    for sql in statements {
        connection.execute(AssertSqlSafe(sql)).await.map_err(database_error)?;
    }
    Ok(())
}

fn people(dialect: &Dialect) -> String {
    let mut sql = String::new();
    for number in 0..TRAINERS {
        let (id, name) = ((dialect.id)(1, number), word(number * 7));
        let _ = write!(
            sql,
            "INSERT INTO users (id, username, name, social_media_links, role, status, version, created_at, updated_at) \
             VALUES ({id}, 'trainer_{number}', '{name}', '{{}}', 'TRAINER', 'ACTIVE', 1, {NOW}, {NOW});"
        );
    }
    for number in 0..CATEGORIES {
        let (id, name) = ((dialect.id)(2, number), word(number * 11 + 5));
        let _ = write!(
            sql,
            "INSERT INTO categories (id, name, slug, version, created_at, updated_at) \
             VALUES ({id}, '{name}', '{name}', 1, {NOW}, {NOW});"
        );
    }
    sql
}

fn courses(dialect: &Dialect, from: usize) -> String {
    let (mut rows, mut slugs, mut shelves) = (Vec::new(), Vec::new(), Vec::new());
    for number in from..COURSES.min(from + AT_ONCE) {
        let id = (dialect.id)(3, number);
        let author = (dialect.id)(1, number % TRAINERS);
        let (title, description) = (words(number, 0, 4), words(number, 4, 40));
        let difficulty =
            ["BEGINNER", "INTERMEDIATE", "ADVANCED", "EXPERT"].get(number % 4).copied().unwrap_or_default();
        let price = match number % 3 {
            0 => "NULL, NULL".to_owned(),
            1 => format!("{}, 'USD'", 1000 + number % 90 * 100),
            _ => format!("{}, 'EUR'", 1000 + number % 70 * 100),
        };
        let at = format!(
            "'2026-01-{:02}T{:02}:{:02}:{:02}.000000+00:00'",
            1 + number % 28,
            number / 28 % 24,
            number / 672 % 60,
            number % 60
        );
        let duration = 10 + number % 120;
        rows.push(format!(
            "({id}, {author}, '{title}', 'course-{number}', '{description}', {duration}, '{difficulty}', {price}, \
             TRUE, {at}, 1, {at}, {at})"
        ));
        slugs.push(format!("('course-{number}', {id})"));
        for category in [number % CATEGORIES, (number / 3 + 1) % CATEGORIES] {
            shelves.push(format!("({id}, {})", (dialect.id)(2, category)));
        }
    }
    format!(
        "INSERT INTO courses (id, author_id, title, slug, description, duration, difficulty, price_amount, \
         price_currency, is_published, published_at, version, created_at, updated_at) VALUES {};\
         INSERT INTO course_slugs (slug, course_id) VALUES {};\
         INSERT INTO course_categories (course_id, category_id) VALUES {} ON CONFLICT DO NOTHING;",
        rows.join(", "),
        slugs.join(", "),
        shelves.join(", ")
    )
}

/// Chapters, lessons, and what the catalogue says of them.
fn contents(dialect: &Dialect) -> String {
    let numbers = |count: usize| {
        let numbers: Vec<String> = (1..=count).map(|n| format!("SELECT {n} AS n")).collect();
        numbers.join(" UNION ALL ")
    };
    format!(
        "INSERT INTO chapters (id, course_id, title, position, has_content, has_video, is_published, is_free, version, \
         created_at, updated_at) SELECT {id}, c.id, 'Week ' || s.n, s.n, FALSE, FALSE, TRUE, s.n = 1, 1, {NOW}, {NOW} \
         FROM courses c CROSS JOIN ({}) s;\
         INSERT INTO lessons (id, course_id, chapter_id, title, position, has_content, has_video, is_published, version, \
         created_at, updated_at) SELECT {id}, h.course_id, h.id, 'Day ' || s.n, s.n, TRUE, FALSE, TRUE, 1, {NOW}, {NOW} \
         FROM chapters h CROSS JOIN ({}) s;\
         INSERT INTO catalogue_entries (course_id, author_id, published_at, sort_title, difficulty, price, currency, \
         duration, chapter_count, lesson_count) SELECT id, author_id, published_at, title, difficulty, \
         coalesce(price_amount, 0), price_currency, duration, {CHAPTERS}, {} FROM courses;",
        numbers(CHAPTERS),
        numbers(LESSONS),
        CHAPTERS * LESSONS,
        id = dialect.new_id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_many_and_the_same_every_time() {
        let all: std::collections::HashSet<String> = (0..WORDS).map(word).collect();
        assert_eq!(all.len(), WORDS);
        assert_eq!(words(7, 0, 4), words(7, 0, 4));
        assert_ne!(words(7, 0, 4), words(8, 0, 4));
    }
}
